"""Archives of strangers: whatever a zip can do to harm is refused before anything is unpacked."""

import io
import stat
import struct
import tracemalloc
import warnings
import zipfile

import pytest

from lyceum.bank.adapters.formats.archive import MAX_FILES, Archive
from lyceum.bank.adapters.formats.formats import open_reader
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, FileTruncated, Refuse


def packed(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as archive:
        warnings.simplefilter("ignore")
        for info, data in files:
            archive.writestr(info, data)
    return file.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted(data: bytes) -> bytes:
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + struct.pack("<H", struct.unpack_from("<H", data, at)[0] | 1) + data[at + 2 :]


REFUSED = {
    "slip": packed(("../evil.xml", b"x")),
    "deep slip": packed(("a/b/../../../evil.xml", b"x")),
    "backslash slip": packed(("a\\..\\..\\evil.xml", b"x")),
    "absolute": packed(("/etc/passwd", b"x")),
    "drive": packed(("C:\\windows\\x", b"x")),
    "link": packed((link("a.xml"), b"/etc/passwd")),
    "twice": packed(("a.xml", b"x"), ("a.xml", b"y")),
    "encrypted": encrypted(packed(("a.xml", b"x"))),
    "bomb": packed(("a.xml", bytes(20 << 20))),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_tricks_of_archives_are_refused(data: bytes) -> None:
    with pytest.raises(FileRefused):
        Archive(io.BytesIO(data))


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("name", ["a.zip", "a.xlsx", "a.apkg"])
def test_they_are_refused_whatever_the_file_is_called(data: bytes, name: str) -> None:
    with pytest.raises(FileRefused):
        open_reader(io.BytesIO(data), name)


def test_many_bombs_that_are_small_each_are_refused_by_their_sum() -> None:
    data = packed(("a.xml", bytes(1 << 20)))
    entry, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    record = bytearray(data[entry:end])
    record[24:28] = struct.pack("<I", 1_000_000)
    lot = b"".join(bytes(record).replace(b"a.xml", b"%05d" % n) for n in range(5000))
    tail = data[end : end + 8] + struct.pack("<HHIIH", 5000, 5000, len(lot), entry, 0)
    with pytest.raises(FileRefused, match="4 GiB"):
        Archive(io.BytesIO(data[:entry] + lot + tail))


def directory(count: int, size: int) -> bytes:
    return b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count & 65535, count & 65535,
                                                                     size, 4, 0)  # fmt: skip


def wide_directory(count: int, size: int) -> bytes:
    wide = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, 4)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, 104, 1)
    return b"PK\x03\x04" + bytes(100) + wide + locator + directory(65535, 0xFFFFFFFF)[104:]


@pytest.mark.parametrize(
    "data", [directory(5, 1 << 30), wide_directory(MAX_FILES + 1, 5000), wide_directory(1, 1 << 40)]
)
def test_a_directory_beyond_measure_is_refused_before_it_is_read(data: bytes) -> None:
    with pytest.raises(FileRefused):
        Archive(io.BytesIO(data))


def test_an_archive_of_a_million_names_takes_no_memory() -> None:
    one = packed(("a", b""))
    entry, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    lot = one[entry:end] * 800_000
    data = one[:entry] + lot + one[end : end + 8] + struct.pack("<HHIIH", 9, 9, len(lot), entry, 0)
    tracemalloc.start()
    with pytest.raises(FileRefused):
        Archive(io.BytesIO(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * len(data) + (4 << 20)


@pytest.mark.parametrize("cut", [1, 10, 30, 100])
def test_a_cut_archive_is_truncated(cut: int) -> None:
    data = packed(("a.xml", b"x" * 100), ("b.xml", b"y" * 100))
    with pytest.raises((FileTruncated, FileMalformed)):
        Archive(io.BytesIO(data[:-cut]))


def test_damage_inside_is_found_while_reading() -> None:
    data = bytearray(packed(("a.xml", b"x" * 1000), method=zipfile.ZIP_STORED))
    data[200] ^= 1
    with pytest.raises(FileMalformed):
        Archive(io.BytesIO(bytes(data))).read("a.xml", 5000)


def test_a_file_is_read_up_to_its_limit() -> None:
    archive = Archive(io.BytesIO(packed(("a/b.xml", b"abc"))))
    assert archive.read("a/b.xml", 3) == b"abc"
    with pytest.raises(Refuse):
        archive.read("a/b.xml", 2)
