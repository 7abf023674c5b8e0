"""Exports that come back: nothing is lost in silence, and a second import of the same file changes nothing."""

import json

import httpx
import pytest

from tests.bank.conftest import SignIn
from tests.bank.importing import IMPORTS, Author

ENDS = {"json": "json", "moodle_xml": "xml", "qti": "zip", "gift": "gift", "csv": "csv", "xlsx": "xlsx"}
DRAWN = {
    "parameters": [{"name": "a", "low": "1", "high": "9"}],
    "derived": [{"name": "b", "expression": "a * 2"}],
}
QUESTIONS = [
    {"kind": "single_choice", "stem": "Столица?", "key": ["a"], "options": [{"id": "a", "text": "Москва"},
                                                                         {"id": "b", "text": "Рим"}]},
    {"kind": "numeric", "stem": "Удвойте {{a}}", "accepted": [{"text": "{{b}}", "tolerance": "0.5"}],
     "rule": {"name": "numeric"}, "template": DRAWN},
    {"kind": "cloze", "stem": "Вдвое больше, чем {{a}}: [[1]]", "rule": {"name": "per_element"}, "template": DRAWN,
     "gaps": [{"id": "1", "kind": "numeric", "accepted": [{"text": "{{b}}"}], "rule": {"name": "numeric"}}]},
    {"kind": "numeric", "stem": "Треть?", "accepted": [{"text": "1/3"}], "rule": {"name": "numeric"}},
    {"kind": "short_text", "stem": "Порядок?", "accepted": [{"text": "3142"}], "max_score": 2,
     "rule": {"name": "positions", "points": [2, 1]}},
]  # fmt: skip
LEFT_OUT = {"json": 0, "moodle_xml": 3, "qti": 3, "gift": 3, "csv": 0, "xlsx": 0}
"""Questions that draw their numbers, and one whose only answer is no decimal."""


@pytest.fixture
async def author(client: httpx.AsyncClient, sign_in: SignIn) -> Author:
    return Author(client, await sign_in())


async def filled(author: Author) -> None:
    lines = [json.dumps({"title": f"t{n}", "subject": "physics", "content": it}) for n, it in enumerate(QUESTIONS)]
    done = await author.imported("all.json", "\n".join(lines).encode())
    assert (done["state"], done["imported"]) == ("done", len(QUESTIONS)), done


@pytest.mark.parametrize("format", list(ENDS))
async def test_what_is_exported_comes_back_and_what_is_not_is_named(
    author: Author, client: httpx.AsyncClient, sign_in: SignIn, format: str
) -> None:
    await filled(author)
    asked = await client.post("/api/bank/exports", json={"format": format}, headers=author.headers)
    done = await author.finished(asked.json()["id"], "exports")
    counts = (done["imported"], done["rejected"], done["found"])
    assert counts == (len(QUESTIONS) - LEFT_OUT[format], LEFT_OUT[format], len(QUESTIONS)), done
    report = f"{IMPORTS}/{done['id']}/report"
    left_out = await author.listed(report, level="rejected")
    assert [(note["code"], bool(note["title"]), bool(note["fix"])) for note in left_out] == [
        ("not_exported", True, True)
    ] * LEFT_OUT[format]
    assert bool(await author.listed(report, level="loss")) is (format not in {"json", "csv", "xlsx"})
    data = (await client.get(str(done["url"]))).content
    other = Author(client, await sign_in())
    first, again = [await other.imported(f"all.{ENDS[format]}", data) for _ in range(2)]
    for came in (first, again):
        assert (came["state"], came["rejected"], came["found"]) == ("done", 0, done["imported"]), came
    assert (again["imported"], again["updated"]) == (0, 0), again
    assert (first["imported"] == 0) is (format in {"json", "csv", "xlsx"}), first


async def test_the_page_of_an_export_names_what_is_not_in_the_file(author: Author, client: httpx.AsyncClient) -> None:
    await filled(author)
    asked = await client.post("/api/bank/exports", json={"format": "gift"}, headers=author.headers)
    done = await author.finished(asked.json()["id"], "exports")
    headers = {**author.headers, "Accept": "text/html", "Accept-Language": "ru"}
    page = (await client.get(f"/author/imports/{done['id']}", headers=headers)).text
    assert "Не вошли в файл" in page
    assert "Выгрузите его в Lyceum" in page.replace("\u00a0", " ")
    assert "будут в банке" not in page
