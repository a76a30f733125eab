"""What is large is read beside the server, within limits, and comes out as it would in it."""

from __future__ import annotations

import base64
import pickle
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import translation

from collab.crdt.patch import Unseen
from collab.crdt.whole import read_whole
from collab.crdt.writer import document_to_update
from collab.formats import apart, programs, services
from collab.formats.errors import Busy, ConversionError, TooLarge, Unreadable
from collab.formats.export import Exported
from collab.formats.limits import Limits
from collab.formats.packing import pack, refusal_of, refusal_said
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
    assert str(refusal_of(refusal_said(error))) == str(error)
    for refusal in (TooLarge("a"), Unreadable("b"), ConversionError("c"), Busy(2.0), Runs("d")):
        again = refusal_of(refusal_said(refusal))
        assert (type(again), str(again)) == (type(refusal), str(refusal))


class _Runs:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self.path), "w")


def _answers(path: Path) -> Iterator[bytes]:
    """Yield what a process that a crafted file took over may answer."""
    yield pickle.dumps((True, _Runs(path)))
    yield from (b"", b"x" * 8, b"\xff" * 40, pack({"made": None}), pack({"made": {"type": 1}}))
    yield pack({"made": {"type": "doc", "content": "a"}})
    yield pack({"made": {"type": "doc", "content": [{"type": "text", "text": ""}]}})
    yield pack({"made": None}, [b"a", b"b"])
    yield pack({"made": None}, [b"a"])[:-1]
    head = b'{"said": {"made": null}, "sizes": [-1]}'
    yield len(head).to_bytes(8, "big") + head
    head = b'{"said": {"made": ' + b"[" * 100_000
    yield len(head).to_bytes(8, "big") + head
    for refused in (
        ["os.system", "a"],
        ["source", "%(a)999999999d", {"a": 1}],
        ["source", "%(a)s", {}],
        ["source", "%(a)s", {"a": [1]}],
        ["source", "a", {"sentence": "b"}],
        ["format", "a" * 10_000, {}],
        ["busy", 1e300],
        ["busy", "a"],
        7,
    ):
        yield pack({"refused": refused})


@pytest.mark.usefixtures("_all_apart")
def test_no_answer_of_the_process_runs_or_breaks_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is refused as a conversion that failed; a pickle of one's own once ran in the server."""
    ran = tmp_path / "ran"
    tasks: list[Callable[[], object]] = [
        lambda: apart.read(TEXT, "markdown", PROGRAMS),
        lambda: apart.merge(TEXT, "markdown", state_of("a"), ME, PROGRAMS),
        lambda: apart.extend(TEXT, "markdown", state_of("a"), ME, PROGRAMS, at_end=True),
        lambda: apart.page(
            state_of("a"), title="", language="", resolve_image=lambda _: None, programs=PROGRAMS
        ),
        lambda: services.import_document(b"a", filename="a.md", store_image=lambda *_: "b"),
    ]
    for answer in _answers(ran):
        monkeypatch.setattr(Programs, "apart", lambda *_, answer=answer: answer)
        for act in tasks:
            with suppress(ConversionError):
                made = act()
                # An update or a page is bytes, whatever they are: the gate and the browser look.
                assert made is None or isinstance(made, bytes), (answer, made)
    assert not ran.exists()


@pytest.mark.usefixtures("_all_apart")
def test_an_answer_is_read_from_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not from where a link leads that the process left in its place."""
    secret = tmp_path / "secret"
    secret.write_bytes(pack({"made": {"type": "doc"}}))
    worker = tmp_path / "worker.py"
    worker.write_text(f"import os\nos.symlink({str(secret)!r}, 'output')\n")
    monkeypatch.setattr(programs, "_APART", worker)
    with pytest.raises(ConversionError):
        apart.read(TEXT, "markdown", PROGRAMS)


@pytest.mark.usefixtures("_all_apart")
def test_an_image_is_what_its_bytes_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was taken over cannot have a page stored as an image."""
    document = {"type": "doc", "content": [{"type": "image", "attrs": {"src": "/apart/0"}}]}
    said = {"title": "", "node": document, "warnings": [], "images": ["/apart/0"]}
    answer = pack({"made": said}, [b"<script>"])
    monkeypatch.setattr(Programs, "apart", lambda *_: answer)
    stored: list[bytes] = []

    def store(data: bytes, _media_type: str) -> str:
        stored.append(data)
        return "/held"

    made = services.import_document(b"a", filename="a.md", store_image=store)
    assert not stored
    assert made.node.content[0].attrs == {"src": None}


@pytest.mark.usefixtures("_all_apart")
@pytest.mark.parametrize("wanted", ["markdown", "html", "text", "json"])
def test_what_is_written_apart_is_the_same(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content and files, images and formulas in them; none of it is read in the server."""
    state = state_of(TEXT + "\n![a](/d/x/files/y/)\n\nThis is $x^2$.\n")

    def made() -> tuple[bytes, Exported]:
        return services.rendered(state, wanted), services.export_state(
            state, wanted, title="T", language="en", resolve_image=lambda _: PNG
        )

    inline = made()
    assert wanted != "html" or (b"<math" in inline[1].data and b"base64" in inline[1].data)
    monkeypatch.setattr(apart, "INLINE_STATE_SIZE", -1)
    tasks: list[str] = []
    run = Programs.apart

    def noted(self: Programs, task: str, given: bytes) -> bytes:
        tasks.append(task)
        return run(self, task, given)

    monkeypatch.setattr(Programs, "apart", noted)
    assert made() == inline
    assert tasks == ["render", *(["images", "page"] if wanted == "html" else ["render"])]


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
