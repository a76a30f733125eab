from __future__ import annotations

import pytest

from collab.attachments.sniff import SVG, UNKNOWN, sniff
from collab.richtext.html_tokens import what_runs
from collab.richtext.prolog import behind_doctype, root_element
from tests.cost import assert_grows_no_faster


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("<svg>", "svg"),
        ("\ufeff <?xml version='1.0'?>\n<!-- a --><!----><SVG x='1'>", "svg"),
        ("<!DOCTYPE html><html>", "!doctype"),
        ("<!-- never", ""),
        ("<?xml never", ""),
        ("words <svg>", ""),
        ("", ""),
        ("<", ""),
    ],
)
def test_the_root_is_found(source: str, name: str) -> None:
    assert root_element(source) == name


def test_a_doctype_is_stepped_over() -> None:
    """Comments before it, which may name one, are not it."""
    source = "<!-- <!doctype x> --><!DOCTYPE svg PUBLIC 'x'><!-- y --><svg>"
    assert root_element(behind_doctype(source)) == "svg"
    assert behind_doctype("<svg>") == "<svg>"
    assert sniff(source.encode()) == SVG


@pytest.mark.parametrize("piece", ["<!---->", "<!-- x -->", "<?a?>", " ", "<!--", "<!doctype x>"])
def test_what_stands_before_it_costs_its_length(piece: str) -> None:
    """A head of 281 bytes held the server for half a minute."""
    assert sniff(piece.encode() * 40 + b"x") == UNKNOWN
    assert_grows_no_faster(lambda n: piece * n + "x", root_element, sizes=(100, 200, 400))


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("<p>x<SCRIPT src=a>", "script"),
        ("<img src=x OnError=alert(1)>", "onerror"),
        ('<a href=" java\nscript:x">', "javascript"),
        ('<a title=">" href="vbscript:x">', "vbscript"),
        ("<p>onclick= javascript: are words</p>", ""),
        ('<a title="onclick=1" href="https://x/javascript:">', ""),
    ],
)
def test_what_runs_is_named(source: str, what: str) -> None:
    assert what_runs(source) == what


@pytest.mark.parametrize("piece", ["<a ", "<a onx", "<a =", "<a href='", "<a b=c/", "<p on"])
def test_to_look_for_what_runs_costs_the_length(piece: str) -> None:
    assert_grows_no_faster(lambda n: piece * n, what_runs, sizes=(100, 200, 400))
