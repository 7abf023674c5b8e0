"""Packages of QTI: the manifest, the order of a test, files, and whatever can be wrong with them."""

import io
import zipfile

import pytest

from lyceum.bank.adapters.formats.detect import Format, guess
from lyceum.bank.adapters.formats.formats import open_reader
from lyceum.bank.adapters.formats.reasons import FileMalformed, FileRefused, FileTruncated, UnknownFormat
from lyceum.bank.domain.drafts import Draft, MediaRole, Rejected
from tests.bank.formats.qti.samples import PNG, SCORE, VERSIONS, choices, item, package, packed, response, template
from tests.bank.formats.reading import codes, drafts, read

EVERY_VERSION = pytest.mark.parametrize("version", VERSIONS)


def one(title: str = "Item", stem: str = "", version: str = "2.1") -> str:
    inner = response("B") + f"{SCORE}<itemBody>{stem}{choices()}</itemBody>" + template("match_correct")
    return item(inner, version, title=title)


def listing(href: str) -> str:
    resource = f"<resource type='imsqti_item_xmlv2p1' href='{href}'/>"
    return f"<manifest><resources>{resource}</resources></manifest>"


@EVERY_VERSION
def test_items_come_in_the_order_of_the_manifest_with_their_files(version: str) -> None:
    shown = '<p><img src="../media/my%20map.png" alt="map"/></p>'
    items = {"items/b.xml": one("Second", version=version), "items/a.xml": one("First", shown, version)}
    data = package(items, version, {"media/my map.png": PNG})
    found = drafts(data, "questions.zip")
    assert [(it.title, it.place) for it in found] == [
        ("Second", "item 1, items/b.xml"),
        ("First", "item 2, items/a.xml"),
    ]
    picture = found[1].media[0]
    assert (picture.name, picture.role, picture.data) == ("my_map.png", MediaRole.PHOTO, PNG)
    assert 'src="attachment:my_map.png"' in found[1].content.stem
    assert "file_renamed" in codes(found[1])


@EVERY_VERSION
def test_a_test_gives_order_and_topics(version: str) -> None:
    prefix = "qti-" if version == "3.0" else ""
    section, reference = (
        (f"{prefix}assessment-section", f"{prefix}assessment-item-ref")
        if version == "3.0"
        else ("assessmentSection", "assessmentItemRef")
    )
    test = (
        f"<test><part><{section} title='Geography'><{section} title='Capitals'><{reference} identifier='x' "
        f"href='../i/b.xml'/></{section}></{section}></part></test>"
    )
    kind = {"2.1": "xmlv2p1", "2.2": "xmlv2p2", "3.0": "xmlv3p0"}[version]
    manifest = (
        "<manifest><resources>"
        f"<resource type='imsqti_item_{kind}' href='i/a.xml'/><resource type='imsqti_item_{kind}' href='i/b.xml'/>"
        f"<resource type='imsqti_test_{kind}' href='t/test.xml'/></resources></manifest>"
    )
    items = {"i/a.xml": one("A", version=version), "i/b.xml": one("B", version=version)}
    found = drafts(package(items, version, {"t/test.xml": test}, manifest), "x.zip")
    assert [(it.title, it.topics) for it in found] == [("B", ("Geography", "Capitals")), ("A", ())]


def test_a_package_in_a_folder_and_one_without_a_manifest_are_read() -> None:
    nested = {"pack/imsmanifest.xml": listing("a.xml"), "pack/a.xml": one("A")}
    assert [it.title for it in drafts(packed(nested), "x.zip")] == ["A"]
    assert [it.title for it in drafts(packed({"b.xml": one("B"), "a.xml": one("A")}), "x.zip")] == ["A", "B"]


def test_keywords_of_the_metadata_are_labels_and_topics() -> None:
    manifest = (
        "<manifest><resources><resource type='imsqti_item_xmlv2p1' href='a.xml'><metadata><lom><general>"
        "<keyword><string>exam:ege</string></keyword><keyword><string>rivers</string></keyword></general></lom>"
        "</metadata></resource></resources></manifest>"
    )
    found = drafts(package({"a.xml": one()}, manifest=manifest), "x.zip")[0]
    assert (found.exam, found.topics) == ("ege", ("rivers",))


def test_a_broken_item_does_not_hurt_its_neighbours() -> None:
    items = {"a.xml": one("A")[:200], "b.xml": "<p>no item</p>", "c.xml": one("C"), "d.xml": b"\x00\x01"}
    manifest = package(items)
    found = read(manifest, "x.zip")
    assert [it.code if isinstance(it, Rejected) else it.title for it in found] == [
        "bad_item",
        "bad_item",
        "C",
        "bad_item",
    ]


