"""Requests to a server. One method an endpoint; what it answers is returned as it is."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

TIMEOUT_S = 60.0
#: How often a request is sent again when the server is away; a key makes writes happen once.
ATTEMPTS = 4
MEDIA = {
    "markdown": "text/markdown",
    "html": "text/html",
    "text": "text/plain",
    "json": "application/json",
}


class Problem(Exception):
    """The server refused; the sentence is its own.

    Attributes:
        status: of HTTP; 0 where the server could not be reached.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Content:
    """A document's content, and what it is the content of."""

    body: bytes
    #: Send it back with an edit: the server merges what you changed since.
    etag: str

    @property
    def text(self) -> str:
        """The content as text."""
        return self.body.decode("utf-8")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token must not follow to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Client:
    """One person at one server."""

    def __init__(self, url: str, token: str, *, timeout_s: float = TIMEOUT_S) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("The address of a server begins with http:// or https://.")
        self.url = url.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s
        self._opener = urllib.request.build_opener(_NoRedirects)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        media: str = "application/json",
        headers: dict[str, str] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Content:
        """Send a request to a path below ``/api/v1``; return body and ETag of the answer.

        Raises:
            Problem: the server refused, or could not be reached.
        """
        asked = urlencode({k: v for k, v in (query or {}).items() if v is not None})
        sent = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = media
        if method != "GET":
            sent["Idempotency-Key"] = secrets.token_hex(16)
        request = urllib.request.Request(  # noqa: S310  # __init__ lets http and https through
            f"{self.url}/api/v1{path}{'?' if asked else ''}{asked}",
            method=method,
            data=body,
            headers=sent,
        )
        return self._sent(request)

    def _sent(self, request: urllib.request.Request) -> Content:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._opener.open(request, timeout=self._timeout_s) as answer:
                    return Content(answer.read(), answer.headers.get("ETag", ""))
            except urllib.error.HTTPError as error:
                wait_s = _wait_s(error)
                if wait_s is None or attempt == ATTEMPTS:
                    raise Problem(error.code, _detail(error)) from error
                time.sleep(wait_s)
            except OSError as error:
                if attempt == ATTEMPTS:
                    said = getattr(error, "reason", error)
                    raise Problem(0, f"{self.url} does not answer: {said}") from error
                time.sleep(0.25 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def json(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """Send a request; return the JSON of the answer, None where there is none."""
        data = None if body is None else json.dumps(body).encode()
        answer = self.request(method, path, body=data, query=query)
        return json.loads(answer.body) if answer.body else None

    # -- documents ---------------------------------------------------------------------------

    def me(self) -> Any:
        """Return who the token belongs to."""
        return self.json("GET", "/users/me")

    def documents(self, search: str = "") -> list[Any]:
        """Return the documents that the person may read, last edited first."""
        found: list[Any] = []
        page = 1
        while True:
            answer = self.json("GET", "/documents", search=search or None, page=page, page_size=100)
            found += answer["results"]
            if not answer["next"]:
                return found
            page += 1

    def create(self, title: str, content: str = "", content_format: str = "markdown") -> Any:
        """Make a document."""
        body = {"title": title, "content": content, "content_format": content_format}
        return self.json("POST", "/documents", body)

    def content(self, document: str, content_format: str = "markdown") -> Content:
        """Read the content."""
        return self.request("GET", f"{_of(document)}/content", query={"format": content_format})

    def edit(
        self, document: str, content: str, *, base: str, content_format: str = "markdown"
    ) -> Any:
        """Send the content as it shall be; the server merges what changed since ``base``.

        Args:
            document: its id.
            content: the whole content.
            base: the ETag of what was changed; ``*`` for whatever is there now.
            content_format: of ``content``.
        """
        answer = self.request(
            "PATCH",
            f"{_of(document)}/content",
            body=content.encode(),
            media=MEDIA[content_format],
            headers={"If-Match": base},
        )
        return json.loads(answer.body)

    def append(self, document: str, content: str, content_format: str = "markdown") -> Any:
        """Put blocks at the end."""
        path = f"{_of(document)}/content/append"
        media = MEDIA[content_format]
        return json.loads(self.request("POST", path, body=content.encode(), media=media).body)

    def export(self, document: str, export_format: str) -> bytes:
        """Return the document as a file."""
        return self.request("GET", f"{_of(document)}/export", query={"format": export_format}).body

    def import_file(self, name: str, data: bytes, *, include: Sequence[str] = ()) -> Any:
        """Make documents of a file, or of each file in a zip.

        Args:
            name: of the file; its ending says what it is.
            data: its bytes.
            include: of a zip that a server wrote: "history", "members".
        """
        edge = secrets.token_hex(16)
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="include"\r\n\r\n{one}\r\n'.encode()
            for one in include
        ]
        shown = quote(name, safe=" .()-_")
        head = f"filename=\"{shown}\"; filename*=UTF-8''{quote(name, safe='')}"
        parts.append(
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; {head}\r\n'.encode()
        )
        parts += [b"Content-Type: application/octet-stream\r\n\r\n", data]
        parts.append(f"\r\n--{edge}--\r\n".encode())
        media = f"multipart/form-data; boundary={edge}"
        answer = self.request("POST", "/documents/import", body=b"".join(parts), media=media)
        return json.loads(answer.body)

    def rename(self, document: str, title: str) -> Any:
        """Give the document another title."""
        return self.json("PATCH", _of(document), {"title": title})

    # -- history -----------------------------------------------------------------------------

    def revisions(self, document: str, *, before: int | None = None, count: int = 25) -> Any:
        """Return revisions, newest first."""
        path = f"{_of(document)}/revisions"
        return self.json("GET", path, before=before, page_size=count)["results"]

    def diff(
        self, document: str, since: str, to: str | None = None, diff_format: str = "text"
    ) -> str:
        """Return what changed between two moments: numbers of records, or times."""
        query = {"from": since, "to": to, "format": diff_format}
        return self.request("GET", f"{_of(document)}/diff", query=query).text

    def restore(self, document: str, revision: int) -> Any:
        """Make the document what it was at a revision, by a new edit."""
        return self.json("POST", f"{_of(document)}/revisions/{revision}/restore")

    # -- drafts ------------------------------------------------------------------------------

    def fork(self, document: str, title: str = "") -> Any:
        """Make a draft of the document: one of the person's own, seen by nobody else."""
        return self.json("POST", f"{_of(document)}/drafts", {"title": title} if title else {})

    def drafts(self, document: str) -> Any:
        """Return the open drafts of the document that the person may read."""
        return self.json("GET", f"{_of(document)}/drafts")

    def draft(self, draft: str) -> Any:
        """Return how a draft and its original stand to each other."""
        return self.json("GET", f"{_of(draft)}/draft")

    def review(self, draft: str, review_format: str = "text") -> str:
        """Return what merging a draft would do, conflicts first."""
        return self.request("GET", f"{_of(draft)}/draft/diff", query={"format": review_format}).text

    def update_draft(self, draft: str) -> Any:
        """Bring a draft up to date with its original."""
        return self.json("POST", f"{_of(draft)}/draft/update")

    def merge(self, draft: str, *, close: bool | None = None, leave_out: Sequence[str] = ()) -> Any:
        """Merge a draft into its original.

        Args:
            draft: its id.
            close: whether it goes to the trash then; None: where it is the person's own.
            leave_out: names of conflicts in the review: blocks that are not put back.
        """
        body = {"close": close, "leave_out": list(leave_out)}
        return self.json("POST", f"{_of(draft)}/draft/merge", body)

    def discard(self, draft: str) -> None:
        """Put a draft in the trash; the original stays as it is."""
        self.json("POST", f"{_of(draft)}/draft/discard")


def _of(document: str) -> str:
    return f"/documents/{quote(document, safe='')}"


def _wait_s(error: urllib.error.HTTPError) -> float | None:
    """Return how long to wait before the request is sent again; None: it is refused for good."""
    if error.code not in (429, 502, 503, 504):
        return None
    said = error.headers.get("Retry-After", "1")
    return min(float(said), 60.0) if said.isdecimal() else 1.0


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        said = json.loads(error.read())
        more = [each["detail"] for each in said.get("errors", ())]
        return " ".join(dict.fromkeys([said["detail"], *more]))
    except (ValueError, KeyError, TypeError):
        return f"The server answered {error.code}."
