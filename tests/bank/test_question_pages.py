"""Pages of questions: browse, one question, find by code, the author's list, the editor."""

import re
from uuid import UUID

import httpx
import pytest

from lyceum.accounts.api import Role
from tests.bank.conftest import SignIn
from tests.bank.test_bank_http import create, picture

type Fields = dict[str, str | list[str]]

HTML = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
CHOICE: Fields = {
    "kind": "single_choice",
    "subject": "geography",
    "stem_format": "plain",
    "stem": "The capital of France?",
    "language": "en",
    "difficulty": "easy",
    "max_score": "1",
    "options.token": ["0", "1", "2"],
    "options.id": ["", "", ""],
    "options.text": ["Paris", "", "Lyon"],
    "options.feedback": ["", "", ""],
    "options.weight": ["", "", ""],
    "right": ["0"],
    "do": "publish",
}
BY_KIND: dict[str, Fields] = {
    "multiple_choice": {"right": ["0", "2"], "rule": "set"},
    "true_false": {"truth": "false"},
    "short_text": {
        "accepted.token": ["0", "1"],
        "accepted.text": ["Paris", "Par*"],
        "accepted.share": ["1", "0,5"],
        "accepted.tolerance": ["", ""],
        "accepted.feedback": ["", ""],
    },
    "numeric": {
        "accepted.token": "0",
        "accepted.text": "9.81",
        "accepted.share": "",
        "accepted.tolerance": "0.01",
        "accepted.feedback": "",
    },
    "matching": {
        "items.token": ["0", "1", "2"],
        "items.text": ["France", "Italy", "Rome’s country"],
        "items.pair": ["Paris", "Rome", "Rome"],
        "right": [],
    },
    "ordering": {"items.token": ["0", "1"], "items.text": ["first", "second"]},
    "cloze": {
        "stem": "Paris stands on [[1]], its height is [[b]] m, it is in [[c]].",
        "gaps.token": ["0", "1", "2"],
        "gaps.id": ["1", "b", "c"],
        "gaps.kind": ["short_text", "numeric", "single_choice"],
        "gaps.weight": ["1", "2", "0,5"],
        "gaps.precision": ["", "1", ""],
        "gap_accepted.token": ["0-0", "0-1", "1-0"],
        "gap_accepted.gap": ["0", "0", "1"],
        "gap_accepted.text": ["the Seine", "Seine", "35"],
        "gap_accepted.share": ["", "0.5", "1"],
        "gap_accepted.tolerance": ["", "", "0.5"],
        "gap_case_sensitive": ["0"],
        "gap_relative": ["1"],
        "gap_options.token": ["2-0", "2-1"],
        "gap_options.gap": ["2", "2"],
        "gap_options.text": ["France", "Italy"],
        "gap_right": ["2-0"],
        "gap_shuffle": ["2"],
    },
    "essay": {"criteria.token": "0", "criteria.title": "Style", "criteria.max": "2", "max_score": "2"},
    "description": {},
}


def parts(
    fields: Fields, files: dict[str, tuple[str, bytes]] | None = None
) -> list[tuple[str, tuple[str | None, bytes]]]:
    """A multipart form as a browser sends it: an empty file field comes without a name."""
    found: list[tuple[str, tuple[str | None, bytes]]] = []
    for name, value in fields.items():
        found += [(name, (None, text.encode())) for text in ([value] if isinstance(value, str) else value)]
    found.append(("sounds", ("", b"")))
    return found + [(name, file) for name, file in (files or {}).items()]


async def send(
    client: httpx.AsyncClient,
    headers: dict[str, str],
    fields: Fields,
    path: str = "new",
    files: dict[str, tuple[str, bytes]] | None = None,
) -> httpx.Response:
    return await client.post(f"/author/questions/{path}", files=parts(fields, files), headers={**HTML, **headers})


def id_in(response: httpx.Response) -> str:
    assert response.status_code == 303, response.text[:3000]
    found = re.search(r"[0-9a-f-]{36}", response.headers["Location"])
    assert found
    return found[0]


