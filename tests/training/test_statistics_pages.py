"""The author's item analysis and the words for learners, as pages."""

import io
import re

import openpyxl
import pytest
from dishka import AsyncContainer

from lyceum.accounts.api import Role
from lyceum.platform.spreadsheets import workbook
from tests.training.callers import Classroom, Headers, headers_of
from tests.training.test_statistics_http import answered

HOME = "/author/statistics"


@pytest.fixture
async def author(container: AsyncContainer) -> Headers:
    return await headers_of(container, 999, Role.AUTHOR) | {"Accept": "text/html"}


async def test_the_list_names_every_question_and_what_to_look_at(room: Classroom, author: Headers) -> None:
    ids = await answered(room, 32)
    for sort in ("", "discrimination", "-facility", "efficiency", "zzz"):
        page = await room.get(HOME, author, sort=sort)
        assert page.status_code == 200, page.text
        if sort in {"", "-facility", "zzz"}:
            assert all(f"{HOME}/{id}" in page.text for id in ids)
    assert "вариант, который не выбирают" in page.text
    assert "Выбранный список" in page.text
    assert (await room.get(HOME, author, cursor="x")).status_code == 422
    other = await headers_of(room.container, 998, Role.AUTHOR)
    assert "Статистика начнётся" in (await room.get(HOME, other)).text


async def test_one_question_shows_its_options_by_strength_to_its_author_alone(room: Classroom, author: Headers) -> None:
    ids = await answered(room, 32)
    page = await room.get(f"{HOME}/{ids[0]}", author)
    assert page.status_code == 200, page.text
    assert all(name in page.text for name in ("c-icc", "c-options", "Ответ a на", "Ответ d на"))
    other = await headers_of(room.container, 998, Role.AUTHOR)
    assert (await room.get(f"{HOME}/{ids[0]}", other)).status_code == 404


async def test_the_workbook_holds_the_list_and_runs_nothing(room: Classroom, author: Headers) -> None:
    await answered(room, 8)
    table = await room.get(f"{HOME}/table.xlsx", author)
    assert table.status_code == 200
    rows = list(openpyxl.load_workbook(io.BytesIO(table.content)).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert rows[0][2:4] == ("Ответы", "Решаемость")
    assert len(rows) == 5
    assert {row[2] for row in rows[1:]} == {8}
    risky = workbook("x", ["=1+1"], [["=cmd|' /C calc'!A0", "+7", "@x", "-3", "\x07ok", -3.5, None]])
    (head, cells) = openpyxl.load_workbook(io.BytesIO(risky)).active.iter_rows()  # type: ignore[union-attr]
    assert head[0].data_type == "s"
    assert [cell.data_type for cell in cells[:5]] == ["s"] * 5
    assert [cell.value for cell in cells[3:6]] == ["'-3", "ok", -3.5]


async def test_learners_are_told_in_words(room: Classroom) -> None:
    ids = await answered(room)
    texts = [(await room.get(f"/statistics/words/{id}")).text for id in ids]
    assert all(re.search("Этот вопрос реша", text) for text in texts)
    assert not any("Многие выбирают" in text for text in texts)
    knows = await headers_of(room.container, 10)
    told = [(await room.get(f"/statistics/words/{id}", knows)).text for id in ids]
    assert any("Многие выбирают «Ответ b на" in text for text in told)
