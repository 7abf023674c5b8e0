"""Pages of events: what a visitor, a participant and an organiser see and may send."""

import re

import pytest

from lyceum.accounts.api import Role
from tests.training.callers import headers_of
from tests.training.halls import Hall

HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Accept-Language": "ru"}


async def page(hall: Hall, path: str, number: int | None = None, role: Role = Role.LEARNER) -> str:
    who = await headers_of(hall.room.container, number, role) if number else {}
    answer = await hall.room.client.get(path, headers=HTML | who)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
    return answer.text


async def test_a_participant_joins_starts_and_sees_their_place(hall: Hall) -> None:
    event = await hall.announced()
    path = f"/events/{event['id']}"
    assert str(event["title"]) in await page(hall, "/events")
    assert f'action="{path}/join"' in await page(hall, path, 2)
    assert "/login?next=" in await page(hall, path)
    who = HTML | await hall.learner(2)
    joined = await hall.room.client.post(f"{path}/join", files={"name": (None, "Анна <b>")}, headers=who)
    assert (joined.status_code, joined.headers["location"]) == (303, path)
    early = await hall.room.client.post(f"{path}/start", files={"name": (None, "")}, headers=who)
    assert early.status_code == 409
    assert "откроется" in early.text
    hall.clock.to(event["opens_at"])
    who = HTML | await hall.learner(2)
    started = await hall.room.client.post(f"{path}/start", files={"name": (None, "")}, headers=who)
    assert started.status_code == 303
    assert re.fullmatch(r"/exams/[0-9a-f-]{36}", started.headers["location"])
    shown = await page(hall, path, 2)
    assert "Анна &lt;b&gt;" in shown
    assert 'class="is-me"' in shown
    part = await hall.room.client.get(f"{path}/standings", headers=HTML | {"HX-Request": "true"})
    assert part.text.lstrip().startswith("<section")


async def handed_in(hall: Hall) -> tuple[str, str]:
    """The pages of an event that goes on, and of the paper of participant 2, who has finished."""
    event = await hall.announced()
    hall.clock.to(event["opens_at"])
    sheet = await hall.started(event, 2)
    await hall.save(sheet, 2, 0, "a")
    sent = await hall.room.client.post(
        f"/exams/{sheet['id']}/finish", files={"x": (None, "")}, headers=HTML | await hall.learner(2)
    )
    assert (sent.status_code, sent.headers["location"]) == (303, f"/events/{event['id']}")
    return f"/events/{event['id']}", f"/exams/{sheet['id']}"


async def test_a_result_that_is_held_says_when_it_comes_and_leads_back(hall: Hall) -> None:
    event, paper = await handed_in(hall)
    assert f'href="{paper}/result"' in await page(hall, event, 2)
    asked = await hall.room.client.get(paper, headers=HTML | await hall.learner(2))
    assert asked.headers["location"] == f"{paper}/result"
    held = (await page(hall, f"{paper}/result", 2)).replace("\u00a0", " ")
    assert "Работа сдана" in held
    assert "на 1 из 4" in held
    assert "<time datetime=" in held
    assert f'href="{event}"' in held
    assert re.search(r'data-countdown="\d{4}"', held)
    assert "Верно" not in held
    hall.clock.to(hall.clock.at, hours=2, minutes=1)
    await hall.tend()
    opened = await page(hall, f"{paper}/result", 2)
    assert "Результат" in opened
    assert f'href="{event}"' in opened


async def test_an_event_that_is_over_or_cancelled_leads_on(hall: Hall) -> None:
    called_off = await hall.announced(title="Отменённое")
    assert (await hall.post(f"/{called_off['id']}/cancel")).status_code == 200
    shown = (await page(hall, f"/events/{called_off['id']}", 3)).replace("\u00a0", " ")
    assert "отменил это событие" in shown
    assert "Её нет: событие отменено" in shown
    event = await hall.announced()
    hall.clock.to(event["closes_at"], minutes=1)
    await hall.tend()
    for number in (3, None):
        over = (await page(hall, f"/events/{event['id']}", number)).replace("\u00a0", " ")
        assert "Оно закончилось" in over
        assert "Никто не участвовал" in over
        assert 'href="/events">Другие события' in over


FIELDS = {
    "title": "Турнир",
    "opens_at": "2126-02-01T10:00",
    "closes_at": "2126-02-01T12:00",
    "duration_min": "60",
    "variants": "2",
    "freeze_min": "0",
    "standings": "live",
}


async def test_an_organiser_prepares_and_seals_an_event_by_forms(hall: Hall) -> None:
    found = (await hall.room.client.get("/api/bank/questions?limit=10")).json()["items"]
    codes = "\n".join(item["find_code"] for item in found)
    who = HTML | await hall.organiser()
    sent = {name: (None, value) for name, value in (FIELDS | {"questions": codes}).items()}
    made = await hall.room.client.post("/author/events/new", files=sent, headers=who)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    shown = await hall.room.client.get(path, headers=who)
    assert 'value="2126-02-01T10:00"' in shown.text
    assert found[0]["find_code"] in shown.text
    sealed = await hall.room.client.post(f"{path}/seal", files={"x": (None, "")}, headers=who)
    assert sealed.status_code == 303, sealed.text
    assert "запечатано" in (await hall.room.client.get(path, headers=who)).text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", ""), ("opens_at", "завтра"), ("closes_at", "2126-02-01T09:00"), ("duration_min", "-1"),
        ("duration_min", "9" * 30), ("variants", "1000"), ("questions", "NOTACODE"), ("standings", "maybe"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_shown_at_its_field_with_what_was_entered(
    hall: Hall,
    name: str,
    value: str,
) -> None:
    who = HTML | await hall.organiser()
    sent = {field: (None, text) for field, text in (FIELDS | {"questions": "", name: value}).items()}
    answer = await hall.room.client.post("/author/events/new", files=sent, headers=who)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="2126-02-01T' in answer.text or name in {"opens_at", "closes_at"}
    assert (await hall.room.client.get("/api/training/events?mine=true", headers=await hall.organiser())).json()[
        "items"
    ] == []
