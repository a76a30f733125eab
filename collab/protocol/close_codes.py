"""Why a socket is closed. 4400-4499 are final for a y-websocket client; others are retried."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """Close codes of the document socket."""

    FRAME_TOO_BIG = 1009
    RESTARTING = 1012
    TRY_AGAIN = 1013
    BAD_FRAME = 4400
    NOT_SIGNED_IN = 4401
    NO_ACCESS = 4403
    NO_DOCUMENT = 4404
    UPDATE_REFUSED = 4422
