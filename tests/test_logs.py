from __future__ import annotations

import logging

from django.conf import settings

from collab.logs import OneLineFormatter, one_line

FORGED = "broken\n2026-11-30 12:00:00 INFO root: all is well\x1b[2J\u2028\u202e\ud800"


def test_a_record_is_one_line_whatever_is_said_in_it() -> None:
    """A message that holds line ends, colours or marks of direction writes no second line."""
    record = logging.LogRecord("x", logging.WARNING, __file__, 1, "said: %s", (FORGED,), None)
    line = OneLineFormatter("{levelname} {message}", style="{").format(record)
    assert line.startswith("WARNING said: broken\\n2026")
    assert line.isprintable()


def test_what_is_said_in_an_exception_begins_no_line() -> None:
    """Every line of a traceback is set in, those of the exception's own words too."""
    try:
        raise ValueError(FORGED)
    except ValueError as error:
        about = (ValueError, error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), about)
    first, *rest = OneLineFormatter("{message}", style="{").format(record).split("\n")
    assert first == "failed"
    assert rest
    assert all(line.startswith("  | ") and line.isprintable() for line in rest)


def test_the_server_writes_its_log_so() -> None:
    """Each handler of the settings has this formatter."""
    logging_settings: dict[str, dict[str, dict[str, str]]] = settings.LOGGING  # type: ignore[assignment]
    assert {each["()"] for each in logging_settings["formatters"].values()} == {
        "collab.logs.OneLineFormatter"
    }
    assert all(each["formatter"] for each in logging_settings["handlers"].values())
    assert one_line("词 and words") == "词 and words"
