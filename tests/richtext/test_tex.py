from __future__ import annotations

import pytest

from collab.richtext.tex import is_formula
from collab.richtext.tex_commands import COMMANDS


@pytest.mark.parametrize(
    "latex",
    [
        "x^2",
        "\\frac{a}{b} + \\sqrt[3]{x}",
        "\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}",
        "\\left( \\sum_{i=1}^n x_i \\right)",
        "\\text{costs 5\\,\\$}",
        "f'(x) \\{ y \\}",
    ],
)
def test_formulas_are_formulas(latex: str) -> None:
    assert is_formula(latex)


@pytest.mark.parametrize(
    "latex",
    [
        "\\input{/etc/passwd}",
        "\\immediate\\write18{touch x}",
        "\\def\\x{y}",
        "\\csname input\\endcsname",
        "\\begin{filecontents}x\\end{filecontents}",
        "x$ \\input{a} $x",
        "x\\) out \\(",
        "x\\] out \\[",
        "x} {",
        "{x",
        "x % y",
        "^^5cinput",
        "\\^^5cinput",
        "a\n\nb",
        "\\",
        "\\über",
        "\\begin{verbatim}\\end{verbatim}",
        "\\begin {matrix}",
    ],
)
def test_what_does_more_than_draw_is_no_formula(latex: str) -> None:
    assert not is_formula(latex)


def test_no_command_defines_or_reads() -> None:
    """The list holds names that draw: none that a reader's TeX would take as an order."""
    orders = "def edef let newcommand input include read write immediate special csname href"
    assert not COMMANDS & set(orders.split())
    assert {"frac", "sum", "alpha", "left", "text"} < COMMANDS
