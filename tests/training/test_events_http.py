"""An event over REST, from the draft to the protocol, on a clock that the test moves."""

import asyncio
import io
from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest
from dishka import Provider, Scope, provide
from openpyxl import load_workbook
from sqlalchemy import func, select

from lyceum.accounts.api import Role
from lyceum.kernel.ids import UserId
from lyceum.platform.database import Database
from lyceum.platform.prepared import Changes
from lyceum.platform.settings import Settings
from lyceum.training.adapters.event_tables import participants
from lyceum.training.adapters.events import SealedPapers, SqlParticipants
from lyceum.training.adapters.sitting_tables import sittings
from lyceum.training.domain.events import Participant
from lyceum.training.domain.sittings import Sitting
from lyceum.training.event_ports import Entrance, Participants
from tests.training.callers import TRAININGS, Body, a_question, headers_of
from tests.training.halls import EVENTS, TASKS, Hall, hall_of


async def test_an_event_goes_from_draft_to_final_standings(hall: Hall) -> None:
    event = await hall.announced()
    assert event["state"] == "announced"
    assert len(str(event["seal"])) == 64
    joined = await hall.post(f"/{event['id']}/join", {"name": "Анна"}, await hall.learner(2))
    assert joined.json()["me"]["name"] == "Анна"
    again = await hall.post(f"/{event['id']}/join", {"name": "Другая"}, await hall.learner(2))
    assert again.json()["me"] == joined.json()["me"]
    early = await hall.post(f"/{event['id']}/start", None, await hall.learner(2))
    assert (early.status_code, early.json()["code"]) == (409, "training.event_not_open")
    hall.clock.to(event["opens_at"])
    sheets = {number: await hall.started(event, number) for number in (2, 3, 4)}
    assert await hall.started(event, 2) == sheets[2] | {"tasks": sheets[2]["tasks"]}
    for number, right in ((2, 4), (3, 2), (4, 2)):
        for task in range(TASKS):
            hall.clock.to(hall.clock.at, seconds=number)
            saved = await hall.save(sheets[number], number, task, "a" if task < right else "b", elapsed_ms=9000)
            assert saved.status_code == 200, saved.text
    hall.clock.to(hall.clock.at, seconds=5)
    live = (await hall.standings(event, await hall.learner(3))).json()
    assert [(it["place"], it["name"], it["score"]) for it in live["items"]] == [
        (1, "Анна", 4.0),
        (2, "Участник 3", 2.0),
        (3, "Участник 4", 2.0),
    ]
    assert (live["kind"], live["me"]["place"]) == ("live", 2)
    hall.clock.to(event["closes_at"], seconds=31)
    assert await hall.tend() == 1
    assert await hall.tend() == 0
    final = (await hall.standings(event)).json()
    assert (final["kind"], final["revision"], len(final["digest"])) == ("final", 1, 64)
    assert [it["score"] for it in final["items"]] == [4.0, 2.0, 2.0]
    over = await hall.post(f"/{event['id']}/start", None, await hall.learner(9))
    assert (over.status_code, over.json()["code"]) == (409, "training.event_over")
    late = await hall.save(sheets[2], 2, 0, "c")
    assert (late.status_code, late.json()["code"]) == (409, "training.late")


async def test_the_standings_stand_still_before_the_end_but_not_for_the_organiser(hall: Hall) -> None:
    event = await hall.announced(freeze_min=30)
    hall.clock.to(event["opens_at"], minutes=70)
    sheet = await hall.started(event, 2)
    await hall.save(sheet, 2, 0, "a")
    hall.clock.to(event["freezes_at"], seconds=1)
    await hall.tend()
    await hall.save(sheet, 2, 1, "a")
    hall.clock.to(hall.clock.at, seconds=5)
    public, own = (await hall.standings(event)).json(), (await hall.standings(event, await hall.organiser())).json()
    assert (public["kind"], public["items"][0]["score"]) == ("frozen", 1.0)
    assert (own["kind"], own["items"][0]["score"]) == ("live", 2.0)


