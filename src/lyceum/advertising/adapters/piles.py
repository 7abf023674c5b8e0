"""Rows that have been read and are not written yet: a few in memory, many in a file, so that memory stays small."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

import msgspec

from lyceum.platform.files import MIB

IN_MEMORY = 4 * MIB
LENGTH = 8
_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode


class FilePile[T]:
    """`ports.Pile`: parts as they came, packed, one behind the other; beyond four MiB on disk."""

    def __init__(self, kind: type[T]) -> None:
        self._decode = msgspec.msgpack.Decoder(list[kind]).decode  # type: ignore[valid-type]
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by `close`
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        for part in self.parts():
            yield from part

    def __contains__(self, row: object, /) -> bool:
        return any(row == one for one in self)

    def add(self, rows: Sequence[T]) -> None:
        packed = _encode(rows)
        self._file.write(len(packed).to_bytes(LENGTH))
        self._file.write(packed)
        self._count += len(rows)

    def parts(self) -> Iterator[Sequence[T]]:
        place = 0
        while self._count:
            self._file.seek(place)
            length = int.from_bytes(self._file.read(LENGTH))
            if not length:
                return
            place += LENGTH + length
            yield self._decode(self._file.read(length))

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class FilePiles:
    """`ports.Piles`."""

    def of[T](self, kind: type[T]) -> FilePile[T]:
        return FilePile(kind)
