"""What somebody may have meant whose words are found nowhere: only of words that they may read.

The index has the words of everybody, so it is not asked: it would tell what strangers write.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from django.db.models.functions import Substr

from collab.documents.policy import readable_by
from collab.search.models import IndexedDocument
from collab.search.terms import composed, fold, is_paired, is_sign, runs_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from collab.accounts.models import User

#: Of so many documents, those that were edited last, the beginnings are read for words.
DOCUMENTS = 200
CHARS = 5_000
#: How alike two words must be; 1 is the same.
LIKENESS = 0.72
MIN_CHARS = 4


def suggestion(*, user: User | AnonymousUser, typed: str) -> str | None:
    """Return ``typed`` with words that are written somewhere; None where nothing comes close."""
    words = _words(user)
    is_better = False

    def mended(found: re.Match[str]) -> str:
        nonlocal is_better
        run = fold(composed(found[0]))
        better = None if _is_known(run, words) else _closest(run, words)
        is_better = is_better or better is not None
        return better or found[0]

    said = re.sub(r"(?<![\w-])[^\W_]+", mended, typed)
    return said if is_better else None


def _is_known(run: str, words: Counter[str]) -> bool:
    is_word = len(run) >= MIN_CHARS and not is_paired(run) and not is_sign(run)
    return not is_word or any(word.startswith(run) for word in words)


def _closest(run: str, words: Counter[str]) -> str | None:
    best, best_key = None, (LIKENESS, 0)
    matcher = SequenceMatcher(b=run, autojunk=False)
    for word, count in words.items():
        if abs(len(word) - len(run)) > 2 or (word[0] != run[0] and word[-1] != run[-1]):
            continue
        matcher.set_seq1(word)
        if matcher.real_quick_ratio() < best_key[0] or matcher.quick_ratio() < best_key[0]:
            continue
        key = (matcher.ratio(), count)
        if key > best_key:
            best, best_key = word, key
    return best


def _words(user: User | AnonymousUser) -> Counter[str]:
    rows = (
        IndexedDocument.objects.filter(readable_by(user, "document__"))
        .order_by("-document__listed_at")
        .values_list("folded_title", Substr("folded_body", 1, CHARS))[:DOCUMENTS]
    )
    words: Counter[str] = Counter()
    for title, body in rows:
        words.update(
            run for text in (title, body) for run in runs_of(text) if len(run) >= MIN_CHARS
        )
    return words
