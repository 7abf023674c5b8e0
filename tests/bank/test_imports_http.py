"""Imports over HTTP from beginning to end: dry run, confirm, report, losses, undo; and the validation of a file."""

import httpx
import pytest

from lyceum.accounts.api import Role
from lyceum.bank.adapters import tables
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.apps import an_app, running
from tests.bank.conftest import SignIn
from tests.bank.importing import IMPORTS, QUESTIONS, TRICKY, VALIDATE, Author, caller, count, nothing_is_kept

GIFTS = sorted(path.name for path in TRICKY.glob("*.gift"))
XMLS = sorted(path.name for path in TRICKY.glob("tricky_*.xml"))
REFUSED = {
    "xxe_must_be_refused.xml": "bank.file_refused",
    "billion_laughs_must_be_refused.xml": "bank.file_refused",
    "truncated.xml": "bank.file_truncated",
}
GIFT_KINDS = {
    "numeric": 2,
    "multiple_choice": 1,
    "matching": 1,
    "short_text": 2,
    "single_choice": 1,
    "true_false": 1,
    "essay": 1,
    "description": 1,
}


@pytest.fixture
async def author(client: httpx.AsyncClient, sign_in: SignIn) -> Author:
    return Author(client, await sign_in())


def tricky(name: str) -> bytes:
    return (TRICKY / name).read_bytes()


async def test_a_dry_run_is_confirmed_reported_and_taken_back(
    author: Author, database: Database, settings: Settings
) -> None:
    tried = await author.try_out("base.gift", tricky("tricky_utf8.gift"))
    assert (tried["state"], tried["dry_run"], tried["found"], tried["imported"]) == ("done", True, 10, 10)
    await nothing_is_kept(database, settings, transfers=1, files=1)
    done = await author.confirmed(tried)
    assert (done["state"], done["imported"], done["dry_run_of"], done["can_undo"]) == ("done", 10, tried["id"], True)
    assert len(await author.questions_of(done["id"])) == 10
    again = await author.post(f"{tried['id']}/confirm")
    assert (again.status_code, again.json()["id"]) == (202, done["id"])
    undone = await author.post(f"{done['id']}/undo")
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert (await author.client.get(QUESTIONS)).json()["items"] == []
    twice = await author.post(f"{done['id']}/undo")
    assert (twice.status_code, twice.json()["code"]) == (409, "bank.transfer_state")


async def test_gift_comes_in_the_same_in_every_encoding(author: Author) -> None:
    expected: list[tuple[object, ...]] = []
    for name in GIFTS:
        done = await author.imported(name, tricky(name))
        assert (done["state"], done["found"], done["rejected"]) == ("done", 10, 0), (name, done)
        questions = await author.questions_of(done["id"])
        shown = [(one["title"], one["stem"], one["options"], one["topics"]) for one in questions]
        if expected:
            assert (done["skipped"], shown) == (10, []), name
            continue
        expected = shown
        assert [title for title, *_ in shown][:3] == ["Корень", "Дробь", "Множ"]
        assert shown[0][1] == r"<p>Чему равен \( \sqrt{144} \)?</p>"
        assert shown[0][3] == ["ЕГЭ", "Математика: профиль"]
        assert shown[4][1] == "Откройте https://example.org/?a=1#x и введите код"
        assert shown[5][1] == "Столица России — _____ с 1918 года."
        assert shown[-1][1] == "Текст\nс переносом"


async def test_moodle_xml_comes_in_the_same_in_every_encoding(author: Author) -> None:
    first = await author.imported("a.xml", tricky("tricky_moodle.xml"))
    assert (first["state"], first["found"], first["rejected"]) == ("done", 10, 1), first
    for name in XMLS:
        again = await author.imported(name, tricky(name))
        assert (again["found"], again["skipped"], again["rejected"]) == (10, 9, 1), (name, again)
    questions = await author.questions_of(first["id"])
    assert str(questions[0]["stem"]).startswith(
        r"<p>Что выведет <code>a]]&gt;</code>? \(x^2\) \[y\] &nbsp; &lt;b&gt;</p>"
    )
    photos = questions[0]["attachments"]["photos"]  # type: ignore[index]
    assert [photo["name"] for photo in photos] == ["рис_1.png", "1.png"]
    assert (await author.client.get(photos[0]["url"])).headers["content-type"] == "image/png"


