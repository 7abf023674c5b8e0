"""As much of the wire format of Protocol Buffers as files of ours need: the fields of one message, by number."""

from collections.abc import Iterator


class BadMessage(ValueError):
    """The bytes are no message."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field in order: integers as they are, texts and messages as bytes.

    Raise BadMessage for what breaks off or is written otherwise.
    """
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
            case 2:
                size, at = _varint(data, at)
                if at + size > len(data):
                    raise BadMessage("a field breaks off")
                yield tag >> 3, data[at : at + size]
                at += size
            case 1 | 5 as wire:
                at += 8 if wire == 1 else 4
            case _:
                raise BadMessage("a field of an unknown type")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise BadMessage("a number breaks off")


def text(value: int | bytes) -> str:
    if isinstance(value, int):
        raise BadMessage("a number stands where a text should")
    return value.decode("utf-8", "replace")