@pytest.fixture(autouse=True)
def _in_english(client: httpx.AsyncClient) -> None:
    client.cookies.set("ly_locale", "en")


async def form_token(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, str]:
    """What a form of urlencoded fields carries, with its cookie kept by the client."""
    page = (await client.get("/author/questions", headers={**HTML, **headers})).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    return {"X-CSRF-Token": found[1]}


async def document(client: httpx.AsyncClient, headers: dict[str, str], id: str) -> dict[str, object]:
    seen: dict[str, object] = (await client.get(f"/api/bank/questions/{id}", headers=headers)).json()
    content = seen["content"]
    assert isinstance(content, dict)
    return {**seen, **content}


def entered(page: str) -> Fields:
    """What the fields of the editor hold, as a browser would send it."""
    form = page[page.index('<form id="editor"') :]
    form = form[: form.index("</form>")]
    fields: dict[str, list[str]] = {}
    for match in re.finditer(
        r"<textarea[^>]*?name=\"([^\"]+)\"[^>]*>([^<]*)</textarea>|<input([^>]*)>|<select[^>]*?name=\"([^\"]+)\"[^>]*>(.*?)</select>",
        form,
        re.DOTALL,
    ):
        area, text, field, chosen, options = match.groups()
        if area:
            fields.setdefault(area, []).append(text)
        elif chosen:
            value = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
            fields.setdefault(chosen, []).append(value[1] if value else "")
        elif 'type="file"' not in field:
            name, value = re.search(r'name="([^"]+)"', field), re.search(r'value="([^"]*)"', field)
            if name and (" checked" in field or not re.search('type="(radio|checkbox)"', field)):
                fields.setdefault(name[1], []).append(value[1] if value else "on")
    return {
        name: [value.replace("&#34;", '"').replace("&#39;", "'") for value in values] for name, values in fields.items()
    }


