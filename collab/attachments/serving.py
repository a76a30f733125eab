"""The answer that carries an attachment's bytes: safe headers, revalidation, one range.

Whoever calls this has asked ``policy`` already; with ``no-cache`` a browser asks again each time,
so what is revoked is not shown from a cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header

from collab.attachments.sniff import SHOWN_INLINE
from collab.streaming import streamed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from collab.attachments.models import Attachment

#: Opened by itself, whatever it is: no script, no forms, an origin of its own.
CONTENT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$", re.ASCII)


def attachment_response(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    """Return the response with the attachment's content, or the part that ``Range`` asks for."""
    etag = f'"{attachment.sha256[:32]}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return _guarded(unchanged, attachment, etag)
    size = attachment.size_bytes
    wanted = _wanted_range(request, size, etag)
    if wanted == ():
        response: HttpResponseBase = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return _guarded(response, attachment, etag)
    begin, end = wanted or (0, size)
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(streamed(request, _read(attachment, begin, end)))
    response["Content-Length"] = str(end - begin)
    response["Accept-Ranges"] = "bytes"
    if wanted:
        response.status_code = 206
        response["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    return _guarded(response, attachment, etag)


def _guarded(response: HttpResponseBase, attachment: Attachment, etag: str) -> HttpResponseBase:
    is_download = attachment.content_type not in SHOWN_INLINE
    disposition = content_disposition_header(is_download, attachment.name)
    response["Content-Type"] = attachment.content_type
    response["Content-Disposition"] = disposition or "inline"
    response["Content-Security-Policy"] = CONTENT_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    patch_vary_headers(response, ("Authorization", "Cookie"))
    return response


def _wanted_range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | tuple[()] | None:
    """Return begin and end of the part asked for; () where there is none; None: all of it."""
    found = _RANGE.match(request.headers.get("Range", ""))
    if found is None or not any(found.groups()):
        return None  # more than one range, or a form that we do not know: may be ignored
    if request.headers.get("If-Range", etag) != etag:
        return None
    first, last = found.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(int(last) + 1, size) if first and last else size
    return (begin, end) if begin < end else ()


def _read(attachment: Attachment, begin: int, end: int) -> Iterator[bytes]:
    with attachment.open() as source:
        source.seek(begin)
        left = end - begin
        while left > 0 and (chunk := source.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
