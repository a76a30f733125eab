"""Every act that the code notes has words, in English and in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils.translation import override

import collab
from collab.accounts.shown_admin import NOUNS
from collab.audit.words import ACTIONS
from collab.web.account_events import _LISTENERS

NAMED = re.compile(
    r"(?:audit_record\(\s*(?:action=)?|_note\(\s*|action=|action = |else )"
    r'"([a-z_]+(?:\.[a-z_]+)?)"'
)
#: Acts have a subject and a verb; this one needs no subject.
WITHOUT_SUBJECT = {"sign_out"}


def noted() -> set[str]:
    """Return the acts that the sources name, and those that are put together."""
    found = {action for _, action in _LISTENERS}
    found |= {f"{noun}.{verb}" for noun in NOUNS.values() for verb in ("add", "change", "remove")}
    # These pages only take away or confirm.
    found -= {"second_step.change", "joined.change", "quarantine.add", "quarantine.change"}
    for path in Path(collab.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "audit" in source or "account_note" in source:
            found |= set(NAMED.findall(source))
    return {each for each in found if "." in each or each in WITHOUT_SUBJECT}


def test_every_act_has_words_in_both_languages() -> None:
    acts = noted()
    assert len(acts) > 50
    assert acts - set(ACTIONS) == set()
    with override("zh-hans"):
        english = [name for name, words in ACTIONS.items() if not re.search("[一-鿿]", str(words))]
    assert english == []
