"""Items of QTI as other programs write them, in any of the versions, and packages of them."""

import io
import re
import zipfile
from collections.abc import Mapping

NAMESPACES = {
    "2.1": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "2.2": "http://www.imsglobal.org/xsd/imsqti_v2p2",
    "3.0": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
VERSIONS = tuple(NAMESPACES)
TYPES = {"2.1": "imsqti_item_xmlv2p1", "2.2": "imsqti_item_xmlv2p2", "3.0": "imsqti_item_xmlv3p0"}
TEMPLATE = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)

_NAMES = re.compile(r"(</?)([a-z][A-Za-z]*)")
_ATTRIBUTES = re.compile(r" ([a-z]+[A-Z][A-Za-z]*)=")
_HTML = frozenset(re.findall(r"\w+", "p div img b i em span table tr td br sub sup a math mi mn mo mrow audio ul li"))


def item(inner: str, version: str = "2.1", *, title: str = "Item", attributes: str = "") -> str:
    """An item written in the names of 2.x, in the names of a version."""
    text = (
        f'<assessmentItem xmlns="{NAMESPACES[version]}" identifier="i1" title="{title}" adaptive="false" '
        f'timeDependent="false"{attributes}>{inner}</assessmentItem>'
    )
    if version == "3.0":
        text = _NAMES.sub(lambda tag: f"{tag[1]}{tag[2] if tag[2] in _HTML else 'qti-' + _kebab(tag[2])}", text)
        text = _ATTRIBUTES.sub(lambda found: f" {_kebab(found[1])}=", text)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _kebab(name: str) -> str:
    return re.sub("([A-Z])", r"-\1", name).lower()


def response(
    *values: str, cardinality: str = "single", type: str = "identifier", mapping: str = "", id: str = "RESPONSE"
) -> str:
    right = "".join(f"<value>{value}</value>" for value in values)
    correct = f"<correctResponse>{right}</correctResponse>" if values else ""
    return (
        f'<responseDeclaration identifier="{id}" cardinality="{cardinality}" baseType="{type}">{correct}{mapping}'
        "</responseDeclaration>"
    )


def mapping(entries: Mapping[str, float], attributes: str = 'defaultValue="0"', case: bool | None = None) -> str:
    cased = "" if case is None else f' caseSensitive="{str(case).lower()}"'
    inner = "".join(f'<mapEntry mapKey="{key}" mappedValue="{value}"{cased}/>' for key, value in entries.items())
    return f"<mapping {attributes}>{inner}</mapping>"


SCORE = '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'


def template(name: str) -> str:
    return f'<responseProcessing template="{TEMPLATE}{name}"/>'


def choices(
    *, most: int = 1, shuffle: bool = True, texts: Mapping[str, str] | None = None, id: str = "RESPONSE"
) -> str:
    inner = "".join(
        f'<simpleChoice identifier="{name}">{text}</simpleChoice>'
        for name, text in (texts or {"A": "Lima", "B": "Quito", "C": "Bogota"}).items()
    )
    shuffled = str(shuffle).lower()
    return (
        f'<choiceInteraction responseIdentifier="{id}" shuffle="{shuffled}" maxChoices="{most}">'
        f"<prompt>Which?</prompt>{inner}</choiceInteraction>"
    )


def package(items: Mapping[str, str | bytes], version: str = "2.1", others: Mapping[str, bytes | str] | None = None,
            manifest: str | None = None) -> bytes:  # fmt: skip
    """A zip of items by their paths, with a manifest unless one is given."""
    listed = "".join(
        f'<resource identifier="r{n}" type="{TYPES[version]}" href="{path}"><file href="{path}"/></resource>'
        for n, path in enumerate(items)
    )
    written = manifest or (
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m"><organizations/>'
        f"<resources>{listed}</resources></manifest>"
    )
    return packed({"imsmanifest.xml": written, **items, **(others or {})})


def packed(files: Mapping[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()
