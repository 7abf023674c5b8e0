"""What must not come in by an import: files that are not what they say, bombs, tricks in names and in texts."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import openpyxl
import pytest

from lyceum.platform.database import Database
from lyceum.platform.files import MIB
from lyceum.platform.settings import Settings
from tests.bank.conftest import SignIn
from tests.bank.importing import IMPORTS, QUESTIONS, TRICKY, VALIDATE, Author, archive, nothing_is_kept, stored
from tests.bank.test_bank_http import picture

GIFT = TRICKY / "tricky_utf8.gift"
BOOK = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


@pytest.fixture
async def author(client: httpx.AsyncClient, sign_in: SignIn) -> Author:
    return Author(client, await sign_in())


NOT_WHAT_THEY_SAY: dict[str, tuple[str, bytes, str]] = {
    "an executable named gift": ("base.gift", b"MZ\x90\x00\x03" + bytes(900), "bank.unknown_format"),
    "a picture named xlsx": ("base.xlsx", picture(), "bank.unknown_format"),
    "a database named csv": ("base.csv", b"SQLite format 3\x00" + bytes(900), "bank.unknown_format"),
    "noise named xml": ("base.xml", bytes(range(256)) * 40, "bank.unknown_format"),
    "nothing": ("base.gift", b"", "bank.unknown_format"),
    "blanks": ("base.gift", b" \r\n" * 500, "bank.unknown_format"),
    "a page named xml": ("base.xml", b"<!DOCTYPE html><html><body>{=x}</body></html>", "bank.unknown_format"),
    "an archive named xlsx": ("base.xlsx", archive({"readme.txt": b"hello"}), "bank.unknown_format"),
    "half a workbook": ("base.xlsx", archive(BOOK)[:-40], "bank.file_truncated"),
    "a workbook that unpacks to a gigabyte": (
        "base.xlsx",
        archive({**BOOK, "xl/worksheets/sheet1.xml": bytes(200 * MIB)}),
        "bank.file_refused",
    ),
    "a workbook with entities": (
        "base.xlsx",
        archive({**BOOK, "xl/sharedStrings.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><sst/>'}),
        "bank.file_refused",
    ),
    "a workbook of ten thousand parts": (
        "base.xlsx",
        archive({**BOOK, **{f"xl/{n}.xml": b"<a/>" for n in range(10_000)}}),
        "bank.file_refused",
    ),
    "a table without a header": ("base.csv", b"a;b;c\r\n1;2;3\r\n", "bank.header_missing"),
}


async def test_a_file_that_is_not_what_it_says_is_refused(
    author: Author, database: Database, settings: Settings
) -> None:
    for number, (case, (name, body, code)) in enumerate(NOT_WHAT_THEY_SAY.items(), 1):
        done = await author.imported(name, body)
        assert (done["state"], done["error_code"]) == ("failed", code), (case, done)
        await nothing_is_kept(database, settings, transfers=number, files=number)
        checked = await author.client.post(VALIDATE, files={"file": (name, body)})
        assert (checked.status_code, checked.json()["code"]) == (422, code), case
        await nothing_is_kept(database, settings, transfers=number, files=number)


CUT_OFF: dict[str, tuple[str, bytes, str]] = {
    "xml": ("base.xml", (TRICKY / "tricky_moodle.xml").read_bytes()[:2000], "bank.file_truncated"),
    "json": ("base.json", b'{"questions": [{"title": "a", "content": {"kind": "essay", ', "bank.file_truncated"),
}


async def test_a_truncated_file_is_refused_as_a_whole(author: Author, database: Database, settings: Settings) -> None:
    for number, (case, (name, body, code)) in enumerate(CUT_OFF.items(), 1):
        done = await author.imported(name, body)
        assert (done["state"], done["error_code"], done["imported"]) == ("failed", code, 0), (case, done)
        await nothing_is_kept(database, settings, transfers=number, files=number)


def record(**content: object) -> bytes:
    full = {"kind": "single_choice", "stem": "x", "key": ["a"], **content}
    return json.dumps({"title": "t", "subject": "geography", "content": full}).encode()


def many_options(number: int) -> list[dict[str, str]]:
    return [{"id": f"o{n}", "text": str(n)} for n in range(number)]


TOO_MUCH: dict[str, tuple[str, bytes, str]] = {
    "10,000 options in JSON": (
        "a.json",
        record(options=many_options(10_000), key=["o1"]),
        "too_many_options",
    ),
    "10,000 options in GIFT": (
        "a.gift",
        b"::t::q {" + b"".join(b"~%d " % n for n in range(9_999)) + b"=yes}",
        "too_many_options",
    ),
    "10,000 options in a table": (
        "a.csv",
        ("stem;options;answer\r\nq;" + " | ".join(map(str, range(10_000))) + ";5\r\n").encode(),
        "too_many_options",
    ),
    "a text of a megabyte": ("a.gift", b"::t::" + b"x" * MIB + b" {=a ~b}", "text_too_long"),
    "a block of nine megabytes": (
        "a.gift",
        b"::t::q {=a ~b}\n" + (b"x" * 99 + b"\n") * 95_000 + b"{=a ~b}",
        "block_too_long",
    ),
}


async def test_a_question_beyond_measure_is_rejected_with_its_place_and_the_others_come_in(author: Author) -> None:
    good = {
        "json": record(options=[{"id": "a", "text": "1"}, {"id": "b", "text": "2"}]),
        "gift": "Столица? {=Москва ~Рим}".encode(),
        "csv": "Столица?;Москва | Рим;1\r\n".encode(),
    }
    for case, (name, body, code) in TOO_MUCH.items():
        kind = name.rpartition(".")[2]
        between = {"json": b"\n", "gift": b"\n\n", "csv": b""}[kind]
        tried = await author.try_out(name, body + between + good[kind])
        assert (tried["state"], tried["imported"], tried["rejected"]) == ("done", 1, 1), (case, tried)
        (note,) = await author.listed(f"{IMPORTS}/{tried['id']}/report", level="rejected")
        assert (note["code"], bool(note["place"]), bool(note["fix"])) == (code, True, True), case


BOUNDARY = "limit"


async def form_of(field: str, size: int, *, file_name: str | None = None, begin: bytes = b"") -> AsyncIterator[bytes]:
    """A multipart body with one huge part, made as it is sent."""
    name = f'; filename="{file_name}"' if file_name else ""
    yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"{name}\r\n\r\n'.encode() + begin
    block = b"x" * (64 << 10)
    for _ in range(size // len(block)):
        yield block
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


async def send_huge(author: Author, path: str, body: AsyncIterator[bytes]) -> tuple[httpx.Response, int]:
    """The answer, and by how many bytes the process grew meanwhile, at its peak."""
    headers = {**author.headers, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    before = peak_memory(begin_anew=True)
    response = await author.client.post(path, content=body, headers=headers)
    return response, peak_memory() - before


def peak_memory(*, begin_anew: bool = False) -> int:
    """The most bytes that this process has held in memory, counted from now on when asked to; 0 where unknown."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    if begin_anew:
        Path("/proc/self/clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) << 10 if found else 0


async def test_a_text_field_of_100_mib_is_refused_without_being_held(
    author: Author, database: Database, settings: Settings
) -> None:
    for path in (IMPORTS, VALIDATE, QUESTIONS):
        field = "question" if path == QUESTIONS else "options"
        response, peak = await send_huge(author, path, form_of(field, 100 * MIB))
        assert response.status_code == 422, (path, response.text)
        assert response.json()["errors"][0]["code"] == "too_long"
        assert peak < 32 * MIB, (path, peak)
    await nothing_is_kept(database, settings)


async def test_an_upload_beyond_the_limit_is_refused_without_being_held(
    author: Author, database: Database, settings: Settings
) -> None:
    response, peak = await send_huge(author, VALIDATE, form_of("file", 40 * MIB, file_name="base.gift"))
    assert (response.status_code, response.json()["code"]) == (422, "lyceum.file_too_large")
    assert response.json()["errors"][0]["loc"] == "file"
    assert peak < 32 * MIB
    await nothing_is_kept(database, settings)


ENDLESS: dict[str, tuple[str, bytes, str]] = {
    "a line of GIFT": ("a.gift", b"::t:: ", "bank.file_malformed"),
    "a cell of a table": ("a.csv", b"stem;answer\r\n", "bank.file_malformed"),
    "an element of XML": (
        "a.xml",
        b'<?xml version="1.0"?><quiz><question type="essay"><name><text>',
        "bank.file_refused",
    ),
    "a record of JSON": ("a.json", b'{"title": "', "bank.file_malformed"),
}


async def test_one_text_of_100_mib_in_a_file_is_refused(author: Author, database: Database, settings: Settings) -> None:
    for number, (case, (name, begin, code)) in enumerate(ENDLESS.items(), 1):
        response, _ = await send_huge(author, IMPORTS, form_of("file", 100 * MIB, file_name=name, begin=begin))
        assert response.status_code == 202, (case, response.text)
        done = await author.finished(response.json()["id"])
        assert (done["state"], done["error_code"]) == ("failed", code), (case, done)
        await nothing_is_kept(database, settings, transfers=number, files=number)


BAD_FORMS: dict[str, dict[str, str]] = {
    "options that are no JSON": {"options": "{"},
    "options of another shape": {"options": '{"publish": "perhaps"}'},
    "an unknown way with duplicates": {"options": '{"duplicates": "explode"}'},
    "an unknown option": {"options": '{"surprise": 1}'},
    "an unknown format": {"format": "word"},
    "a format with a NUL": {"format": "gift\x00"},
    "a dry run that is neither": {"dry_run": "perha"},
    "an unknown field": {"surprise": "1"},
    "an unknown subject": {"options": '{"subject": "alchemy"}'},
}


async def test_a_form_that_cannot_be_used_is_refused_at_once(
    author: Author, database: Database, settings: Settings
) -> None:
    for case, fields in BAD_FORMS.items():
        answer = await author.send("base.gift", GIFT.read_bytes(), **fields)
        assert answer.status_code == 422, (case, answer.text)
        assert answer.json()["errors"] or answer.json()["code"] == "bank.subject_unknown", case
    without = await author.client.post(IMPORTS, files={"format": (None, "gift")}, headers=author.headers)
    assert (without.status_code, without.json()["errors"][0]["code"]) == (422, "required")
    twice = [("file", ("a.gift", b"{T}")), ("file", ("b.gift", b"{T}"))]
    assert (await author.client.post(IMPORTS, files=twice, headers=author.headers)).status_code == 422
    await nothing_is_kept(database, settings)


NAMES = [
    "../../../etc/passwd.gift",
    "..\\..\\windows\\system32\\x.gift",
    "/etc/shadow.gift",
    "C:\\boot.gift",
    "a\x00b.gift",
    "CON.gift",
    "nul",
    "aux.gift",
    "COM1",
    "x" * 300 + ".gift",
    "вопросы\u202etfig.exe",
    "\u2066a\u2069.gift",
    ".hidden.gift",
    "...",
    "a\r\nSet-Cookie: x=1.gift",
    '"><script>alert(1)</script>.gift',
    "%2e%2e%2fetc.gift",
]
DEVICES = {"con", "nul", "aux", "prn", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}


async def test_a_file_name_is_a_name_only(author: Author, settings: Settings) -> None:
    for number, name in enumerate(NAMES, 1):
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="'.encode()
        quoted = name.replace("\r\n", "%0D%0A").replace('"', "%22").encode()
        body = head + quoted + b'"\r\n\r\n' + GIFT.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
        headers = {**author.headers, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        answer = await author.client.post(IMPORTS, content=body, headers=headers)
        if answer.status_code == 422:
            continue
        assert answer.status_code == 202, (name, answer.text)
        shown = str(answer.json()["file_name"])
        assert not set(shown) & set('/\\:<>"|?*'), (name, shown)
        assert shown.isprintable(), (name, shown)
        assert len(shown) <= 120, (name, shown)
        assert not shown.startswith("."), (name, shown)
        assert shown.partition(".")[0].casefold() not in DEVICES, (name, shown)
        done = await author.finished(answer.json()["id"])
        assert done["state"] == "done", (number, done)
    folder = settings.data_dir / "files" / "imports"
    assert all(folder in path.parents for path in stored(settings))
    assert all(path.name.isalnum() for path in stored(settings))


def moodle(inner: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><quiz><question type="truefalse"><name><text>t</text></name>'
        f'<questiontext format="html"><text><![CDATA[<img src="@@PLUGINFILE@@/cat.png">]]></text>{inner}'
        '</questiontext><answer fraction="100"><text>true</text></answer>'
        '<answer fraction="0"><text>false</text></answer></question></quiz>'
    ).encode()


DISGUISED = {
    "an executable": b"TVqQAAMAAAAEAAAA//8AALgAAAAAAAAAQAAAAAAAAAA=",
    "a script": b"PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIj48L3N2Zz4=",
    "half a picture": b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwC",
}


async def test_a_picture_that_is_none_rejects_its_question_and_is_not_kept(
    author: Author, database: Database, settings: Settings
) -> None:
    for number, (case, data) in enumerate(DISGUISED.items(), 1):
        body = moodle(f'<file name="cat.png" encoding="base64">{data.decode()}</file>')
        done = await author.imported("a.xml", body)
        assert (done["state"], done["imported"], done["rejected"]) == ("done", 0, 1), (case, done)
        await nothing_is_kept(database, settings, transfers=number, files=number)


async def test_a_path_in_the_name_of_a_packed_picture_leads_nowhere(author: Author, settings: Settings) -> None:
    data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    body = moodle(f'<file name="../../../cat.png" path="/../../" encoding="base64">{data}</file>')
    done = await author.imported("a.xml", body)
    assert done["state"] == "done", done
    assert list(settings.data_dir.parent.rglob("*.png")) == []


BAD_PASSPORTS: dict[str, tuple[dict[str, object], str]] = {
    "an exam of 100 letters": ({"exam": "e" * 100}, "bad_exam"),
    "an exam with spaces": ({"exam": "ЕГЭ 2026"}, "bad_exam"),
    "task number 0": ({"exam_task_number": 0}, "bad_task_number"),
    "task number 70,000": ({"exam_task_number": 70_000}, "bad_task_number"),
    "a NUL in the title": ({"title": "a\x00b"}, "control_character"),
    "a NUL in a topic": ({"topics": ["a\x00b"]}, "control_character"),
    "a NUL in the source": ({"source": "\x00"}, "control_character"),
    "a NUL in the id": ({"external_id": "\x00"}, "control_character"),
    "a NUL in the subject": ({"subject": "geo\x00graphy"}, "unknown_subject"),
    "a licence of 3,000 letters": ({"licence": "x" * 3000}, "text_too_long"),
    "a subject that breaks formats": ({"subject": "100% %(x)s {y}"}, "unknown_subject"),
    "a subject that is a script": ({"subject": "<script>alert(1)</script>"}, "unknown_subject"),
    "a number beyond all": ({"exam_task_number": 10**30}, "bad_task_number"),
    "a score beyond all": ({"content": {"kind": "essay", "stem": "x", "max_score": 1e308}}, "range"),
    "a hole of 500 brackets": ({"title": json.loads("[" * 500 + "]" * 500)}, "broken_record"),
}


async def test_a_bad_passport_rejects_its_question_alone(author: Author, client: httpx.AsyncClient) -> None:
    for case, (changes, code) in BAD_PASSPORTS.items():
        whole = {**json.loads(record(kind="essay", key=[], stem=case)), **changes}
        good = record(kind="essay", key=[], stem=f"good: {case}")
        done = await author.imported("a.json", json.dumps(whole).encode() + b"\n" + good)
        assert (done["state"], done["imported"], done["rejected"]) == ("done", 1, 1), (case, done)
        (note,) = await author.listed(f"{IMPORTS}/{done['id']}/report", level="rejected")
        assert (note["code"], bool(note["fix"])) == (code, True), (case, note)
        for language in ("ru", "en"):
            headers = {**author.headers, "Accept": "text/html", "Accept-Language": language}
            page = await client.get(f"/author/imports/{done['id']}", headers=headers)
            assert page.status_code == 200, case
            assert Live(page.text).found == [], case


ATTACK = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>'); DROP TABLE bank_questions;-- "
    "<a href='javascript:alert(1)'>x</a>"
)
FORMULAS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"]


class Live(HTMLParser):
    """What of a page a browser would run because of a text of ours."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [name for name, _ in attrs if name.startswith("on")]
        self.found += [value for _, value in attrs if value and value.startswith("javascript:")]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script" and "alert(1)" in data:
            self.found.append(data)


def table_of(texts: list[str]) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=";")
    writer.writerow(["stem", "options", "answer", "title", "topics", "explanation", "source"])
    for text in texts:
        writer.writerow([f"{text} ?", f"{text} | other", "1", text, text, text, text])
    return made.getvalue().encode()


async def test_sql_and_scripts_in_every_text_are_shown_harmless(author: Author, client: httpx.AsyncClient) -> None:
    done = await author.imported("a.csv", table_of([ATTACK]))
    assert (done["state"], done["imported"]) == ("done", 1), done
    (question,) = await author.questions_of(done["id"])
    htmls = [question["stem_html"], question["explanation_html"], *(o["html"] for o in question["options"])]  # type: ignore[attr-defined]
    assert all(Live(str(html)).found == [] for html in htmls)
    code = question["find_code"]
    for path in ("/", f"/q/{code}", "/questions", "/author/imports", f"/author/imports/{done['id']}"):
        page = await client.get(path, headers={**author.headers, "Accept": "text/html"}, follow_redirects=True)
        assert page.status_code in {200, 404}, (path, page.status_code)
        assert Live(page.text).found == [], path
    found = await client.get(QUESTIONS, params={"q": "DROP TABLE", "topic": ATTACK})
    assert found.headers["content-type"].startswith("application/json")
    assert found.headers["x-content-type-options"] == "nosniff"
    assert len(found.json()["items"]) == 1


async def test_no_cell_of_an_export_is_a_formula(author: Author) -> None:
    done = await author.imported("a.csv", table_of([f"'{text}" for text in FORMULAS]))
    assert (done["state"], done["imported"]) == ("done", len(FORMULAS)), done
    table = (await author.exported("csv")).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(table), delimiter=";") for cell in row]
    assert any("cmd|" in cell for cell in cells)
    assert [cell for cell in cells if cell[:1] in set("=+-@\t\r") and cell] == []
    book = openpyxl.load_workbook(io.BytesIO(await author.exported("xlsx")))
    found = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in found if cell.data_type == "f"] == []
    assert [cell.value for cell in found if isinstance(cell.value, str) and cell.value[:1] in set("=+-@\t\r")] == []
    again = await author.imported("b.csv", table.encode())
    assert (again["skipped"], again["imported"]) == (len(FORMULAS), 0), again
