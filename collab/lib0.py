"""The bounded reader and the writer of lib0's binary encoding, shared by the wire and the CRDT.

Formats: lib0/encoding.js and lib0/decoding.js. Every length is checked against what is left, and a
varint is at most eight bytes, so that no input costs more than its own size.
"""

from __future__ import annotations

#: JavaScript's largest safe integer: what lib0 can read back exactly.
MAX_UINT = 2**53 - 1


class EncodingError(ValueError):
    """The bytes are not what they should be; the message says in which way."""


class Reader:
    """Reads lib0 values from ``data``, front to back."""

    __slots__ = ("_data", "_end", "_position", "is_bounded", "parts_left")

    def __init__(self, data: bytes, parts: int | None = None) -> None:
        self._data = data
        self._end = len(data)
        self._position = 0
        #: How many more parts (structs, ranges, values) may be read: what that costs.
        self.parts_left = MAX_UINT if parts is None else parts
        self.is_bounded = parts is not None

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return self._end - self._position

    def byte(self) -> int:
        """Read one byte."""
        if self._position >= self._end:
            raise EncodingError("ends too early")
        value = self._data[self._position]
        self._position += 1
        return value

    def uint(self) -> int:
        """Read a varUint of at most 53 bits."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 49:
                raise EncodingError("number too long")
        if value > MAX_UINT:
            raise EncodingError("number too large")
        return value

    def take(self, length: int) -> bytes:
        """Read ``length`` bytes."""
        end = self._position + length
        if end > self._end:
            raise EncodingError("ends too early")
        value = self._data[self._position : end]
        self._position = end
        return value

    def array(self) -> bytes:
        """Read a varByteArray."""
        return self.take(self.uint())

    def string(self) -> str:
        """Read a varString."""
        try:
            return self.array().decode("utf-8")
        except UnicodeDecodeError as error:
            raise EncodingError("not UTF-8") from error

    def finish(self) -> None:
        """Say that all has been read.

        Raises:
            EncodingError: it has not.
        """
        if self.left:
            raise EncodingError("bytes left over")


def uint(value: int) -> bytes:
    """Return ``value`` as a varUint."""
    if not 0 <= value <= MAX_UINT:
        raise EncodingError("number out of range")
    out = bytearray()
    while value > 0x7F:
        out.append(0x80 | (value & 0x7F))
        value >>= 7
    out.append(value)
    return bytes(out)


def array(value: bytes) -> bytes:
    """Return ``value`` as a varByteArray."""
    return uint(len(value)) + value


def string(value: str) -> bytes:
    """Return ``value`` as a varString: its length is counted in UTF-8 bytes."""
    return array(value.encode("utf-8"))
