"""What is large is read beside the server, within limits, and comes out as it would in it."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from django.utils import translation

from collab.crdt.patch import Unseen
from collab.crdt.whole import read_whole
from collab.crdt.writer import document_to_update
from collab.formats import apart, services
from collab.formats.errors import TooLarge, Unreadable
from collab.formats.limits import Limits
from collab.formats.programs import Programs
from collab.formats.written import Runs, SourceRefused
from collab.richtext.errors import FormatError
from collab.richtext.formats import parse, render
from collab.types import ClientId, Update
from tests.formats.samples import PNG

PROGRAMS = Programs(Limits())
ME = ClientId(7)
TEXT = "# One\n\n**Two** and *three*.\n\n- four\n- [five](https://example.org)\n"


@pytest.fixture
def _all_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "INLINE_SIZE", -1)


def said(update: Update | None, *, on: Update) -> str:
    assert update is not None
    return render(read_whole([on, update]), "markdown")


def state_of(text: str) -> Update:
    return document_to_update(parse(text, "markdown"), ClientId(1))


@pytest.mark.usefixtures("_all_apart")
def test_what_is_done_apart_says_the_same() -> None:
    assert apart.read(TEXT, "markdown", PROGRAMS) == parse(TEXT, "markdown")
    state = state_of(TEXT)
    changed = TEXT.replace("Two", "Too")
    merged = apart.merge(changed, "markdown", state, ME, PROGRAMS)
    assert said(merged, on=state) == changed
    assert apart.merge(TEXT, "markdown", state, ME, PROGRAMS) is None
    added = apart.extend("end\n", "markdown", state, ME, PROGRAMS, at_end=True)
    assert said(added, on=state) == TEXT + "\nend\n"


@pytest.mark.usefixtures("_all_apart")
def test_refusals_come_back_as_they_are() -> None:
    """Also with signs of formatting in what others wrote: a sentence is filled in once."""
    table = document_to_update(parse("<table><tr><td>a</td></tr></table>", "html"), ClientId(1))
    cases: list[tuple[type[Exception], Callable[[], object]]] = [
        (SourceRefused, lambda: apart.read("{", "json", PROGRAMS)),
        (SourceRefused, lambda: apart.read("{}", "json", PROGRAMS)),
        (
            Runs,
            lambda: apart.merge("<script>a</script>", "html", state_of("a"), ME, PROGRAMS),
        ),
        (Unseen, lambda: apart.merge("a", "text", table, ME, PROGRAMS)),
    ]
    for kind, act in cases:
        with pytest.raises(kind) as refused:
            act()
        if isinstance(refused.value, SourceRefused):
            assert str(refused.value.error) == str(refused.value)
    error = FormatError("There is no format “%(format)s”.", format="100 %s")
    made = error.__reduce__()
    assert str(made[0](*made[1])) == str(error)  # type: ignore[operator, misc]


@pytest.mark.usefixtures("_all_apart")
def test_a_file_and_its_images_are_read_apart() -> None:
    """The images are stored here; what is refused is said in the language of whoever asks."""
    stored: list[tuple[bytes, str]] = []

    def store(data: bytes, media_type: str) -> str:
        stored.append((data, media_type))
        return f"/held/{len(stored) - 1}"

    shown = base64.b64encode(PNG).decode()
    page = f'<html><title>T</title><p>a</p><img src="data:image/png;base64,{shown}"></html>'
    made = services.import_document(page.encode(), filename="x.html", store_image=store)
    assert (made.title, stored) == ("T", [(PNG, "image/png")])
    assert "/held/0" in render(made.node, "json")
    assert "/apart/" not in render(made.node, "json")
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", "b")
    with translation.override("zh-hans"), pytest.raises(Unreadable) as refused:
        services.import_document(packed.getvalue(), filename="x.docx", store_image=store)
    with translation.override("zh-hans"):
        text = translation.gettext("The file is an archive, but neither DOCX nor ODT.")
    assert str(refused.value) == text != "The file is an archive, but neither DOCX nor ODT."


@pytest.mark.usefixtures("_all_apart")
@pytest.mark.parametrize(
    "limits", [{"timeout_s": 1.0, "waiting_s": 1.0}, {"memory_bytes": 150 * 2**20}]
)
def test_what_goes_past_a_limit_is_refused(limits: dict[str, float]) -> None:
    text = "*a* **b** [c](d)\n\n" * 20_000
    programs = Programs(replace(Limits(), **limits))  # type: ignore[arg-type]
    with pytest.raises(TooLarge):
        apart.read(text, "markdown", programs)
