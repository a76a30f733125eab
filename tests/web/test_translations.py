from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.utils import translation

from tests.factories import make_document, make_user

ROOT = Path(settings.BASE_DIR)
FOLDER = Path(settings.BASE_DIR) / "locale" / "zh_Hans" / "LC_MESSAGES"


def test_every_text_is_translated_and_compiled() -> None:
    """The .mo says what the .po says, and the .po leaves nothing empty."""
    # Long texts may stand in several lines: tools wrap them.
    source = (FOLDER / "django.po").read_text(encoding="utf-8").replace('"\n"', "")
    entries = re.findall(
        r'^msgid "(.+)"\n(?:msgid_plural ".+"\n)?msgstr(?:\[0\])? "(.*)"', source, re.M
    )
    assert len(entries) > 100
    assert source.count('\nmsgid "') == len(entries) + 1  # the header
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in entries:
        english, chinese = (text.replace('\\"', '"') for text in entry)
        assert chinese, english
        assert compiled.ngettext(english, english, 1) == chinese or (
            compiled.gettext(english) == chinese
        ), english


@pytest.mark.needs("gettext")
def test_every_text_of_the_sources_is_in_the_catalogue(tmp_path: Path) -> None:
    """What Django's own tool finds in the sources has Chinese, which it need not guess."""
    for name in ("collab", "templates", "locale"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "django", "makemessages", "--no-location", "-l", "zh_Hans"]
    bare = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=tmp_path, env=bare, check=True, capture_output=True)
    made = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    for kind in ("--untranslated", "--only-fuzzy"):
        wanting = subprocess.run(
            ["msgattrib", kind, "--no-obsolete", "--no-wrap", str(made)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert re.findall(r'^msgid "(.+)"', wanting, re.M) == [], kind


@pytest.mark.django_db
def test_the_pages_speak_chinese() -> None:
    """No English is left on a page for a Chinese reader but names."""
    ann = make_user("ann")
    make_document(ann, "计划")
    visitor = Client(headers={"accept-language": "zh-hans"})
    visitor.force_login(ann)
    page = visitor.get("/").content.decode()
    assert "新建文档" in page
    assert "所有者" in page
    assert "刚刚" in page
    assert "“计划”的操作" in page


def test_plurals_follow_the_language() -> None:
    """One form in Chinese, two in English."""
    text = "{% load i18n %}{% blocktranslate count total=n %}{{ total }} document{% plural %}"
    template = Template(text + "{{ total }} documents{% endblocktranslate %}")
    with translation.override("zh-hans"):
        assert template.render(Context({"n": 3})) == "3 个文档"
    with translation.override("en"):
        assert template.render(Context({"n": 3})) == "3 documents"