async def test_hidden_standings_are_shown_when_it_is_over(hall: Hall) -> None:
    event = await hall.announced(standings="after")
    hall.clock.to(event["opens_at"])
    await hall.started(event, 2)
    hidden = await hall.standings(event, await hall.learner(2))
    assert (hidden.status_code, hidden.json()["code"]) == (409, "training.standings_hidden")
    hall.clock.to(event["closes_at"], seconds=31)
    await hall.tend()
    assert (await hall.standings(event)).json()["total"] == 1


async def test_nothing_changes_in_a_sealed_event(hall: Hall) -> None:
    event = await hall.announced()
    changed = await hall.room.client.put(
        f"{EVENTS}/{event['id']}", json=hall.plan(title="Другое"), headers=await hall.organiser()
    )
    assert (changed.status_code, changed.json()["code"]) == (409, "training.event_sealed")
    again = await hall.post(f"/{event['id']}/seal")
    assert (again.status_code, again.json()["code"]) == (409, "training.event_sealed")
    hall.clock.to(event["opens_at"])
    stopped = await hall.post(f"/{event['id']}/cancel")
    assert (stopped.status_code, stopped.json()["code"]) == (409, "training.event_already_begun")


async def test_a_draft_is_its_organisers_alone(hall: Hall) -> None:
    draft = (await hall.post("", hall.plan())).json()
    stranger = await headers_of(hall.room.container, 77, Role.AUTHOR)
    for who in ({}, await hall.learner(2), stranger):
        assert (await hall.room.client.get(f"{EVENTS}/{draft['id']}", headers=who)).status_code == 404
    sealing = await hall.post(f"/{draft['id']}/seal", None, stranger)
    assert (sealing.status_code, sealing.json()["code"]) == (403, "training.not_the_organiser")
    joining = await hall.post(f"/{draft['id']}/join", None, await hall.learner(2))
    assert (joining.status_code, joining.json()["code"]) == (409, "training.event_not_sealed")
    listed = (await hall.room.client.get(EVENTS)).json()["items"]
    mine = (await hall.room.client.get(f"{EVENTS}?mine=true", headers=await hall.organiser())).json()["items"]
    assert (listed, [it["id"] for it in mine]) == ([], [draft["id"]])
    cancelled = await hall.post(f"/{draft['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"


BAD: dict[str, tuple[Body, str]] = {
    "no title": ({"title": "  "}, "title"),
    "in the past": ({"opens_at": "2020-01-01T00:00:00Z"}, "opens_at"),
    "closes first": ({"closes_at": "2020-01-01T00:00:00Z"}, "closes_at"),
    "too long": ({"duration_min": 600}, "duration_min"),
    "all frozen": ({"freeze_min": 120}, "freeze_min"),
    "no paper": ({"questions": []}, "questions"),
    "two papers": ({"exam": "ege", "subject": "physics"}, "questions"),
}


@pytest.mark.parametrize("name", BAD)
async def test_an_event_that_cannot_be_held_is_refused_with_the_place(hall: Hall, name: str) -> None:
    changes, loc = BAD[name]
    made = await hall.post("", hall.plan(**changes))
    assert (made.status_code, made.json()["code"]) == (422, "training.bad_event")
    assert loc in [it["loc"] for it in made.json()["errors"]]
    assert (await hall.room.client.get(f"{EVENTS}?mine=true", headers=await hall.organiser())).json()["items"] == []


async def test_a_question_that_is_not_there_keeps_the_event_a_draft(hall: Hall) -> None:
    made = await hall.post("", hall.plan(questions=[*hall.questions, "0198f2c4-7d10-7a01-9c1e-5b0e6a2f1c11"]))
    sealed = await hall.post(f"/{made.json()['id']}/seal")
    assert (sealed.status_code, sealed.json()["errors"][0]["loc"]) == (422, f"questions/{TASKS}")
    assert (await hall.room.client.get(f"{EVENTS}/{made.json()['id']}", headers=await hall.organiser())).json()[
        "state"
    ] == "draft"


async def test_marking_again_by_the_same_keys_changes_nothing_and_by_a_corrected_one_moves_the_standings(
    hall: Hall,
) -> None:
    event = await hall.announced()
    hall.clock.to(event["opens_at"])
    for number, answer in ((2, "a"), (3, "b")):
        sheet = await hall.started(event, number)
        hall.clock.to(hall.clock.at, seconds=1)
        for task in range(TASKS):
            await hall.save(sheet, number, task, answer)
    hall.clock.to(event["closes_at"], seconds=31)
    await hall.tend()
    same = (await hall.post(f"/{event['id']}/rescore", {})).json()
    assert (same["attempts"], same["changed"], same["revision"]) == (2 * TASKS, 0, 1)
    assert same["digest"] == same["digest_before"]
    author = await headers_of(hall.room.container, 999, Role.AUTHOR)
    for id in hall.questions:
        number = (await hall.room.client.get(f"/api/bank/questions/{id}", headers=author)).json()["stem"].split()[1]
        edited = a_question(int(number.rstrip("?")), answer="b")
        put = await hall.room.client.put(f"/api/bank/questions/{id}", json=edited, headers=author)
        assert put.status_code == 200, put.text
    await hall.room.relay.drain()
    assert (await hall.post(f"/{event['id']}/rescore", {})).json()["changed"] == 0
    corrected = (await hall.post(f"/{event['id']}/rescore", {"corrected": True})).json()
    assert (corrected["changed"], corrected["revision"]) == (2 * TASKS, 2)
    again = (await hall.post(f"/{event['id']}/rescore", {"corrected": True})).json()
    assert (again["changed"], again["digest"], again["revision"]) == (0, corrected["digest"], 2)
    final = (await hall.standings(event)).json()
    assert [(it["name"], it["score"]) for it in final["items"]] == [("Участник 3", 4.0), ("Участник 2", 0.0)]
    log = (await hall.room.client.get(f"{EVENTS}/{event['id']}/log", headers=await hall.organiser())).json()["items"]
    assert [it["action"] for it in log] == ["rescored"] * 4 + ["ended", "sealed", "created"]


async def test_the_protocol_has_everybody_and_runs_no_formula(hall: Hall) -> None:
    event = await hall.announced(title="=1+1")
    hall.clock.to(event["opens_at"])
    answer = await hall.post(f"/{event['id']}/start", {"name": "=cmd|calc"}, await hall.learner(2))
    await hall.save(answer.json(), 2, 0, "a")
    too_soon = await hall.room.client.get(f"{EVENTS}/{event['id']}/protocol.xlsx", headers=await hall.organiser())
    assert (too_soon.status_code, too_soon.json()["code"]) == (409, "training.event_goes_on")
    hall.clock.to(event["closes_at"], seconds=31)
    await hall.tend()
    made = await hall.room.client.get(f"{EVENTS}/{event['id']}/protocol.xlsx", headers=await hall.organiser())
    assert made.status_code == 200
    rows = list(load_workbook(io.BytesIO(made.content)).worksheets[0].iter_rows())
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert [cell.value for cell in rows[-1]][:5] == [1, "=cmd|calc", rows[-1][2].value, 1, 1]
    refused = await hall.room.client.get(f"{EVENTS}/{event['id']}/protocol.xlsx", headers=await hall.learner(2))
    assert refused.status_code == 403


async def test_odd_answers_are_flagged_for_the_organiser(hall: Hall) -> None:
    event = await hall.announced(variants=1)
    hall.clock.to(event["opens_at"])
    for number in (2, 3):
        sheet = await hall.started(event, number)
        for task in range(TASKS):
            await hall.save(sheet, number, task, "c", elapsed_ms=20_000)
    sheet = await hall.started(event, 4)
    hall.clock.to(hall.clock.at, minutes=1)
    for task in range(TASKS):
        await hall.save(sheet, 4, task, "a", elapsed_ms=900)
    hall.clock.to(event["closes_at"], seconds=31)
    await hall.tend()
    flags = (await hall.room.client.get(f"{EVENTS}/{event['id']}/flags", headers=await hall.organiser())).json()
    assert {(it["kind"], it["name"], it["other"], it["count"]) for it in flags} == {
        ("alike", "Участник 2", "Участник 3", 4),
        ("fast", "Участник 4", None, 4),
    }


async def test_starting_many_times_at_once_starts_once(hall: Hall, database: Database) -> None:
    callers = 12
    event = await hall.announced()
    hall.clock.to(event["opens_at"])
    organiser = await hall.organiser()
    answers = await asyncio.gather(*(hall.post(f"/{event['id']}/start", None, organiser) for _ in range(callers)))
    assert Counter(it.status_code for it in answers) == {200: callers}
    assert len({it.json()["id"] for it in answers}) == 1
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(sittings)) == 1
        assert await connection.scalar(select(func.count()).select_from(participants)) == 1


