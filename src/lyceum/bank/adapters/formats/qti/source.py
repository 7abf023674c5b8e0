"""The XML files of a package: small enough to hold whole, without DTD and entities of their own."""

import io

from lxml import etree

from lyceum.bank.adapters.formats.detect import HEAD, guess_encoding
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, FileTruncated
from lyceum.bank.adapters.formats.xml_source import SafeXml

MAX_XML = 8 << 20
"""Bytes of one XML file of a package, and of a single item."""


def parse(data: bytes, place: str) -> etree._Element:
    """The root of an XML document. Raise bank.file_refused, bank.file_truncated or bank.file_malformed."""
    encoding, _ = guess_encoding(data[:HEAD])
    source = SafeXml(io.BytesIO(data), encoding)
    try:
        text = b"".join(iter(source.read, b""))
    except FileRefused as error:
        raise FileRefused(place=place, why="it declares a document type or entities") from error
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        where = f"{place}, line {error.lineno}"
        if b"</" not in text[-200:]:
            raise FileTruncated(place=where) from error
        raise FileMalformed(place=where, why=str(error.msg)[:200]) from error
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise FileRefused(place=place, why="it declares a document type or entities")
    return root
