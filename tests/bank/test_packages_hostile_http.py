"""Packages that would do harm, or are broken: a clear refusal over HTTP and on the page, and nothing is kept."""

import httpx
import pytest

from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.bank.conftest import SignIn
from tests.bank.formats.qti.samples import package
from tests.bank.hostile_packages import HOSTILE, ITEM, listing
from tests.bank.importing import IMPORTS, VALIDATE, Author, nothing_is_kept


@pytest.fixture
async def author(client: httpx.AsyncClient, sign_in: SignIn) -> Author:
    return Author(client, await sign_in())


async def test_a_hostile_package_is_refused_and_nothing_is_kept(
    author: Author, database: Database, settings: Settings
) -> None:
    for number, (case, (name, body, code)) in enumerate(HOSTILE.items(), 1):
        done = await author.imported(name, body)
        assert (done["state"], done["error_code"], done["found"]) == ("failed", code, 0), (case, done)
        checked = await author.client.post(VALIDATE, files={"file": (name, body)})
        assert (checked.status_code, checked.json()["code"]) == (422, code), (case, checked.text)
        assert "passwd" not in checked.text.replace("/etc/passwd", ""), case
        await nothing_is_kept(database, settings, transfers=number, files=number)
    headers = {**author.headers, "Accept": "text/html", "Accept-Language": "ru"}
    page = await author.client.get(f"/author/imports/{done['id']}", headers=headers)
    assert page.status_code == 200
    assert "Ничего не записано" in page.text.replace("\u00a0", " ")


async def test_items_that_are_absent_are_named_and_the_others_come_in(author: Author) -> None:
    manifest = listing("i/gone.xml", "i/a.xml", "../../etc/passwd")
    done = await author.imported(
        "base.zip", package({"i/a.xml": ITEM}, manifest=manifest), options='{"subject": "geography"}'
    )
    assert (done["state"], done["imported"], done["rejected"]) == ("done", 1, 2), done
    report = await author.listed(f"{IMPORTS}/{done['id']}/report", level="rejected")
    assert [note["code"] for note in report] == ["item_missing", "item_missing"]
    assert all(note["fix"] for note in report)
