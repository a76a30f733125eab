"""Why a source cannot be read, in a form that can be said in any language. Pure."""

from __future__ import annotations


def gettext_noop(sentence: str) -> str:
    """Return ``sentence`` as it is; ``makemessages`` finds by this name what to translate."""
    return sentence


class FormatError(ValueError):
    """The source cannot be read in the format named; the message is for people.

    Args:
        sentence: the message in English, with places for the values, ``%(name)s``.
        values: what stands in the places.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values)
        self.sentence = sentence
        self.values = values