def test_a_missing_item_is_named() -> None:
    manifest = (
        "<manifest><resources><resource type='imsqti_item_xmlv2p1' href='../../etc/passwd'/></resources></manifest>"
    )
    found = read(package({}, manifest=manifest), "x.zip")
    assert isinstance(found[0], Rejected)
    assert found[0].code == "item_missing"


@pytest.mark.parametrize("href", ["../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "C:\\x.png", "%2e%2e/x"])
def test_an_address_that_leads_out_finds_nothing(href: str) -> None:
    found = drafts(package({"a.xml": one(stem=f'<img src="{href}" alt=""/>')}), "x.zip")[0]
    assert "file_missing" in codes(found)
    assert [it.role for it in found.media] == [MediaRole.SOURCE]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
XXE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("trick", [BOMB, XXE])
@pytest.mark.parametrize("where", ["item", "manifest", "test", "single", "utf-16"])
def test_entities_are_refused_wherever_they_stand(trick: str, where: str) -> None:
    def with_trick(text: str) -> str:
        return text.replace("?>\n", f"?>\n{trick}") if "?>" in text else trick + text

    kinds = "<resource type='imsqti_item_xmlv2p1' href='a.xml'/><resource type='imsqti_test_xmlv2p1' href='t.xml'/>"
    manifest = f"<manifest><resources>{kinds}</resources></manifest>"
    texts = {"a.xml": one("A", "&a;"), "t.xml": "<test/>"}
    if where == "manifest":
        manifest = with_trick(manifest)
    elif where in {"item", "utf-16"}:
        texts["a.xml"] = with_trick(texts["a.xml"])
    else:
        texts["t.xml"] = with_trick(texts["t.xml"])
    data: bytes = package({}, manifest=manifest, others=texts)
    if where == "single":
        data = with_trick(one("A", "&a;")).encode()
    if where == "utf-16":
        wide = texts["a.xml"].replace("UTF-8", "UTF-16").encode("utf-16")
        data = package({}, manifest=manifest, others={**texts, "a.xml": wide})
    with pytest.raises(FileRefused):
        read(data, "x.zip")


def test_a_package_without_items_says_so() -> None:
    with pytest.raises(FileMalformed, match="no QTI items"):
        read(package({}), "x.zip")


@pytest.mark.parametrize("manifest", ["<manifest><resources>", "no xml at all", "<manifest/>"])
def test_a_broken_manifest_is_refused(manifest: str) -> None:
    with pytest.raises((FileMalformed, FileTruncated)):
        read(package({}, manifest=manifest, others={"x.txt": b"x"}), "x.zip")


def test_common_cartridge_with_qti_1_is_named() -> None:
    kind = "imsqti_xmlv1p2/imscc_xmlv1p1/assessment"
    manifest = f"<manifest><resources><resource type='{kind}' href='a.xml'/></resources></manifest>"
    with pytest.raises(FileRefused, match=r"QTI 1\.2"):
        read(package({}, manifest=manifest, others={"a.xml": "<questestinterop/>"}), "x.imscc")
    with pytest.raises(UnknownFormat, match=r"QTI 1\.2"):
        guess(b"<questestinterop/>", "x.xml")


def test_an_archive_of_archives_is_no_package() -> None:
    with pytest.raises(UnknownFormat):
        open_reader(io.BytesIO(packed({"inner.zip": package({"a.xml": one()})})), "x.zip")


def test_an_item_too_large_is_rejected_alone() -> None:
    big = one("A", "<p>" + "".join(str(n) for n in range(1_900_000)) + "</p>")
    found = read(package({"a.xml": big, "b.xml": one("B")}), "x.zip")
    assert [type(it) for it in found] == [Rejected, Draft]


@EVERY_VERSION
def test_it_is_known_by_its_content(version: str) -> None:
    text = one(version=version)
    assert guess(text.encode(), "x.xml").format is Format.QTI
    assert guess(text.replace("<assessmentItem", "<q:assessmentItem").encode(), "x").format is Format.QTI
    assert open_reader(io.BytesIO(package({"a.xml": text})), "x.bin")[0].format is Format.QTI
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("media/a.bin", bytes(100_000))
        archive.writestr("imsmanifest.xml", "<manifest/>")
    assert open_reader(io.BytesIO(stored.getvalue()), "x.xlsx")[0].format is Format.QTI
