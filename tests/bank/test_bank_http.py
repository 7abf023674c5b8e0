"""Questions over REST, through the whole application."""

import asyncio
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from dishka import AsyncContainer
from PIL import Image
from sqlalchemy import func, select

from lyceum.accounts.api import Role
from lyceum.bank.adapters import tables
from lyceum.bank.api import QuestionAnswered, QuestionsChanged
from lyceum.kernel.ids import QuestionId
from lyceum.kernel.ports import Outbox, Transaction
from lyceum.platform.database import Database
from lyceum.platform.outbox import Relay, outbox
from lyceum.platform.settings import Settings
from tests.bank.conftest import SignIn
from tests.bank.questions import NOW

QUESTIONS = "/api/bank/questions"
CAPITAL: dict[str, object] = {
    "kind": "single_choice",
    "stem": "Столица <b>Франции</b>?",
    "subject": "geography",
    "topics": ["Европа"],
    "exam": "ege",
    "exam_task_number": 3,
    "options": [{"id": "a", "text": "Париж"}, {"id": "b", "text": "Лион"}, {"id": "c", "text": "Ницца"}],
    "answer": "a",
    "explanation": "Париж стоит на Сене.",
    "status": "published",
}


def picture() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(body, "PNG")
    return body.getvalue()


async def create(client: httpx.AsyncClient, headers: dict[str, str], **changes: object) -> dict[str, object]:
    response = await client.post(QUESTIONS, json={**CAPITAL, **changes}, headers=headers)
    assert response.status_code == 201, response.text
    body: dict[str, object] = response.json()
    return body


async def rows(database: Database) -> int:
    async with database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(tables.questions)) or 0


def stored(settings: Settings) -> list[Path]:
    """Objects in the store; the signing keys of the data folder are none."""
    return [path for path in settings.data_dir.rglob("*") if path.is_file() and "bank" in path.parts]


