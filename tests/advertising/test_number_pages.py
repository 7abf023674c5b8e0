"""Numbers on pages: charts, tables and files of what was counted, over the days asked for."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import openpyxl
import pytest

from lyceum.accounts.api import Role
from lyceum.advertising.adapters.number_pages import MOST, Span, span_of
from lyceum.advertising.adapters.sponsor_forms import DayWords
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.accounts.callers import MASHA, a_user, sign_in_page
from tests.accounts.conftest import CHEAP_PASSWORDS
from tests.advertising.platform import Platform
from tests.apps import an_app, running

USUAL = Span(3, 9)


@pytest.fixture
async def ads(settings: Settings, database: Database) -> AsyncIterator[Platform]:
    """The open door for the API; pages want somebody who signed in."""
    changed = replace(settings, open_api="1", advertising_clock_may_rewind=True)
    app = an_app(changed, make_container(changed, CHEAP_PASSWORDS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        client.headers["Accept-Language"] = "ru"
        await a_user(app.state.dishka_container, MASHA, Role.OPERATOR)
        yield Platform(client)


async def busy(ads: Platform) -> tuple[str, str]:
    """Three impressions and a click on day 2, one of each on day 5, at prices that no binary number holds."""
    advertiser = await ads.advertiser()
    campaign = await ads.campaign(advertiser, cost_per_impression=0.1, cost_per_click=0.7)
    clients = [await ads.client() for _ in range(4)]
    await ads.day(2)
    for client in clients[:3]:
        assert (await ads.ad(client)).status_code == 200
    await ads.click(campaign, clients[0])
    await ads.day(5)
    await ads.ad(clients[3])
    await ads.click(campaign, clients[3])
    await ads.day(6)
    await sign_in_page(ads.http)
    return advertiser, campaign


async def test_charts_and_the_table_tell_the_days_and_their_gaps(ads: Platform) -> None:
    advertiser, campaign = await busy(ads)
    for path in (f"/sponsor/{advertiser}/numbers", f"/sponsor/{advertiser}/{campaign}/numbers"):
        page = (await ads.http.get(path)).text
        specs = re.findall(r'data-chart-for="(c-\w+)">(.*?)</script>', page)
        charts = {name: json.loads(spec) for name, spec in specs}
        assert charts["c-shown"]["series"][0]["data"] == [0, 0, 3, 0, 0, 1, 0]
        assert charts["c-clicks"]["series"][0]["data"] == [0, 0, 1, 0, 0, 1, 0]
        assert charts["c-spent"]["series"][0]["data"] == pytest.approx([0, 0, 1, 0, 0, 0.8, 0])
        assert charts["c-conv"]["series"][0]["data"] == [None, None, 33.33, None, None, 100, None]
        rows = re.findall(r'<tr><th scope="row" class="num">(\d+)</th>(.*?)</tr>', page)
        assert [day for day, _ in rows] == ["5", "2"]
        assert re.findall(r">([^<]+)<", rows[1][1].replace("\u00a0", " ")) == ["3", "1", "33,3 %", "1,00"]
        part = (await ads.http.get(f"{path}?from=3&to=6")).text
        assert re.findall(r'<tr><th scope="row" class="num">(\d+)</th>', part) == ["5"]
        assert "table.csv?from=3&amp;to=6" in part


async def test_files_hold_the_same_with_all_digits(ads: Platform) -> None:
    advertiser, campaign = await busy(ads)
    for path in (f"/sponsor/{advertiser}/numbers", f"/sponsor/{advertiser}/{campaign}/numbers"):
        text = await ads.http.get(f"{path}/table.csv")
        assert text.headers["content-type"].startswith("text/csv")
        rows = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
        assert rows[0][:3] == ["День", "Показы", "Клики"]
        assert rows[1:] == [
            ["2", "3", "1", "33.3333", "0.3", "0.7", "1.0"],
            ["5", "1", "1", "100.0", "0.1", "0.7", "0.8"],
        ]
        book = await ads.http.get(f"{path}/table.xlsx?from=4")
        sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
        assert sheet is not None
        assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [[5, 1, 1, 100, 0.1, 0.7, 0.8]]


async def test_without_numbers_the_page_says_so(ads: Platform) -> None:
    advertiser = await ads.advertiser()
    await sign_in_page(ads.http)
    page = (await ads.http.get(f"/sponsor/{advertiser}/numbers")).text
    assert "показов не было" in page.replace("\u00a0", " ")
    assert "data-chart" not in page.partition("<main")[2]
    text = await ads.http.get(f"/sponsor/{advertiser}/numbers/table.csv")
    assert len(text.text.splitlines()) == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, USUAL),
        ({"from": "5"}, Span(5, 9)),
        ({"from": "5", "to": "7"}, Span(5, 7)),
        ({"from": " 5 ", "to": ""}, Span(5, 9)),
        ({"from": "x"}, Span(3, 9, is_odd=True)),
        ({"to": "-4"}, Span(3, 9, is_odd=True)),
        ({"from": "8", "to": "7"}, Span(3, 9, is_odd=True)),
        ({"from": "0", "to": "99999"}, Span(99999 - MOST + 1, 99999)),
        ({"from": "2024-01-01"}, Span(3, 9, is_odd=True)),
        ({"to": "9" * 40}, Span(3, 9, is_odd=True)),
    ],
)
def test_days_are_read_from_the_address_whatever_stands_there(query: dict[str, str], expected: Span) -> None:
    assert span_of(query, DayWords(has_dates=False), USUAL) == expected


def test_dates_are_days_where_the_clock_follows_the_calendar() -> None:
    days = DayWords(has_dates=True)
    assert span_of({"from": "1970-01-02", "to": "1970-01-05"}, days, USUAL) == Span(1, 4)
    assert span_of({"from": "1969-12-31"}, days, USUAL) == Span(3, 9, is_odd=True)
    assert days.written(0) == "1970-01-01"
    assert days.read(days.written(20_000)) == 20_000
    assert days.written(10**9) == str(10**9)
