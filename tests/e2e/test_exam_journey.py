"""A mock exam in a real browser: palette, marks and keys, a lost connection, two windows, a wrong clock, graders."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import Served
from tests.e2e.learner import PASSWORD, an_email, sign_in, sign_up

TRAININGS = "/api/training/trainings"
SAVED, OFFLINE = "Сохранено", "Нет связи"
type Key = str | float | list[str] | Mapping[str, str]


@contextmanager
def visit(browser: Browser, served: Served) -> Iterator[BrowserContext]:
    """A visitor with a device of their own. Requests may fail here, scripts may not."""
    context = browser.new_context(base_url=served.url, locale="ru-RU", viewport={"width": 1280, "height": 900})
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert errors == []


@pytest.fixture
def context(browser: Browser, demo_server: Served) -> Iterator[BrowserContext]:
    with visit(browser, demo_server) as context:
        yield context


def token(page: Page, served: Served, role: str) -> dict[str, str]:
    email, password = served.credentials(role)
    signed = page.request.post(f"{served.url}/api/auth/sign-in", data={"email": email, "password": password})
    return {"Authorization": f"Bearer {signed.json()['access_token']}"}


def begin(context: BrowserContext) -> tuple[Page, str]:
    """A new learner before the chemistry paper of 2026; the path of the exam."""
    page = context.new_page()
    sign_up(page)
    page.goto("/exams")
    page.locator(".exam-offer", has_text="Химия").get_by_role("button", name="Начать весь экзамен").click()
    page.wait_for_url("**/exams/*")
    page.wait_for_selector(".js-exam")
    return page, f"/exams/{page.url.partition('/exams/')[2][:36]}"


def read(page: Page, path: str) -> dict[str, Any]:
    """The sitting as the server has it, over REST."""
    found = page.request.get(f"{TRAININGS}/{path.rpartition('/')[2]}")
    assert found.ok, found.text()
    body: dict[str, Any] = found.json()
    return body


def task_of(sitting: Mapping[str, Any], number: int) -> dict[str, Any]:
    return next(task for task in sitting["tasks"] if task["number"] == number)


def keys(page: Page, served: Served, sitting: Mapping[str, Any]) -> dict[int, Key]:
    """What is right, as an author is told: nothing of essays, and of questions that draw their numbers another draw."""
    author = token(page, served, "author")
    found = {}
    for task in sitting["tasks"]:
        told = page.request.get(f"/api/bank/questions/{task['question']['id']}", headers=author)
        found[task["number"]] = told.json()["answer"]
    return found


def put(page: Page, number: int, key: Key) -> None:
    """Answer a task that is on the screen."""
    sheet = page.locator(f"#task-{number}")
    if isinstance(key, Mapping):
        for name, value in key.items():
            field = sheet.locator(f"[name='answer.{name}']")
            if field.count() > 1:
                sheet.locator(f"[name='answer.{name}'][value='{value}']").check(force=True)
            else:
                field.select_option(value)
    elif isinstance(key, list):
        for value in key:
            sheet.locator(f"input[value='{value}']").check(force=True)
    else:
        sheet.locator("[name=answer]").fill(str(key).replace(".", ","))


def go_to(page: Page, number: int) -> None:
    page.click(f"[data-pal='{number}']")
    expect(page.locator(f"#task-{number}")).to_be_visible()


def is_saved(page: Page) -> None:
    expect(page.locator("[data-exam-save]")).to_contain_text(SAVED, timeout=20_000)


def test_nothing_is_lost_by_a_broken_connection_or_a_second_window(context: BrowserContext) -> None:
    page, path = begin(context)
    go_to(page, 1)
    put(page, 1, "34")
    is_saved(page)
    context.set_offline(True)
    go_to(page, 3)
    put(page, 3, "24")
    page.keyboard.press("Escape")
    go_to(page, 6)
    put(page, 6, "12")
    expect(page.locator("[data-exam-save]")).to_contain_text(OFFLINE, timeout=20_000)
    expect(page.locator("[data-exam-count]")).to_contain_text("3 из 34")
    page.click("[data-exam-finish]")
    expect(page.locator("[data-exam-save]")).to_contain_text("не отправлена", timeout=20_000)
    context.set_offline(False)
    is_saved(page)
    assert [task_of(read(page, path), number)["answer"] for number in (1, 3, 6)] == ["34", "24", "12"]
    # The window is closed while it is offline: what it had comes back with the next one.
    context.set_offline(True)
    go_to(page, 4)
    put(page, 4, "24")
    expect(page.locator("[data-exam-save]")).to_contain_text(OFFLINE, timeout=20_000)
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(path)
    is_saved(page)
    assert page.locator("#task-4 [name=answer]").input_value() == "24"
    assert task_of(read(page, path), 4)["answer"] == "24"
    other = context.new_page()
    other.goto(path)
    other.wait_for_selector(".js-exam")
    go_to(other, 1)
    put(other, 1, "12")
    is_saved(other)
    go_to(page, 1)
    put(page, 1, "45")
    expect(page.locator("[data-exam-save]")).to_contain_text("в другом окне", timeout=20_000)
    assert page.locator("#task-1 [name=answer]").input_value() == "12"
    put(page, 1, "13")
    is_saved(page)
    assert task_of(read(page, path), 1)["answer"] == "13"
    expect(page.locator("[data-exam-count]")).to_contain_text("4 из 34")


@pytest.mark.parametrize("device", ["2020-01-01T00:00:00Z", "2039-12-31T23:00:00Z"])
def test_a_device_whose_clock_is_wrong_has_the_same_time(context: BrowserContext, device: str) -> None:
    page, path = begin(context)
    page.clock.set_system_time(device)
    page.goto(path)
    page.wait_for_selector(".js-exam")
    assert page.evaluate("new Date().getUTCFullYear()") == int(device[:4])
    left = page.inner_text("[data-exam-left]")
    assert re.fullmatch(r"3:2[89]:\d\d|3:30:00", left), left
    put(page, 1, "34")
    is_saved(page)
    assert page.url.partition("#")[0].endswith(path)
    assert read(page, path)["state"] == "running"


def third_grader(browser: Browser, served: Served) -> tuple[str, str]:
    """A new author, made by the operator; e-mail and password."""
    email = an_email()
    with visit(browser, served) as context:
        page = context.new_page()
        signed = page.request.post("/api/auth/sign-up", data={"email": email, "password": PASSWORD})
        assert signed.ok, signed.text()
        mine = {"Authorization": f"Bearer {signed.json()['access_token']}"}
        me = page.request.get("/api/me", headers=mine).json()["id"]
        roles = {"roles": ["learner", "author"]}
        changed = page.request.patch(f"/api/users/{me}", data=roles, headers=token(page, served, "operator"))
        assert changed.ok, changed.text()
    return email, PASSWORD


def grade(browser: Browser, served: Served, who: tuple[str, str], attempt: str, points: int) -> Page:
    """On the grader's page: full points for so many criteria, none for the others."""
    with visit(browser, served) as context:
        page = context.new_page()
        sign_in(page, *who, next=f"/author/grading/{attempt}")
        expect(page.locator("main")).to_contain_text("Моё решение")
        for number, criterion in enumerate(page.locator("[data-criterion]").all()):
            criterion.locator("input").nth(1 if number < points else 0).check(force=True)
        page.fill("textarea[name=comment]", f"Засчитано: {points}")
        with page.expect_navigation():
            page.click("[data-grading] .btn-primary")
        return page


