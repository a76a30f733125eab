"""Which formulas may stand in a file as TeX: those that draw, and do nothing else.

A LaTeX file of ours is set by the reader's TeX, which can read files and, at some places, run
programs; and readers of Markdown take for TeX what follows a formula that does not end. So a
formula is written down only where it ends, and each of its commands is one that the page draws.
"""

from __future__ import annotations

import re

from collab.richtext.tex_commands import COMMANDS

ENVIRONMENTS = frozenset(
    (
        "matrix",
        "pmatrix",
        "bmatrix",
        "Bmatrix",
        "vmatrix",
        "Vmatrix",
        "smallmatrix",
        "array",
        "aligned",
        "alignedat",
        "gathered",
        "split",
        "cases",
        "rcases",
        "dcases",
    )
)
#: Behind a backslash: signs, spaces and the end of a row. Brackets would end the formula.
_SIGNS = frozenset("\\,:;!>|{}%_&#$ -'\"`^~=.\n")
#: What ends a formula, begins a comment, names a parameter or spells a character by its number.
_NEVER = ("$", "%", "#", "\n\n", "\r")
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{([A-Za-z]+)\*?\}")


def is_formula(latex: str) -> bool:
    """Return whether ``latex`` draws a formula, ends where it ends, and does nothing else."""
    rest = _ENVIRONMENT.sub(lambda found: " " if found[1] in ENVIRONMENTS else found[0], latex)
    commands = _COMMAND.findall(rest)
    plain = _COMMAND.sub("", rest)
    # TeX reads ^^5c as a backslash before it reads anything else, behind a backslash too.
    if "^^" in latex or "\\" in plain or any(sign in plain for sign in _NEVER):
        return False
    if not all(name in COMMANDS or name in _SIGNS for name in commands):
        return False
    return _is_balanced(plain) and all(each.isprintable() or each == "\n" for each in latex)


def _is_balanced(plain: str) -> bool:
    depth = 0
    for sign in plain:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0
