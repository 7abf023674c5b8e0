"""Answers that are none, for every kind; and an answer that comes from two places at once."""

import asyncio
import re
from uuid import UUID

import httpx
import pytest
from dishka import AsyncContainer
from litestar import Litestar

from lyceum.accounts.adapters.access_tokens import AccessTokens
from lyceum.accounts.api import Actor, Role
from lyceum.kernel.ids import UserId
from tests.training.callers import ME, TRAININGS, Body, Classroom, a_question

PAIRS = [{"id": "1", "text": "Россия"}, {"id": "2", "text": "Франция"}]
CITIES = [{"id": "a", "text": "Москва"}, {"id": "b", "text": "Париж"}]
KINDS: dict[str, Body] = {
    "single_choice": {},
    "multiple_choice": {"answer": ["a", "c"]},
    "true_false": {"options": [], "answer": True},
    "short_text": {"options": [], "answer": "Москва"},
    "numeric": {"options": [], "answer": 9.81},
    "matching": {"items": PAIRS, "options": CITIES, "answer": {"1": "a", "2": "b"}},
    "ordering": {"options": [], "items": CITIES, "answer": ["a", "b"]},
    "cloze": {
        "stem": "Столица — [[1]]",
        "options": [],
        "answer": {"1": "Москва"},
        "gaps": [{"id": "1", "kind": "short_text", "accepted": [{"text": "Москва"}], "rule": {"name": "words"}}],
    },
}
TEXT, NUMBER, LIST, MAP, TRUTH = "zzz", 3, ["zzz"], {"zzz": "zzz"}, True
LONG = "я" * 25_000
WRONG: dict[str, list[object]] = {
    "single_choice": [TEXT, NUMBER, LIST, MAP, TRUTH, "", LONG],
    "multiple_choice": [TEXT, NUMBER, LIST, MAP, TRUTH, ["a", "a"], ["a"] * 5000],
    "true_false": [TEXT, NUMBER, LIST, MAP, "true"],
    "short_text": [NUMBER, LIST, MAP, TRUTH, LONG],
    "numeric": [LIST, MAP, TRUTH, LONG],
    "matching": [TEXT, NUMBER, LIST, MAP, TRUTH, {"1": "zzz"}],
    "ordering": [TEXT, NUMBER, LIST, MAP, TRUTH, ["a"], ["a", "a"], ["a", "b", "a"]],
    "cloze": [TEXT, NUMBER, LIST, MAP, TRUTH, {"1": {"a": "b"}}, {"1": LONG}],
}


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_of_the_wrong_shape_is_refused_with_its_place(room: Classroom, kind: str) -> None:
    await room.fill([a_question(1, kind=kind, **KINDS[kind])])
    begun = await room.started()
    attempt = begun["current"]["attempt_id"]  # type: ignore[index]
    for given in WRONG[kind]:
        answer = await room.answer(begun["id"], attempt, given)
        assert answer.status_code == 422, (str(given)[:80], answer.text)
        assert answer.json()["code"] in {"bank.answer_shape", "lyceum.malformed"}, str(given)[:80]
        assert all(error["loc"].startswith("answer") for error in answer.json()["errors"]), answer.text
        assert answer.json()["errors"], str(given)[:80]
    assert (await room.get(f"{TRAININGS}/{begun['id']}")).json() == begun


async def test_what_only_a_database_minds_is_an_answer_like_any_other(room: Classroom) -> None:
    await room.fill([a_question(1, kind="short_text", **KINDS["short_text"])])
    begun = await room.started()
    attempt = begun["current"]["attempt_id"]  # type: ignore[index]
    odd = "a\x00b\u202e'); DROP TABLE training_attempts;--"
    answer = await room.answer(begun["id"], attempt, odd)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "wrong"), answer.text
    assert (await room.get(f"{ME}/history")).json()["items"]


async def test_an_answer_from_the_page_and_another_over_rest_at_once_count_once(
    app: Litestar, room: Classroom, container: AsyncContainer
) -> None:
    await room.fill([a_question(number) for number in range(3)])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://lyceum.test") as browser:
        token = _field((await browser.get("/train")).text, "csrf_token")
        begun = await browser.post("/train", data={"csrf_token": token, "length": "2"})
        training = begun.headers["location"]
        page = (await browser.get(training)).text
        me = (await browser.get("/api/me")).json()
        tokens = await container.get(AccessTokens)
        guest = Actor(UserId(UUID(me["id"])), frozenset({Role.LEARNER}), is_guest=True, session_id=UUID(int=5))
        rest = {"Authorization": f"Bearer {tokens.issue(guest)}"}
        attempt, csrf = _field(page, "attempt_id"), _field(page, "csrf_token")
        form = {"csrf_token": csrf, "attempt_id": attempt, "answer": "a"}
        sent = [browser.post(f"{training}/answer", data=form) for _ in range(4)]
        id = training.rpartition("/")[2]
        told = [room.answer(id, attempt, "b", rest) for _ in range(4)]
        pages, answers = await asyncio.gather(asyncio.gather(*sent), asyncio.gather(*told))
        statuses = {answer.status_code for answer in answers}
        verdicts = {re.search(r'data-verdict="(\w+)"', page.text)[1] for page in pages}  # type: ignore[index]
        assert {page.status_code for page in pages} <= {200, 409}
        assert (statuses, verdicts) in [({200}, {"wrong"}), ({409}, {"correct"})]
        assert (await browser.get(f"{ME}/progress")).json()["total"]["answered"] == 1


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"no field {name}"
    return found[1]