async def test_the_list_shows_what_fits_the_filters(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    capital = await create(client, author)
    other = await create(client, author, subject="math", stem="Сколько будет дважды два?", topics=["Счёт"])
    page = await client.get("/questions", params={"subject": "geography", "topic": "Европа"}, headers=HTML)
    assert page.status_code == 200
    assert f"/questions/{capital['find_code']}" in page.text
    assert str(other["find_code"]) not in page.text
    assert "/train?subject=geography&amp;topic=%D0%95" in page.text


async def test_a_long_list_goes_on_by_its_cursor(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    made = {str((await create(client, author, stem=f"Вопрос {number}?"))["find_code"]) for number in range(21)}
    first = (await client.get("/questions", headers=HTML)).text
    following = re.search(r'href="(/questions\?cursor=[^"]+)"', first)
    assert following
    second = (await client.get(following[1], headers=HTML)).text
    assert made == set(re.findall(r'href="/questions/(\w{8})"', first + second))


@pytest.mark.parametrize("query", [{"task_number": "99"}, {"cursor": "odd"}, {"subject": "\x01"}])
async def test_filters_that_cannot_be_used_are_told(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    page = await client.get("/questions", params=query, headers=HTML)
    assert page.status_code == 422
    assert "These filters cannot be used" in page.text


async def test_the_answer_stands_on_the_page_of_its_author_only(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author, learner = await sign_in(), await sign_in(Role.LEARNER, number=2)
    made = await create(client, author)
    path = f"/questions/{made['find_code']}"
    mine = await client.get(path, headers={**HTML, **author})
    theirs = await client.get(path, headers={**HTML, **learner})
    assert "Париж стоит" in mine.text
    assert "Right answer" in mine.text
    assert "Париж стоит" not in theirs.text
    assert "Right answer" not in theirs.text
    assert f"/train?code={made['find_code']}" in theirs.text


async def test_a_draft_has_no_page_for_others(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    made = await create(client, await sign_in(), status="draft")
    assert (await client.get(f"/questions/{made['find_code']}", headers=HTML)).status_code == 404


async def test_a_code_is_found_however_it_is_typed(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    code = str((await create(client, await sign_in()))["find_code"])
    found = await client.get("/find", params={"code": f" {code[:4].lower()}-{code[4:]}"}, headers=HTML)
    assert found.status_code == 303
    assert found.headers["Location"] == f"/questions/{code}"


@pytest.mark.parametrize(("code", "status"), [("", 200), ("12", 422), ("QQQQQQQQ", 404), ("<script>", 422)])
async def test_a_code_that_leads_nowhere_stays_in_the_field(client: httpx.AsyncClient, code: str, status: int) -> None:
    page = await client.get("/find", params={"code": code}, headers=HTML)
    assert page.status_code == status
    assert f'value="{code.replace("<", "&lt;").replace(">", "&gt;")}"' in page.text


async def test_a_learner_has_no_pages_of_an_author(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    learner = await sign_in(Role.LEARNER)
    for path in ("/author/questions", "/author/questions/new"):
        assert (await client.get(path, headers={**HTML, **learner})).status_code == 403
    assert (await send(client, learner, CHOICE)).status_code == 403


async def test_an_author_lists_own_questions_of_every_state(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    empty = await client.get("/author/questions", headers={**HTML, **author})
    assert "You have no questions yet" in empty.text
    draft = await create(client, author, status="draft")
    other = await create(client, await sign_in(number=2), stem="Чужой?")
    page = await client.get("/author/questions", headers={**HTML, **author})
    assert str(draft["find_code"]) in page.text
    assert str(other["find_code"]) not in page.text
    operator = await sign_in(Role.OPERATOR, number=3)
    everybody = await client.get("/author/questions?whose=all", headers={**HTML, **operator})
    assert str(other["find_code"]) in everybody.text


async def test_the_list_publishes_and_retires(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    made = await create(client, author, status="draft")
    token = await form_token(client, author)
    for verb, status in (("publish", "published"), ("retire", "retired")):
        response = await client.post(
            f"/author/questions/{made['id']}/{verb}",
            data={"next": "/author/questions?q=a"},
            headers={**HTML, **author, **token},
        )
        assert response.headers["Location"] == "/author/questions?q=a"
        assert (await document(client, author, str(made["id"])))["status"] == status


@pytest.mark.parametrize("kind", ["single_choice", *BY_KIND])
async def test_every_kind_is_written_shown_and_saved_again(
    client: httpx.AsyncClient, sign_in: SignIn, kind: str
) -> None:
    author = await sign_in()
    id = id_in(await send(client, author, {**CHOICE, "kind": kind, **BY_KIND.get(kind, {})}))
    first = await document(client, author, id)
    assert (first["kind"], first["status"]) == (kind, "published")
    page = await client.get(f"/author/questions/{id}", headers={**HTML, **author})
    assert page.status_code == 200
    id_in(await send(client, author, {**entered(page.text), "do": "save"}, id))
    again = await document(client, author, id)
    assert again["version"] == 2
    assert again["content"] == first["content"]


async def test_a_matching_keeps_each_right_side_once(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    given: Fields = {**CHOICE, "kind": "matching", **BY_KIND["matching"]}
    seen = await document(client, author, id_in(await send(client, author, given)))
    pairs = seen["pairs"]
    assert isinstance(pairs, dict)
    assert pairs["2"] == pairs["3"] != pairs["1"]
    options = seen["options"]
    assert isinstance(options, list)
    assert sorted(option["text"] for option in options) == ["Lyon", "Paris", "Paris", "Rome"]


async def test_faults_stand_at_their_fields_and_nothing_entered_is_lost(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    author = await sign_in()
    given: Fields = {**CHOICE, "subject": "", "stem": "Kept <b>text</b>", "max_score": "many", "right": []}
    page = await send(client, author, given)
    assert page.status_code == 422
    assert 'id="f-subject-error"' in page.text
    assert 'id="f-max_score-error"' in page.text
    assert "Kept &lt;b&gt;text&lt;/b&gt;" in page.text
    assert entered(page.text)["max_score"] == ["many"]
    unmarked = await send(client, author, {**CHOICE, "right": []})
    assert unmarked.status_code == 422
    assert 'id="f-options-error"' in unmarked.text
    assert (await client.get("/api/bank/questions?mine=true", headers=author)).json()["items"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"parameters.name": "1a", "parameters.low": "1"},
        {"gaps.token": "0", "gaps.id": " ", "kind": "cloze"},
        {"extra": "[1]"},
        {"exam": "Е Г Э"},
    ],
)
async def test_a_field_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, sign_in: SignIn, fields: Fields
) -> None:
    page = await send(client, await sign_in(), {**CHOICE, **fields})
    assert page.status_code == 422
    assert "field-error" in page.text


async def test_a_gap_more_comes_with_a_free_mark_and_marks_of_the_text_get_their_rows(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    author = await sign_in()
    token = await form_token(client, author)
    headers = {**HTML, **author, **token, "HX-Request": "true"}
    given = {**CHOICE, "kind": "cloze", "stem": "[[1]] and [[b]]", "gaps.token": "0", "gaps.id": "1", "do": "gaps.add"}
    part = (await client.post("/author/questions/fields", data=given, headers=headers)).text
    assert re.findall(r'name="gaps.id" value="([^"]*)"', part) == ["1", "2", "b"]
    page = await send(client, author, {**given, "do": "gaps.add"})
    assert re.findall(r'name="gaps.id" value="([^"]*)"', page.text) == ["1", "2", "b"]


async def test_faults_of_gaps_and_parameters_stand_at_their_rows(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    cloze: Fields = {**CHOICE, "kind": "cloze", **BY_KIND["cloze"], "gap_accepted.text": ["the Seine", "Seine", "x"]}
    page = (await send(client, author, cloze)).text
    assert 'id="f-gap_accepted.2.text-error"' in page
    given: Fields = {
        **CHOICE,
        "parameters.name": ["a", "b"],
        "parameters.low": ["1", ""],
        "parameters.high": ["9", "9"],
    }
    page = (await send(client, author, given)).text
    assert 'id="f-parameters.1.low-error"' in page


async def test_the_preview_shows_what_several_learners_get(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    token = await form_token(client, author)
    given = {
        **CHOICE,
        "kind": "numeric",
        "stem": "{{a}} + 1 = ?",
        "parameters.name": "a",
        "parameters.low": "2",
        "parameters.high": "900",
        "derived.name": "s",
        "derived.expression": "a + 1",
        "accepted.text": "{{s}}",
    }
    headers = {**HTML, **author, **token, "HX-Request": "true"}
    shown = (await client.post("/author/questions/preview", data=given, headers=headers)).text
    drawn = re.findall(r"<i>a</i> = (\d+)</span><span><i>s</i> = (\d+)", shown)
    assert len(set(drawn)) == 5
    assert all(int(s) == int(a) + 1 for a, s in drawn)


async def test_an_edit_of_an_old_version_keeps_nothing_and_can_be_saved_over(
    client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    author = await sign_in()
    id = id_in(await send(client, author, CHOICE))
    form = entered((await client.get(f"/author/questions/{id}", headers={**HTML, **author})).text)
    id_in(await send(client, author, {**form, "stem": "Theirs?", "do": "save"}, id))
    page = await send(client, author, {**form, "stem": "Mine?", "do": "save"}, id)
    assert page.status_code == 412
    assert "Mine?" in page.text
    assert (await document(client, author, id))["stem"] == "Theirs?"
    id_in(await send(client, author, {**entered(page.text), "do": "overwrite"}, id))
    assert (await document(client, author, id))["stem"] == "Mine?"


async def test_files_come_stay_and_go(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    id = id_in(await send(client, author, CHOICE, files={"photos": ("map.png", picture())}))
    page = (await client.get(f"/author/questions/{id}", headers={**HTML, **author})).text
    assert "attachment:map.png" in page
    form = entered(page)
    id_in(await send(client, author, {**form, "files.alt": "A map", "do": "save"}, id))
    kept = (await client.get(f"/api/bank/questions/{id}", headers=author)).json()["attachments"]["photos"]
    assert [(file["name"], file["alt"]) for file in kept] == [("map.png", "A map")]
    form = entered((await client.get(f"/author/questions/{id}", headers={**HTML, **author})).text)
    id_in(await send(client, author, {**form, "keep": [], "do": "save"}, id))
    assert (await client.get(f"/api/bank/questions/{id}", headers=author)).json()["attachments"]["photos"] == []


async def test_a_file_of_another_kind_is_refused_and_the_texts_stay(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    page = await send(client, await sign_in(), CHOICE, files={"photos": ("map.png", b"MZ no picture at all")})
    assert page.status_code == 422
    assert 'id="f-photos-error"' in page.text
    assert "The capital of France?" in page.text


async def test_a_file_that_is_too_large_is_told_beside_the_form(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    headers = {**await sign_in(), "Sec-Fetch-Mode": "cors"}
    refused = await send(client, headers, CHOICE, files={"photos": ("big.png", b"0" * (10 * 2**20 + 1))})
    assert refused.status_code == 422
    assert refused.headers["Content-Type"].startswith("application/problem+json")


async def test_buttons_of_the_rows_work_without_scripts(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()

    async def pressed(do: str) -> list[str]:
        page = await send(client, author, {**CHOICE, "do": do})
        assert page.status_code == 200
        return [text for text in entered(page.text)["options.text"] if text]

    assert await pressed("options.up:2") == ["Lyon", "Paris"]
    assert await pressed("options.remove:0") == ["Lyon"]
    assert await pressed("options.add") == ["Paris", "Lyon"]
    assert await pressed("options.up:nowhere") == ["Paris", "Lyon"]
    other = await send(client, author, {**CHOICE, "kind": "numeric", "do": "kind"})
    assert [text for text in entered(other.text)["options.text"] if text] == ["Paris", "Lyon"]


async def test_the_preview_shows_the_question_and_what_is_missing(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    headers = {**HTML, **author, **await form_token(client, author), "HX-Request": "true"}
    ready = await client.post("/author/questions/preview", data=dict(CHOICE), headers=headers)
    assert "Nothing is missing" in ready.text
    assert "Right answer" in ready.text
    markup = {**CHOICE, "stem_format": "html", "stem": "<script>alert(1)</script>Fine", "right": []}
    faulty = await client.post("/author/questions/preview", data=dict(markup), headers=headers)
    assert "<script>" not in faulty.text
    assert 'href="#f-options"' in faulty.text
    nothing = await client.post("/author/questions/preview", data={"kind": "odd"}, headers=headers)
    assert nothing.status_code == 200


async def test_nobody_edits_or_previews_the_question_of_another(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    made = await create(client, await sign_in())
    stranger = await sign_in(number=2)
    path = f"/author/questions/{made['id']}"
    assert (await client.get(path, headers={**HTML, **stranger})).status_code == 403
    assert (await send(client, stranger, CHOICE, str(made["id"]))).status_code == 403
    token = await form_token(client, stranger)
    preview = await client.post(f"/author/questions/preview?id={made['id']}", headers={**HTML, **stranger, **token})
    assert preview.status_code == 403
    assert (await client.get(f"/author/questions/{UUID(int=9)}", headers={**HTML, **stranger})).status_code == 404


async def test_the_external_id_survives_an_edit_on_the_page(client: httpx.AsyncClient, sign_in: SignIn) -> None:
    author = await sign_in()
    made = await create(client, author, external_id="quiz-7")
    page = await client.get(f"/author/questions/{made['id']}", headers={**HTML, **author})
    assert entered(page.text)["external_id"] == ["quiz-7"]