async def test_an_author_writes_a_question_and_everybody_reads_it(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    made = await create(client, author)
    response = await client.get(f"{QUESTIONS}/{made['id']}")
    assert response.status_code == 200
    assert response.headers["ETag"] == '"1"'
    seen = response.json()
    assert seen["stem_html"] == "Столица <b>Франции</b>?"
    assert {option["text"] for option in seen["options"]} == {"Париж", "Лион", "Ницца"}
    assert seen["stats"] == {
        "answered": 0,
        "correct": 0,
        "facility": None,
        "rating": 1500.0,
        "rating_error": 350.0,
        "discrimination": None,
    }
    assert seen["version"] == 1
    assert len(seen["find_code"]) == 8


async def test_the_answer_is_shown_to_the_author_only(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    made = await create(client, await sign_in())
    path = f"{QUESTIONS}/{made['id']}"
    for headers in ({}, await sign_in(Role.LEARNER, 2), await sign_in(Role.AUTHOR, 3)):
        seen = (await client.get(path, headers=headers)).json()
        assert (seen["answer"], seen["explanation"], seen["explanation_html"], seen["content"]) == (None,) * 4
        assert '"key"' not in json.dumps(seen)
        assert "Сене" not in json.dumps(seen, ensure_ascii=False)
    for headers in (await sign_in(), await sign_in(Role.OPERATOR, 4)):
        seen = (await client.get(path, headers=headers)).json()
        assert seen["answer"] == "a"
        assert seen["explanation"] == "Париж стоит на Сене."
        assert seen["content"]["key"] == ["a"]


async def test_a_learner_may_not_write(client: httpx.AsyncClient, sign_in: SignIn, database: Database) -> None:
    assert (await client.post(QUESTIONS, json=CAPITAL)).status_code == 401
    response = await client.post(QUESTIONS, json=CAPITAL, headers=await sign_in(Role.LEARNER))
    assert (response.status_code, response.json()["code"]) == (403, "accounts.role_missing")
    assert await rows(database) == 0


async def test_a_draft_is_seen_by_its_author_and_operators_alone(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    draft = await create(client, author, status="draft")
    path = f"{QUESTIONS}/{draft['id']}"
    for headers in ({}, await sign_in(Role.LEARNER, 2), await sign_in(Role.AUTHOR, 3)):
        assert (await client.get(path, headers=headers)).status_code == 404
        assert (await client.get(QUESTIONS, headers=headers)).json()["items"] == []
        code = await client.get(QUESTIONS, params={"find_code": str(draft["find_code"])}, headers=headers)
        assert code.status_code == 404
    stranger = await sign_in(Role.AUTHOR, 3)
    assert (await client.put(path, json=CAPITAL, headers=stranger)).status_code == 404
    assert (await client.delete(path, headers=stranger)).status_code == 404
    assert (await client.get(QUESTIONS, params={"mine": "true"}, headers=stranger)).json()["items"] == []
    for headers in (author, await sign_in(Role.OPERATOR, 4)):
        assert (await client.get(path, headers=headers)).status_code == 200
        listed = (await client.get(QUESTIONS, params={"status": "draft"}, headers=headers)).json()["items"]
        assert [item["id"] for item in listed] == [draft["id"]]
    published = await client.post(f"{path}/publish", headers=author)
    assert (published.status_code, published.json()["status"], published.json()["version"]) == (200, "published", 2)
    assert (await client.post(f"{path}/publish", headers=author)).json()["version"] == 2
    assert (await client.get(path)).status_code == 200


async def test_a_published_question_of_another_author_cannot_be_changed(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    made = await create(client, await sign_in())
    stranger = await sign_in(Role.AUTHOR, 3)
    path = f"{QUESTIONS}/{made['id']}"
    assert (await client.put(path, json=CAPITAL, headers=stranger)).json()["code"] == "bank.not_the_author"
    assert (await client.delete(path, headers=stranger)).status_code == 403
    operator = await sign_in(Role.OPERATOR, 4)
    assert (await client.put(path, json=CAPITAL, headers=operator)).json()["version"] == 2


async def test_a_find_code_finds_however_it_is_typed(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    made = await create(client, await sign_in())
    code = str(made["find_code"])
    cyrillic = code.translate(str.maketrans("ACEHKMPTXY", "АСЕНКМРТХУ"))
    for typed in (code, f"  {code} ", code.lower(), f"{code[:4]}-{code[4:]}", cyrillic, cyrillic.lower()):
        response = await client.get(QUESTIONS, params={"find_code": typed})
        assert (response.status_code, response.json()["id"]) == (200, made["id"]), typed
    for wrong in ("", "AAAA", "AAAAAAAA", "'; DROP TABLE bank_questions; --", "\x00" * 8, "🎓" * 8):
        response = await client.get(QUESTIONS, params={"find_code": wrong})
        assert (response.status_code, response.json()["code"]) == (404, "bank.question_not_found"), wrong


async def test_an_edit_makes_a_version_and_a_stale_one_is_refused(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    made = await create(client, author)
    path = f"{QUESTIONS}/{made['id']}"
    changed = {**CAPITAL, "stem": "Главный город Франции?"}
    response = await client.put(path, json=changed, headers={**author, "If-Match": '"1"'})
    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    assert response.json()["find_code"] == made["find_code"]
    for stale in ('"1"', '"7"', "nonsense", '"-1"'):
        response = await client.put(path, json=CAPITAL, headers={**author, "If-Match": stale})
        assert (response.status_code, response.json()["code"]) == (412, "lyceum.version_mismatch"), stale
    assert (await client.get(path)).json()["stem"] == "Главный город Франции?"
    assert (await client.put(path, json=CAPITAL, headers={**author, "If-Match": "*"})).status_code == 200


@pytest.mark.parametrize("careful", [True, False])
async def test_of_two_edits_at_once_with_one_etag_one_wins(
    client: httpx.AsyncClient, sign_in: SignIn, *, careful: bool
) -> None:
    """Negative control: without If-Match both are written, one after the other."""
    author = await sign_in()
    made = await create(client, author)
    path = f"{QUESTIONS}/{made['id']}"
    headers = {**author, "If-Match": '"1"'} if careful else author
    answers = await asyncio.gather(
        *(client.put(path, json={**CAPITAL, "title": f"Правка {n}"}, headers=headers) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == ([200, 412, 412, 412] if careful else [200] * 4)
    seen = (await client.get(path)).json()
    assert seen["version"] == (2 if careful else 5)
    if careful:
        assert seen["title"] == next(answer for answer in answers if answer.status_code == 200).json()["title"]


async def test_a_retired_question_leaves_lists_and_search(
    client: httpx.AsyncClient, sign_in: SignIn, database: Database
) -> None:
    author = await sign_in()
    made = await create(client, author)
    path = f"{QUESTIONS}/{made['id']}"
    assert (await client.delete(path, headers=author)).status_code == 204
    assert (await client.delete(path, headers=author)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.get(path, headers=author)).json()["status"] == "retired"
    for params in ({}, {"q": "Франция"}, {"subject": "geography", "topic": "Европа"}):
        assert (await client.get(QUESTIONS, params=params)).json()["items"] == []
    refused = await client.put(path, json=CAPITAL, headers=author)
    assert (refused.status_code, refused.json()["code"]) == (409, "bank.question_retired")
    assert await rows(database) == 1


async def test_every_change_of_the_pool_is_told(client: httpx.AsyncClient, sign_in: SignIn, database: Database) -> None:
    author = await sign_in()
    draft = await create(client, author, status="draft")
    path = f"{QUESTIONS}/{draft['id']}"
    await client.put(path, json={**CAPITAL, "status": "draft"}, headers=author)
    await client.post(f"{path}/publish", headers=author)
    await client.put(path, json=CAPITAL, headers=author)
    await client.delete(path, headers=author)
    async with database.read() as connection:
        told = await connection.scalars(select(outbox.c.body).where(outbox.c.kind == "bank.QuestionsChanged"))
        items = [json.loads(body)["items"][0] for body in told]
    assert sorted((item["version"], item["published"]) for item in items) == [(3, True), (4, True), (5, False)]
    assert {(item["kind"], item["options"], item["exam_task_number"]) for item in items} == {("single_choice", 3, 3)}
    assert QuestionsChanged.__name__ == "QuestionsChanged"


async def test_files_come_with_the_question_and_open_by_their_links(
    client: httpx.AsyncClient, sign_in: SignIn, settings: Settings
) -> None:
    author = await sign_in()
    question = {**CAPITAL, "stem": '<p>Что это?</p><img src="attachment:карта.png">', "alts": {"карта.png": "Карта"}}
    files = [
        ("question", (None, json.dumps(question), "application/json")),
        ("photos", ("карта.png", picture(), "image/png")),
        ("files", ("данные.txt", "Осадки: 42".encode(), "text/plain")),
    ]
    response = await client.post(QUESTIONS, files=files, headers=author)
    assert response.status_code == 201, response.text
    path = f"{QUESTIONS}/{response.json()['id']}"
    seen = (await client.get(path)).json()
    photo, document = seen["attachments"]["photos"][0], seen["attachments"]["files"][0]
    assert (photo["mime"], photo["alt"], document["name"]) == ("image/png", "Карта", "данные.txt")
    assert photo["url"] in seen["stem_html"]
    assert len(stored(settings)) == 2
    kept = await client.put(path, json={**question, "attachments": ["карта.png"]}, headers=author)
    assert kept.json()["attachments"]["files"] == []
    missing = await client.put(path, json={**question, "attachments": []}, headers=author)
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["code"] == "attachment_missing"


async def test_files_of_the_explanation_are_for_those_who_may_know_it(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    author = await sign_in()
    question = {**CAPITAL, "explanation": '<img src="attachment:ответ.png">'}
    files = [
        ("question", (None, json.dumps(question), "application/json")),
        ("photos", ("ответ.png", picture(), "image/png")),
    ]
    made = (await client.post(QUESTIONS, files=files, headers=author)).json()
    assert made["attachments"]["photos"][0]["url"] in made["explanation_html"]
    seen = (await client.get(f"{QUESTIONS}/{made['id']}")).json()
    assert seen["attachments"]["photos"] == []


BAD_FILES: dict[str, tuple[str, str, bytes]] = {
    "a renamed executable": ("photos", "cat.png", b"MZ\x90\x00\x03" + bytes(500)),
    "a script as a picture": ("photos", "cat.png", b"<svg onload='alert(1)'></svg>"),
    "a text as a sound": ("sounds", "song.mp3", b"la la la"),
    "a broken picture": ("photos", "cat.png", picture()[:40]),
    "an unknown field": ("malware", "cat.png", picture()),
}


async def test_a_bad_file_is_refused_and_nothing_is_kept(
    client: httpx.AsyncClient, sign_in: SignIn, database: Database, settings: Settings
) -> None:
    author = await sign_in()
    for case, (field, name, body) in BAD_FILES.items():
        files = [
            ("photos", ("good.png", picture(), "image/png")),
            ("question", (None, json.dumps(CAPITAL), "application/json")),
            (field, (name, body, "image/png")),
        ]
        response = await client.post(QUESTIONS, files=files, headers=author)
        assert response.status_code == 422, (case, response.text)
        assert await rows(database) == 0
        assert stored(settings) == []


PATHS = ["../../etc/passwd.png", "..\\..\\boot.png", "/etc/shadow.png", "C:\\x.png", "a\x00b.png", "..", "."]


async def test_a_path_in_a_file_name_leads_nowhere(
    client: httpx.AsyncClient, sign_in: SignIn, settings: Settings
) -> None:
    author = await sign_in()
    for name in PATHS:
        files = [
            ("question", (None, json.dumps(CAPITAL), "application/json")),
            ("photos", (name, picture(), "image/png")),
        ]
        response = await client.post(QUESTIONS, files=files, headers=author)
        assert response.status_code in {201, 422}, (name, response.text)
        if response.status_code == 201:
            kept = response.json()["attachments"]["photos"][0]["name"]
            assert not set(kept) & set('/\\:\x00"'), name
    outside = [path for path in settings.data_dir.parent.rglob("*") if path.suffix == ".png"]
    assert outside == []


async def test_a_bad_question_keeps_its_files_out_too(
    client: httpx.AsyncClient, sign_in: SignIn, database: Database, settings: Settings
) -> None:
    author = await sign_in()
    for question in ({**CAPITAL, "answer": "z"}, {**CAPITAL, "subject": "alchemy"}, {**CAPITAL, "surprise": 1}, "{"):
        text = question if isinstance(question, str) else json.dumps(question)
        files = [("question", (None, text, "application/json")), ("photos", ("cat.png", picture(), "image/png"))]
        response = await client.post(QUESTIONS, files=files, headers=author)
        assert response.status_code == 422, response.text
    assert await rows(database) == 0
    assert stored(settings) == []


BAD_QUESTIONS: dict[str, dict[str, object]] = {
    "10,000 options": {"options": [{"id": str(n), "text": f"Вариант {n}"} for n in range(10_000)], "answer": "1"},
    "an unknown kind": {"kind": "riddle"},
    "no text": {"stem": ""},
    "a number for a text": {"stem": 5},
    "a text for a list": {"options": "abc"},
    "two options of one id": {"options": [{"id": "a", "text": "1"}, {"id": "a", "text": "2"}]},
    "an answer that is no option": {"answer": "z"},
    "an answer of another shape": {"answer": {"a": "b"}},
    "a task number of 41": {"exam_task_number": 41},
    "an unknown difficulty": {"difficulty": "insane"},
    "an unknown subject": {"subject": "alchemy"},
    "an unknown field": {"colour": "red"},
    "an unknown field of an option": {"options": [{"id": "a", "text": "1", "score": 1}, {"id": "b", "text": "2"}]},
    "a NUL": {"title": "a\x00b"},
    "a NUL in a topic": {"topics": ["a\x00b"]},
    "fields that the subject has not": {"extra": {"weight": 1}},
    "a deep hole": {"extra": {"a": json.loads("[" * 400 + "]" * 400)}},
    "a text of 200,000 characters": {"stem": "а" * 200_000},
    "a picture that is not there": {"stem": '<img src="attachment:cat.png">'},
    "an endless language": {"language": "x" * 500},
    "a title of 300 characters": {"title": "x" * 300},
    "a negative score": {"max_score": -1},
}


async def test_a_bad_question_is_refused_with_its_place(
    client: httpx.AsyncClient, sign_in: SignIn, database: Database
) -> None:
    author = await sign_in()
    for case, changes in BAD_QUESTIONS.items():
        response = await client.post(QUESTIONS, json={**CAPITAL, **changes}, headers=author)
        assert response.status_code == 422, (case, response.text)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["errors"] or response.json()["code"] == "bank.subject_unknown", case
    assert await rows(database) == 0


BODIES = [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"kind": "\\ud800"}']


async def test_a_body_that_is_no_question_is_refused(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    for body in BODIES:
        for kind in ("application/json", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x"):
            response = await client.post(QUESTIONS, content=body, headers={**author, "Content-Type": kind})
            assert response.status_code == 422, (kind, body[:20], response.text)


async def test_a_body_beyond_two_mebibytes_is_too_large(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    response = await client.post(QUESTIONS, json={**CAPITAL, "stem": "x" * 3_000_000}, headers=await sign_in())
    assert (response.status_code, response.json()["code"]) == (413, "lyceum.too_large")


SCRIPTS = (
    '<script>alert(1)</script> <img src=x onerror=alert(1)> <a href="javascript:alert(1)">x</a> <svg/onload=x> '
    "[x](javascript:alert(1)) '); DROP TABLE bank_questions; -- {{7*7}} ${7*7} \\(a<b\\)"
)


class Markup(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.live: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "svg", "iframe", "object"}:
            self.live.append(tag)
        self.live += [name for name, value in attrs if name.startswith("on") or (value or "").startswith("javascript")]
        self.live += [name for name, value in attrs if name == "src" and value]


async def test_scripts_never_come_back_alive(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    options = [{"id": "a", "text": SCRIPTS, "feedback": SCRIPTS}, {"id": "b", "text": "x"}]
    everywhere = {"stem": SCRIPTS, "explanation": SCRIPTS, "hint": SCRIPTS, "title": SCRIPTS, "source": SCRIPTS}
    for text_format in ("html", "markdown", "plain"):
        made = await create(client, author, stem_format=text_format, options=options, topics=[SCRIPTS], **everywhere)
        seen = (await client.get(f"{QUESTIONS}/{made['id']}", headers=author)).json()
        htmls = [seen["stem_html"], seen["explanation_html"], *(option["html"] for option in seen["options"])]
        assert [Markup(html).live for html in htmls] == [[], [], [], []], text_format
        found = (await client.get(QUESTIONS, params={"q": "DROP TABLE", "topic": SCRIPTS})).json()["items"]
        assert found[0]["id"] == made["id"]


async def test_a_parameter_cannot_smuggle_markup_in(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    values = ['" onclick="alert(1)', "<img src=x onerror=y>", "javascript:alert(1)", "<script>x</script>"]
    for value in values:
        made = await create(
            client,
            await sign_in(),
            kind="short_text",
            stem='<p>Слово {{w}}</p><a href="https://example.org/{{w}}">x</a> <a href="{{w}}">y</a>',
            options=[],
            answer="{{w}}",
            template={"parameters": [{"name": "w", "kind": "choice", "values": [value]}]},
        )
        seen = (await client.get(f"{QUESTIONS}/{made['id']}")).json()
        assert Markup(seen["stem_html"]).live == [], value


async def test_a_parametrised_question_shows_one_and_the_same_example(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    made = await create(
        client,
        await sign_in(),
        kind="numeric",
        stem="Сколько будет {{a}} + {{b}}?",
        options=[],
        accepted=[{"text": "{{c}}"}],
        answer=None,
        template={
            "parameters": [{"name": "a", "low": "100", "high": "999"}, {"name": "b", "low": "100", "high": "999"}],
            "derived": [{"name": "c", "expression": "a + b"}],
        },
    )
    path = f"{QUESTIONS}/{made['id']}"
    first, second = (await client.get(path)).json(), (await client.get(path)).json()
    assert first["parametrised"]
    assert first["stem_html"] == second["stem_html"]
    assert "{{" not in first["stem_html"]
    left, right = (int(word) for word in first["stem"].replace("?", "").split() if word.isdigit())
    assert made["answer"] == str(left + right)
    assert (await client.get(QUESTIONS)).json()["items"][0]["excerpt"] == first["stem"]


BAD_FILTERS = [
    {"difficulty": "insane"},
    {"kind": "riddle"},
    {"sort": "title"},
    {"limit": "0"},
    {"limit": "101"},
    {"limit": "many"},
    {"task_number": "0"},
    {"task_number": "41"},
    {"status": "staged"},
    {"status": "gone"},
    {"cursor": "nonsense"},
    {"cursor": "WyItY3JlYXRlZF9hdCIsIDVd"},
    {"cursor": "WyItcmF0aW5nIiwxLCJ4Il0"},
    {"import_id": "five"},
    {"q": "x" * 501},
    {"subject": "a\x00b"},
    {"topic": "\x00"},
    {"exam": "x" * 1000},
    {"colour": "red", "limit": "-1"},
]


async def test_a_bad_filter_is_refused(client: httpx.AsyncClient) -> None:
    for params in BAD_FILTERS:
        response = await client.get(QUESTIONS, params=params)
        assert response.status_code == 422, (params, response.text)
        assert response.json()["errors"], params


WRONG_IDS = ["1", "nonsense", str(UUID(int=0)), "018f0000-0000-7000-8000-0000000000ff", "..%2f..%2fetc", "'%20OR%201=1"]


async def test_a_wrong_id_is_not_found(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    for id in WRONG_IDS:
        assert (await client.get(f"{QUESTIONS}/{id}")).status_code == 404, id
        assert (await client.put(f"{QUESTIONS}/{id}", json=CAPITAL, headers=author)).status_code == 404, id
        assert (await client.delete(f"{QUESTIONS}/{id}", headers=author)).status_code == 404, id


async def test_answers_are_counted_into_the_question_once(
    client: httpx.AsyncClient, sign_in: SignIn, container: AsyncContainer, relay: Relay
) -> None:
    made = await create(client, await sign_in())
    id = QuestionId(UUID(str(made["id"])))
    for number, (score, first) in enumerate([(1.0, True), (0.0, True), (0.5, True), (1.0, False)]):
        answered = QuestionAnswered(
            question_id=id,
            version=1,
            score=score,
            max_score=1.0,
            correct=score == 1.0,
            first=first,
            rating=0.1 * number,
            rating_error=0.9 - 0.1 * number,
            at=NOW.replace(minute=number),
        )
        async with container() as request, await request.get(Transaction):
            (await request.get(Outbox)).add(answered)
    await relay.drain()
    await relay.drain()
    stats = (await client.get(f"{QUESTIONS}/{id}")).json()["stats"]
    assert (stats["answered"], stats["correct"], stats["facility"]) == (3, 1, 0.5)
    assert stats["rating"] == pytest.approx(0.3)
    assert stats["rating_error"] == pytest.approx(0.6)