class CarelessParticipants(SqlParticipants):
    """Does not see the sitting that a place has, nor cares when it starts."""

    async def entrance(self, event: UUID, learner: UserId) -> Entrance:
        found = await super().entrance(event, learner)
        place = replace(found.participant, training_id=None) if found.participant else None
        return replace(found, participant=place, active=None)

    def changes(self, participant: Participant, sitting: Sitting) -> Changes:
        return Changes(super().changes(participant, sitting).changes[1:])


class Unguarded(Provider):
    @provide(scope=Scope.APP, override=True)
    def participants(self, database: Database, known: SealedPapers) -> Participants:
        return CarelessParticipants(database, known)


@pytest.mark.parametrize("guarded", [True, False])
async def test_nobody_sits_an_event_twice(settings: Settings, database: Database, *, guarded: bool) -> None:
    """Negative control: without the condition on the place a second sitting begins once the first is finished."""
    async for hall in hall_of(settings, *(() if guarded else (Unguarded(),))):
        event = await hall.announced()
        hall.clock.to(event["opens_at"])
        for _ in range(2):
            sheet = await hall.started(event, 2)
            path = f"{TRAININGS}/{sheet['id']}/finish"
            await hall.room.client.post(path, headers=await hall.learner(2))
        async with database.read() as connection:
            begun = await connection.scalar(select(func.count()).select_from(sittings))
        assert begun == (1 if guarded else 2)


