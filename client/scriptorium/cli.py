"""The command line: list, read, edit with merge, and the history of documents."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import shlex
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from uuid import UUID

from scriptorium.client import MEDIA, Client, Problem

SUFFIX = {"markdown": ".md", "html": ".html", "text": ".txt", "json": ".json"}
#: What the server reads, and is no text.
PACKED = (".docx", ".odt")
EXPORTS = ("markdown", "html", "text", "json", "docx", "odt", "epub", "pdf", "latex", "yjs")


class _Refused(Exception):
    """What the command line itself has to object."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the status that the process ends with."""
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(chosen)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has had enough, as head has. Python would say so again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (Problem, _Refused, ValueError) as error:
        print(f"scriptorium: {error}", file=sys.stderr)  # noqa: T201  # this is a command line
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _say(words: str) -> None:
    print(words)  # noqa: T201  # this is a command line


# -- who and where -----------------------------------------------------------------------------


def _settings_file() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "scriptorium" / "login.json"


def _client() -> Client:
    url, token = os.environ.get("SCRIPTORIUM_URL"), os.environ.get("SCRIPTORIUM_TOKEN")
    if not (url and token):
        try:
            saved = json.loads(_settings_file().read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise _Refused("Sign in first: scriptorium login https://your.server") from None
        url, token = url or saved["url"], token or saved["token"]
    return Client(url, token)


def _login(chosen: argparse.Namespace) -> None:
    if sys.stdin.isatty():
        token = getpass.getpass("API token (made on your account page): ")
    else:
        token = sys.stdin.readline()
    client = Client(chosen.url, token.strip())
    name = client.me()["name"]
    file = _settings_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    # Nobody else may read it, from its first byte on.
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump({"url": client.url, "token": token.strip()}, out)
    _say(f"Signed in at {client.url} as {name}.")


def _id(client: Client, named: str) -> str:
    """Return the id of a document that is named by id or by its title."""
    try:
        return str(UUID(named))
    except ValueError:
        pass
    found = [one for one in client.documents(named) if one["title"] == named]
    if len(found) != 1:
        count = "No document has" if not found else f"{len(found)} documents have"
        raise _Refused(f"{count} the title {named!r}: see scriptorium list.")
    return str(found[0]["id"])


# -- commands ----------------------------------------------------------------------------------


def _list(chosen: argparse.Namespace) -> None:
    for one in _client().documents(chosen.search):
        _say(f"{one['id']}  {_when(one['edited_at'])}  {one['role']:<9}  {one['title']}")


def _new(chosen: argparse.Namespace) -> None:
    client = _client()
    data, name = _read(chosen.file) if chosen.file else (b"", "")
    ending = Path(name).suffix.lower()
    if ending in PACKED:
        (result,) = client.import_file(name, data)["results"]
        if result["error"] is not None:
            raise _Refused(result["error"])
        client.rename(result["document"], chosen.title)
        _say(result["document"])
        return
    known = {suffix: kind for kind, suffix in SUFFIX.items()} | {".htm": "html"}
    kind = chosen.format or known.get(ending, "markdown")
    _say(str(client.create(chosen.title, _decoded(data, name), kind)["id"]))


def _read(named: str) -> tuple[bytes, str]:
    """Return what is in a file, or comes in by ``-``, and the name of the file."""
    if named == "-":
        return sys.stdin.buffer.read(), ""
    try:
        return Path(named).read_bytes(), Path(named).name
    except OSError as error:
        raise _Refused(f"{named}: {error.strerror}") from error


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Refused(f"{name or 'What came in'} is not text in UTF-8.") from None


def _import(chosen: argparse.Namespace) -> None:
    client = _client()
    failed = 0
    for named in chosen.files:
        data, name = _read(named)
        for one in client.import_file(name, data, include=chosen.include)["results"]:
            if one["error"] is not None:
                failed += 1
                print(f"{one['name']}: {one['error']}", file=sys.stderr)  # noqa: T201
                continue
            _say(f"{one['document']}  {one['name']}")
            for warning in one["warnings"]:
                print(f"{one['name']}: {warning}", file=sys.stderr)  # noqa: T201
    if failed:
        raise _Refused(f"{failed} of the files could not be read.")


def _when(written: str) -> str:
    """Return a time as clocks here show it."""
    return datetime.fromisoformat(written).astimezone().strftime("%Y-%m-%d %H:%M")


def _cat(chosen: argparse.Namespace) -> None:
    client = _client()
    content = client.content(_id(client, chosen.document), chosen.format)
    sys.stdout.write(content.text)


def _append(chosen: argparse.Namespace) -> None:
    client = _client()
    client.append(_id(client, chosen.document), chosen.file.read(), chosen.format)


def _edit(chosen: argparse.Namespace) -> None:
    client = _client()
    document = _id(client, chosen.document)
    read = client.content(document, chosen.format)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    handle, path = tempfile.mkstemp(SUFFIX[chosen.format], "scriptorium-")
    file = Path(path)
    with os.fdopen(handle, "wb") as out:
        out.write(read.body)
    try:
        subprocess.run([*shlex.split(editor), path], check=True)  # noqa: S603  # the person's own editor
    except (OSError, subprocess.CalledProcessError) as error:
        raise _Refused(f"The editor failed ({error}); your text is in {path}.") from error
    written = file.read_text(encoding="utf-8")
    if written == read.text:
        file.unlink()
        _say("Nothing changed.")
        return
    try:
        done = client.edit(document, written, base=read.etag, content_format=chosen.format)
    except Problem as problem:
        # With what it was an edit of, so that it is merged when it is sent later.
        kept = {"document": document, "format": chosen.format, "base": read.etag}
        _base_of(file).write_text(json.dumps(kept), encoding="utf-8")
        said = f"{problem} Your text is in {path}; scriptorium resend {path} sends it again."
        raise _Refused(said) from problem
    file.unlink()
    _say(f"Merged as record {done['seq']}." if done["changed"] else "Nothing changed.")


def _base_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.base")


def _resend(chosen: argparse.Namespace) -> None:
    file, base = chosen.file, _base_of(chosen.file)
    try:
        kept = json.loads(base.read_text(encoding="utf-8"))
        written = file.read_text(encoding="utf-8")
        document, kind, etag = kept["document"], kept["format"], kept["base"]
    except (OSError, KeyError, TypeError) as error:
        raise _Refused(f"{file} is no text that an edit left behind.") from error
    done = _client().edit(document, written, base=etag, content_format=kind)
    file.unlink()
    base.unlink()
    _say(f"Merged as record {done['seq']}." if done["changed"] else "Nothing changed.")


def _log(chosen: argparse.Namespace) -> None:
    client = _client()
    for one in client.revisions(_id(client, chosen.document), count=chosen.count):
        authors = ", ".join(author["name"] for author in one["authors"])
        changes = f"+{one['insertions']} -{one['deletions']}"
        _say(
            f"{one['number']:>5}  record {one['seq']:<7}  {_when(one['created_at'])}  "
            f"{changes:<12}  {authors}  {one['name']}".rstrip()
        )


def _diff(chosen: argparse.Namespace) -> None:
    client = _client()
    sys.stdout.write(client.diff(_id(client, chosen.document), chosen.since, chosen.to))


def _restore(chosen: argparse.Namespace) -> None:
    client = _client()
    done = client.restore(_id(client, chosen.document), chosen.revision)
    _say(f"Restored: revision {done['number']}.")


def _export(chosen: argparse.Namespace) -> None:
    client = _client()
    body = client.export(_id(client, chosen.document), chosen.format)
    if chosen.output is None:
        sys.stdout.buffer.write(body)
    else:
        chosen.output.write_bytes(body)


# -- drafts ------------------------------------------------------------------------------------


def _fork(chosen: argparse.Namespace) -> None:
    client = _client()
    _say(str(client.fork(_id(client, chosen.document), chosen.title)["id"]))


def _drafts(chosen: argparse.Namespace) -> None:
    client = _client()
    for one in client.drafts(_id(client, chosen.document)):
        merged = "" if one["merged_seq"] is None else f"merged as record {one['merged_seq']}"
        owner = one["owner"]["name"]
        _say(f"{one['id']}  {_when(one['created_at'])}  {owner}  {one['title']}  {merged}".rstrip())


def _review(chosen: argparse.Namespace) -> None:
    client = _client()
    sys.stdout.write(client.review(_id(client, chosen.document)))


def _update(chosen: argparse.Namespace) -> None:
    client = _client()
    done = client.update_draft(_id(client, chosen.document))
    said = "What changed in the original is in the draft now."
    _say(said if done["changed"] else "The draft has all of the original already.")


def _merge(chosen: argparse.Namespace) -> None:
    client = _client()
    close = False if chosen.keep else None
    done = client.merge(_id(client, chosen.document), close=close, leave_out=chosen.leave_out)
    said = f"Merged as record {done['seq']}." if done["changed"] else "Nothing to merge."
    _say(f"{said} The draft is in the trash." if done["closed"] else said)


def _discard(chosen: argparse.Namespace) -> None:
    client = _client()
    client.discard(_id(client, chosen.document))
    _say("The draft is in the trash.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("scriptorium", description="Documents of a Scriptorium server")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(
        name: str, run: object, words: str, *, document: bool = True
    ) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=words, description=words)
        one.set_defaults(run=run)
        if document:
            one.add_argument("document", help="id or title")
        return one

    def with_format(one: argparse.ArgumentParser) -> None:
        one.add_argument("--format", choices=sorted(MEDIA), default="markdown")

    login = command("login", _login, "Keep the address and a token of yours", document=False)
    login.add_argument("url", help="as in https://docs.example.org")
    listed = command("list", _list, "List your documents, last edited first", document=False)
    listed.add_argument("search", nargs="?", default="", help="in the title")
    new = command("new", _new, "Make a document; print its id", document=False)
    new.add_argument("title")
    new.add_argument(
        "file", nargs="?", help="its content: text, DOCX or ODT, by its ending; - for stdin"
    )
    new.add_argument("--format", choices=sorted(MEDIA), help="of text; else by the ending")
    files = command("import", _import, "Make documents of files and zips", document=False)
    files.add_argument("files", nargs="+", metavar="file")
    files.add_argument("--include", action="append", default=[], choices=("history", "members"))
    with_format(command("cat", _cat, "Print the content"))
    with_format(command("edit", _edit, "Edit in $EDITOR; merge what you changed when it is saved"))
    again = command("resend", _resend, "Send a text that a refused edit left", document=False)
    again.add_argument("file", type=Path)
    more = command("append", _append, "Put blocks at the end")
    more.add_argument("file", nargs="?", type=argparse.FileType("r"), default="-")
    with_format(more)
    log = command("log", _log, "List revisions, newest first")
    log.add_argument("-n", "--count", type=int, default=25)
    diff = command("diff", _diff, "Show what changed between two moments")
    diff.add_argument("since", help="number of a record, or a time")
    diff.add_argument("to", nargs="?", help="the same; without it, now")
    restore = command("restore", _restore, "Make it what it was at a revision, by a new edit")
    restore.add_argument("revision", type=int, help="as scriptorium log numbers them")
    export = command("export", _export, "Write the document as a file")
    export.add_argument("--format", choices=EXPORTS, default="markdown")
    export.add_argument("-o", "--output", type=Path)
    fork = command("fork", _fork, "Make a draft of your own; print its id")
    fork.add_argument("title", nargs="?", default="")
    command("drafts", _drafts, "List the open drafts of a document that you may read")
    command("review", _review, "Show what merging a draft would do, conflicts first")
    command("update", _update, "Bring a draft up to date with its original")
    merge = command("merge", _merge, "Merge a draft into its original; close it, if it is yours")
    merge.add_argument("--keep", action="store_true", help="leave the draft open")
    merge.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="NAME",
        help="of a conflict in the review: a block that is not to be put back",
    )
    command("discard", _discard, "Put a draft in the trash; the original stays as it is")
    return parser
