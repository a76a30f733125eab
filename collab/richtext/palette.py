"""The names that attributes take their values from, and what they look like on paper."""

from __future__ import annotations

#: Kinds of callouts, as GitHub names them, with the colour of each.
CALLOUTS = {
    "note": "2F6FDE",
    "tip": "1A7F45",
    "important": "7A4FD0",
    "warning": "9A6700",
    "caution": "C9372C",
}
_TITLES = {
    "en": ("Note", "Tip", "Important", "Warning", "Caution"),
    "zh": ("注意", "提示", "重要", "警告", "当心"),
}
#: Colours of text, by name: each page draws them for its own background; these are for paper.
COLORS = {
    "gray": "6B6B6B",
    "red": "C0342B",
    "orange": "B45309",
    "green": "1A7F45",
    "blue": "2557C7",
    "purple": "7A3FC4",
}
#: Names of languages of code that other programs are told, as they stand: those of the editor, and
#: those that pandoc colours. Any other is kept in the document and told to nobody, since it would
#: stand where a program reads its own syntax.
CODE_LANGUAGES = frozenset(
    "bash c cpp csharp css diff go graphql ini java javascript json kotlin less lua makefile "  # noqa: SIM905  # a list of fifty lines says no more
    "markdown objectivec perl php python r ruby rust scss sql swift typescript vbnet wasm xml yaml "
    "ada asm awk clojure cmake cs d dart dockerfile elixir elm erlang fortran fsharp haskell html "
    "html5 js julia latex matlab nim nix ocaml pascal powershell prolog protobuf scala scheme sh "
    "tcl tex toml ts typst verilog vhdl zig zsh".split()
)
#: Of a paragraph or heading; where it says nothing, its text begins where the line does.
ALIGNMENTS = ("center", "right", "justify")


def callout_title(kind: str, language: str) -> str:
    """Return what stands above a callout of this kind."""
    titles = _TITLES.get(language.partition("-")[0], _TITLES["en"])
    return dict(zip(CALLOUTS, titles, strict=True)).get(kind, titles[0])
