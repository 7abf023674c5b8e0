"""Subjects, topics, packs and exam profiles over REST."""

import httpx

from lyceum.accounts.api import Role
from lyceum.bank.adapters.seeds import SUBJECTS, known_profiles
from tests.bank.conftest import SignIn
from tests.bank.test_bank_http import CAPITAL, QUESTIONS, create

PACKS = "/api/bank/packs"
EXAMS = "/api/bank/exams"


async def test_subjects_carry_titles_in_two_languages_and_counts(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    await create(client, author)
    await create(client, author, exam="oge")
    await create(client, author, status="draft")
    russian = (await client.get("/api/bank/subjects", headers={"Accept-Language": "ru"})).json()
    english = (await client.get("/api/bank/subjects", headers={"Accept-Language": "en"})).json()
    assert [subject["id"] for subject in russian] == [id for id, _, _ in SUBJECTS]
    geography = next(subject for subject in russian if subject["id"] == "geography")
    assert geography == {"id": "geography", "title": "География", "questions": 2}
    assert "Geography" in {subject["title"] for subject in english}
    of_oge = (await client.get("/api/bank/subjects", params={"exam": "oge"})).json()
    assert {subject["id"]: subject["questions"] for subject in of_oge if subject["questions"]} == {"geography": 1}


async def test_topics_are_those_of_published_questions(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    await create(client, author, topics=["Европа", "азия"])
    await create(client, author, topics=["Африка", "Европа"], status="draft")
    made = await create(client, author, topics=["Океания"])
    topics = "/api/bank/subjects/geography/topics"
    assert (await client.get(topics)).json() == [
        {"title": "азия", "questions": 1},
        {"title": "Европа", "questions": 1},
        {"title": "Океания", "questions": 1},
    ]
    await client.delete(f"{QUESTIONS}/{made['id']}", headers=author)
    assert [topic["title"] for topic in (await client.get(topics)).json()] == ["азия", "Европа"]
    unknown = await client.get("/api/bank/subjects/alchemy/topics")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "bank.subject_not_found")


async def test_a_pack_of_listed_questions(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    ids = [(await create(client, author))["id"] for _ in range(3)]
    pack = {"title": "Европа", "access": "entitled", "selection": {"question_ids": ids}}
    made = await client.post(PACKS, json=pack, headers=author)
    assert made.status_code == 201, made.text
    path = f"{PACKS}/{made.json()['id']}"
    seen = await client.get(path)
    assert seen.headers["ETag"] == '"1"'
    assert seen.json()["selection"]["question_ids"] == ids
    assert (await client.get(PACKS)).json()["items"][0]["questions"] == 3
    changed = {**pack, "selection": {"subject": "geography", "task_numbers": [3], "topics": ["Европа"]}}
    assert (await client.put(path, json=changed, headers={**author, "If-Match": '"1"'})).json()["version"] == 2
    assert (await client.put(path, json=changed, headers={**author, "If-Match": '"1"'})).status_code == 412
    stranger = await sign_in(Role.AUTHOR, 2)
    assert (await client.put(path, json=pack, headers=stranger)).json()["code"] == "bank.not_the_pack_author"
    assert (await client.get(path)).json()["selection"]["question_ids"] == []


async def test_a_pack_that_holds_nothing_is_refused(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    draft = await create(client, author, status="draft")
    published = await create(client, author)
    for selection in (
        {},
        {"question_ids": [draft["id"]]},
        {"question_ids": [published["id"]], "subject": "geography"},
        {"subject": "alchemy"},
        {"task_numbers": [99]},
        {"topics": ["a\x00b"]},
        {"question_ids": ["nonsense"]},
        {"colour": "red"},
    ):
        response = await client.post(PACKS, json={"title": "Пакет", "selection": selection}, headers=author)
        assert response.status_code == 422, selection
    for title in ("", "x" * 201):
        body = {"title": title, "selection": {"subject": "geography"}}
        assert (await client.post(PACKS, json=body, headers=author)).status_code == 422
    learner = await sign_in(Role.LEARNER, 2)
    body = {"title": "Пакет", "selection": {"subject": "geography"}}
    assert (await client.post(PACKS, json=body, headers=learner)).status_code == 403
    assert (await client.get(PACKS)).json() == {"items": [], "next_cursor": None}
    assert (await client.get(f"{PACKS}/018f0000-0000-7000-8000-000000000000")).status_code == 404


async def test_packs_come_by_pages_newest_first(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    for number in range(5):
        body = {"title": f"Пакет {number}", "selection": {"subject": "geography"}}
        assert (await client.post(PACKS, json=body, headers=author)).status_code == 201
    titles: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(PACKS, params=params)).json()
        titles += [item["title"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(titles) == [f"Пакет {number}" for number in range(5)]
    assert (await client.get(PACKS, params={"cursor": "nonsense"})).status_code == 422


def test_seeded_profiles_do_not_contradict_themselves() -> None:
    profiles = known_profiles()
    assert [profile.subject for profile in profiles if profile.problems()] == []
    assert [(profile.subject, profile.year) for profile in profiles if profile.verified] == [("chemistry", 2026)]
    assert all(profile.source for profile in profiles)
    assert {profile.subject for profile in profiles} <= {id for id, _, _ in SUBJECTS}


async def test_exam_profiles_are_there_from_the_start(client: httpx.AsyncClient) -> None:
    chemistry = (await client.get(f"{EXAMS}/ege/chemistry/2026")).json()
    assert (chemistry["verified"], chemistry["max_primary"], len(chemistry["slots"])) == (True, 56, 34)
    listed = (await client.get(EXAMS, params={"exam": "ege", "subject": "chemistry"})).json()
    assert [profile["year"] for profile in listed] == [2026, 2025]
    russian = (await client.get(f"{EXAMS}/ege/russian/2025")).json()
    assert (russian["scale"]["50"], russian["verified"]) == (100, False)
    assert (await client.get(f"{EXAMS}/ege/alchemy/2026")).status_code == 404
    assert (await client.get(f"{EXAMS}/EGE'/chemistry/2026")).status_code in {404, 422}
    assert (await client.get(EXAMS, params={"year": "0"})).status_code == 422


async def test_operators_write_new_versions_of_a_profile(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    operator = await sign_in(Role.OPERATOR)
    path = f"{EXAMS}/ege/geography/2099"
    profile = {
        "max_primary": 3,
        "slots": [{"number": 1, "max_score": 1}, {"number": 2, "max_score": 2, "score_rule": {"name": "positions"}}],
        "scale": {"1": 20, "2": 60, "3": 100},
        "thresholds": [{"mark": "minimum", "minimum": 20, "unit": "test"}],
    }
    first = await client.put(path, json=profile, headers=operator)
    assert first.status_code == 200, first.text
    version = first.json()["version"]
    second = await client.put(
        path, json={**profile, "verified": True}, headers={**operator, "If-Match": f'"{version}"'}
    )
    assert second.json()["version"] == version + 1
    stale = await client.put(path, json=profile, headers={**operator, "If-Match": f'"{version}"'})
    assert stale.status_code == 412
    assert (await client.get(path)).json()["verified"]
    assert not (await client.get(path, params={"version": str(version)})).json()["verified"]
    assert (await client.put(path, json=profile, headers=await sign_in(Role.AUTHOR, 2))).status_code == 403
    for wrong in (
        {"max_primary": 4},
        {"scale": {"1": 60, "2": 20}},
        {"scale": {"9": 60}},
        {"slots": [{"number": 1, "max_score": 1}, {"number": 1, "max_score": 2}]},
        {"thresholds": [{"mark": "5", "minimum": 200, "unit": "test"}]},
        {"thresholds": [{"mark": "5", "minimum": 2, "from_tasks": [7], "from_tasks_minimum": 1}]},
        {"source": "a\x00b"},
        {"colour": "red"},
    ):
        assert (await client.put(path, json={**profile, **wrong}, headers=operator)).status_code == 422, wrong


async def test_a_subjects_own_fields_are_checked(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    headers = {**await sign_in(), "Accept-Language": "en"}
    refused = await client.post(QUESTIONS, json={**CAPITAL, "extra": {"map": "x"}}, headers=headers)
    assert refused.json()["errors"] == [
        {"loc": "extra/map", "code": "unknown", "msg": "The subject has no such field."}
    ]