async def test_nothing_is_judged_before_the_event_closes_for_all(hall: Hall) -> None:
    event = await hall.announced()
    hall.clock.to(event["opens_at"])
    sheet = await hall.started(event, 2)
    await hall.save(sheet, 2, 0, "a")
    client, path = hall.room.client, f"{TRAININGS}/{sheet['id']}"
    ended = await client.post(f"{path}/finish", headers=await hall.learner(2))
    assert (ended.status_code, ended.json()["state"]) == (200, "closed")
    assert "right_answer" not in ended.text
    held = await client.get(f"{path}/result", headers=await hall.learner(2))
    assert (held.status_code, held.json()["code"]) == (409, "training.result_held")
    await hall.tend()
    assert (await client.get("/api/training/me/history", headers=await hall.learner(2))).json()["items"] == []
    question = sheet["tasks"][0]["question"]["id"]  # type: ignore[index]
    shown = await client.get(f"/api/bank/questions/{question}", headers=await hall.learner(2))
    assert shown.json().get("answer") is None
    hall.clock.to(hall.clock.at, seconds=5)
    assert (await hall.standings(event)).json()["items"][0]["score"] == 1.0
    hall.clock.to(event["closes_at"], seconds=31)
    await hall.tend()
    result = await client.get(f"{path}/result", headers=await hall.learner(2))
    assert (result.status_code, result.json()["primary"]["low"]) == (200, 1.0)