async def test_the_report_names_each_rejection_and_each_loss(author: Author) -> None:
    tried = await author.try_out("base.xml", tricky("tricky_moodle.xml"))
    path = f"{IMPORTS}/{tried['id']}"
    (rejected,) = await author.listed(f"{path}/report", level="rejected")
    assert rejected["code"] == "unsupported_kind"
    assert "stack" in str(rejected["reason"])
    assert rejected["fix"]
    assert rejected["place"]
    losses = await author.listed(f"{path}/report", level="loss")
    assert {"truefalse_localised", "settings_lost"} <= {str(loss["code"]) for loss in losses}
    summed = await author.listed(f"{path}/losses")
    assert sum(int(str(kind["questions"])) for kind in summed) == len(losses)
    for params in ({"level": "nonsense"}, {"level": "a\x00b"}, {"cursor": "nonsense"}, {"limit": "101"}):
        answer = await author.client.get(f"{path}/report", params=params, headers=author.headers)
        assert answer.status_code == 422, params


@pytest.mark.parametrize(("name", "code"), REFUSED.items(), ids=REFUSED)
async def test_a_file_that_must_be_refused_leaves_nothing(
    author: Author, database: Database, settings: Settings, name: str, code: str
) -> None:
    tried = await author.try_out(name, tricky(name))
    assert (tried["state"], tried["error_code"], tried["imported"]) == ("failed", code, 0)
    assert tried["error"]
    confirmed = await author.post(f"{tried['id']}/confirm")
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "bank.transfer_state")
    done = await author.imported(name, tricky(name))
    assert (done["state"], done["error_code"], done["imported"], done["can_undo"]) == ("failed", code, 0, False)
    await nothing_is_kept(database, settings, transfers=2, files=2)
    checked = await author.client.post(VALIDATE, files={"file": (name, tricky(name))})
    assert (checked.status_code, checked.json()["code"]) == (422, code)
    await nothing_is_kept(database, settings, transfers=2, files=2)
    assert "/etc" not in str(done) + checked.text


async def test_validation_tells_what_a_file_holds_and_keeps_nothing(
    client: httpx.AsyncClient, database: Database, settings: Settings
) -> None:
    for name in GIFTS:
        report = (await client.post(VALIDATE, files={"file": (name, tricky(name))})).json()
        assert (report["found"], report["importable"], report["rejected"]) == (10, 10, 0), name
        assert report["kinds"] == GIFT_KINDS, name
    for name in XMLS:
        report = (await client.post(VALIDATE, files={"file": (name, tricky(name))})).json()
        assert (report["found"], report["importable"], report["rejected"]) == (10, 9, 1), name
        assert any(note["level"] == "rejected" and note["fix"] for note in report["notes"]), name
    await nothing_is_kept(database, settings)


async def test_an_import_is_its_owners_alone(author: Author, sign_in: SignIn, client: httpx.AsyncClient) -> None:
    tried = await author.try_out("base.gift", tricky("tricky_utf8.gift"))
    other = Author(client, await sign_in(number=2))
    for path in ("", "/report", "/losses"):
        answer = await client.get(f"{IMPORTS}/{tried['id']}{path}", headers=other.headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "bank.transfer_not_found"), path
    for path in ("confirm", "cancel", "undo"):
        answer = await other.post(f"{tried['id']}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "bank.transfer_not_found"), path
    operator = Author(client, await sign_in(Role.OPERATOR, number=3))
    assert (await client.get(f"{IMPORTS}/{tried['id']}", headers=operator.headers)).status_code == 200


async def test_a_finished_import_cannot_be_cancelled_nor_a_real_one_confirmed(author: Author) -> None:
    done = await author.imported("base.gift", tricky("tricky_utf8.gift"))
    for path in ("cancel", "confirm"):
        answer = await author.post(f"{done['id']}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "bank.transfer_state"), path


async def test_a_dry_run_of_what_is_there_already_finds_nothing_new(author: Author, database: Database) -> None:
    await author.imported("base.gift", tricky("tricky_utf8.gift"))
    tried = await author.try_out("base.gift", tricky("tricky_cp1251.gift"))
    assert (tried["found"], tried["imported"], tried["skipped"]) == (10, 0, 10)
    assert await count(database, tables.questions) == 10


async def test_a_shutdown_in_the_middle_gives_the_import_back(
    settings: Settings, database: Database, sign_in: SignIn
) -> None:
    app = an_app(settings)
    async with running(app), caller(app) as client:
        sent = await Author(client, await sign_in()).send("base.gift", tricky("tricky_utf8.gift"))
    app = an_app(settings)
    async with running(app), caller(app) as client:
        done = await Author(client, await sign_in()).finished(sent.json()["id"])
    assert (done["state"], done["imported"]) == ("done", 10)
    assert await count(database, tables.questions) == 10