def test_an_exam_is_written_by_hand_and_keys_and_settled_by_three_graders(
    context: BrowserContext, browser: Browser, demo_server: Served
) -> None:
    page, path = begin(context)
    sitting = read(page, path)
    right = keys(page, demo_server, sitting)
    page.keyboard.press("m")
    expect(page.locator("[data-pal='1']")).to_have_class(re.compile("is-marked"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("#task-2")).to_be_visible()
    expect(page.locator("#task-1")).to_be_hidden()
    go_to(page, 11)
    page.locator("#task-11").press("1")
    expect(page.locator("#task-11 .opts input").first).to_be_checked()
    page.keyboard.press("1")
    expect(page.locator("#task-11 .opts input").first).not_to_be_checked()
    for number in (3, 5, 6, 9, 11, 12):
        go_to(page, number)
        put(page, number, right[number])
    go_to(page, 4)
    put(page, 4, "99")
    for number in (30, 34):
        go_to(page, number)
        put(page, number, "Моё решение")
    is_saved(page)
    expect(page.locator("[data-exam-count]")).to_contain_text("9 из 34")
    page.click("[data-exam-finish]")
    page.wait_for_url("**/finish")
    expect(page.locator("main .pal")).to_have_count(26)  # 25 without an answer, and the one that is marked
    page.click("main form .btn-primary")
    page.wait_for_url(f"**{path}/result")
    facts = page.locator(".facts").first
    expect(facts).to_contain_text(re.compile(r"7–13\D"))  # 6 right answers, one of them worth 2; 2 and 4 points wait
    expect(facts).to_contain_text(re.compile(r"23–39\D.*по шкале\s2025", re.DOTALL))
    expect(page.locator("main")).to_contain_text("зависит от проверки")
    expect(page.locator("main")).to_contain_text("неофициальная")
    page.click("a[href='#review-4']")
    page.locator("#review-4 summary").click()
    expect(page.locator("#review-4")).to_contain_text(str(right[4]))
    essays = {number: str(task_of(sitting, number)["attempt_id"]) for number in (30, 34)}
    people = [
        demo_server.credentials("author"),
        demo_server.credentials("operator"),
        third_grader(browser, demo_server),
    ]
    for number, points in ((30, (2, 2)), (34, (4, 1, 2))):
        for who, given in zip(people, points, strict=False):
            grade(browser, demo_server, who, essays[number], given)
    page.reload()
    expect(facts).to_contain_text(re.compile(r"11\D"))
    expect(page.locator("main")).not_to_contain_text("зависит от проверки")
    expect(page.locator("#review-34")).to_contain_text("Засчитано: 2")
    result = page.request.get(f"{TRAININGS}/{path.rpartition('/')[2]}/result").json()
    assert (result["state"], result["primary"], result["test"]) == (
        "done",
        {"low": 11.0, "high": 11.0},
        {"low": 36, "high": 36},
    )
    assert (result["scale"]["verified"], [it["reached"] for it in result["thresholds"]]) == (False, ["yes"])
    page.get_by_role("button", name="Тренировать мои ошибки").click()
    page.wait_for_selector("#sheet")
