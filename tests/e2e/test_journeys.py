"""Whole ways through the product in a real browser, over the demo."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Served
from tests.e2e.learner import (
    PASSWORD,
    an_email,
    answer,
    go_on,
    sign_in,
    sign_up,
    solve,
    start,
    start_question,
)

TRICKY = Path(__file__).parents[1] / "data" / "tricky" / "tricky_utf8.gift"


@pytest.fixture
def visitor(page: Page, demo_server: Served) -> Iterator[Page]:
    """A visitor whose browser asks no other host for anything."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    yield page
    assert hosts - {""} == {urlsplit(demo_server.url).netloc}


def a_code(page: Page, kind: str) -> str:
    """The find code of a demo question of a kind."""
    found = page.request.get(f"/api/bank/questions?kind={kind}&limit=1")
    assert found.ok, found.text()
    return str(found.json()["items"][0]["find_code"])


def answered_so_far(page: Page) -> int:
    progress = page.request.get("/api/training/me/progress")
    assert progress.ok, progress.text()
    return int(progress.json()["total"]["answered"])


def test_a_learner_signs_up_trains_twenty_questions_and_sees_the_progress(visitor: Page) -> None:
    sign_up(visitor, next="/train")
    met: set[str] = set()
    verdicts: list[str] = []
    for subject, length in (("physics", 20), ("english", 10), ("biology", 10)):
        start(visitor, subject, length)
        while visitor.locator("form[data-answer]").count():
            parts = {"formula": ".katex", "picture": "#sheet img, #sheet svg.fig", "sound": "#sheet audio"}
            met |= {name for name, selector in parts.items() if visitor.locator(selector).count()}
            verdicts.append(answer(visitor))
            go_on(visitor)
        assert visitor.locator(".tbl tbody tr").count() == length
    assert met == {"formula", "picture", "sound"}
    assert set(verdicts) <= {"correct", "partial", "wrong", "pending", ""}
    counted = sum(verdict in {"correct", "partial", "wrong"} for verdict in verdicts)
    assert answered_so_far(visitor) == counted
    visitor.goto("/cabinet")
    expect(visitor.locator("main h1")).to_have_text("Прогресс")
    expect(visitor.locator(".cal i.dt")).to_have_class(re.compile(r"\bd3\b"))
    expect(visitor.locator("main")).to_contain_text("Физика")
    visitor.click("a[href='/cabinet/history']")
    assert visitor.locator(".tbl tbody tr").count() == 30
    visitor.click("a[rel=next]")
    assert visitor.locator(".tbl tbody tr").count() == len(verdicts) - 30


def test_every_kind_of_question_is_answered_and_judged(visitor: Page) -> None:
    sign_up(visitor)
    judged = {"correct", "partial", "wrong"}
    for kind in ("single_choice", "multiple_choice", "true_false", "short_text", "numeric", "matching", "ordering"):
        start_question(visitor, a_code(visitor, kind))
        assert answer(visitor) in judged, kind
    start_question(visitor, a_code(visitor, "cloze"))
    assert answer(visitor) in judged
    start_question(visitor, a_code(visitor, "essay"))
    assert answer(visitor) == "pending"
    expect(visitor.locator(".verdict")).to_contain_text("Ждёт проверки учителем")
    start_question(visitor, a_code(visitor, "description"))
    visitor.click("[data-check]")
    visitor.wait_for_url("**/result")


def test_a_guest_trains_signs_up_and_keeps_the_progress(visitor: Page) -> None:
    visitor.goto("/cabinet")
    visitor.click("main a[href='/train']")
    start(visitor, "physics")
    solve(visitor)
    solved = answered_so_far(visitor)
    assert solved > 0
    visitor.click("main .note a[href^='/signup']")
    visitor.fill("#f-email", an_email())
    visitor.fill("#f-password", PASSWORD)
    visitor.click("main form .btn-primary")
    visitor.wait_for_url("**/cabinet")
    assert visitor.locator("main .note a[href^='/signup']").count() == 0
    assert answered_so_far(visitor) == solved


def test_a_training_goes_by_the_keyboard_alone(visitor: Page) -> None:
    visitor.goto("/train?subject=physics")
    visitor.focus("input[name=length][value='10']")
    visitor.keyboard.press("Enter")
    visitor.wait_for_selector("form[data-answer]")
    for _ in range(10):
        attempt = visitor.get_attribute("form[data-answer]", "data-answer")
        visitor.keyboard.press("Escape")
        chosen = visitor.locator(".opts input[type=radio]").count() > 0
        visitor.keyboard.press("1" if chosen else "0")
        if chosen:
            visitor.keyboard.press("Enter")
        visitor.wait_for_selector(f"form[data-answer='{attempt}']", state="detached")
        visitor.wait_for_selector(".verdict h2:focus")
        visitor.keyboard.press("Enter")
        visitor.wait_for_selector("form[data-answer], .facts")
    visitor.wait_for_url("**/result")
    assert visitor.locator(".tbl tbody tr").count() == 10


def test_the_hint_is_shown_under_the_question(visitor: Page) -> None:
    sign_up(visitor)
    start(visitor, "math_profile", 30)
    for _ in range(30):
        if visitor.locator("[data-hint]").count():
            visitor.click("[data-hint]")
            visitor.wait_for_selector("#hint .hint")
            assert visitor.locator("form[data-answer]").count() == 1
            return
        answer(visitor)
        go_on(visitor)
    pytest.fail("no question of the whole subject had a hint")


def test_going_back_after_a_verdict_shows_the_question_that_waits(visitor: Page) -> None:
    start(visitor, "physics")
    answer(visitor)
    go_on(visitor)
    waiting = visitor.get_attribute("form[data-answer]", "data-answer")
    visitor.go_back(wait_until="load")
    visitor.go_forward(wait_until="load")
    visitor.wait_for_selector("form[data-answer]")
    assert visitor.get_attribute("form[data-answer]", "data-answer") == waiting
    assert answered_so_far(visitor) <= 1


def test_language_and_theme_change_and_stay(visitor: Page) -> None:
    visitor.goto("/train")
    expect(visitor.locator("h1")).to_have_text("Тренировка")
    visitor.click("header a[hreflang=en]")
    expect(visitor.locator("h1")).to_have_text("Practice")
    theme = "document.documentElement.dataset.bsTheme"
    before = visitor.evaluate(theme)
    visitor.click("[data-theme-toggle]")
    visitor.goto("/cabinet")
    assert visitor.evaluate(theme) != before
    expect(visitor.locator("h1")).to_have_text("Progress")


def test_a_wrong_password_says_so_and_keeps_the_address(browser: Browser, demo_server: Served) -> None:
    email, _ = demo_server.credentials("learner")
    # A page of its own: the browser reports the 401 of the answer as an error, and it is meant.
    page = browser.new_page(base_url=demo_server.url, locale="ru-RU")
    page.goto("/login?next=/cabinet")
    page.fill("#f-email", email)
    page.fill("#f-password", "not the password")
    with page.expect_navigation():
        page.click("main form .btn-primary")
    expect(page.locator("main [role=alert]")).to_contain_text("Почта или пароль не подходят")
    assert page.input_value("#f-email") == email
    assert page.input_value("#f-password") == ""
    page.close()


def test_an_author_imports_a_file_through_the_wizard_and_exports(visitor: Page, demo_server: Served) -> None:
    sign_in(visitor, *demo_server.credentials("author"), next="/author/imports")
    visitor.set_input_files("#f-file", TRICKY)
    visitor.click("form[data-upload] .btn-primary")
    visitor.wait_for_url(re.compile(r"/author/imports/[0-9a-f-]{36}$"))
    visitor.wait_for_selector("form[action$='/confirm']", timeout=20_000)
    found = int(re.sub(r"\D", "", visitor.inner_text("#su")))
    assert found > 0
    visitor.click("form[action$='/confirm'] .btn-primary")
    visitor.wait_for_selector("a.btn[href='/author/questions']", timeout=20_000)
    visitor.click("a.btn[href='/author/questions']")
    visitor.wait_for_url("**/author/questions")
    assert visitor.locator("main a[href*='/questions/']").count() > 0
    visitor.goto("/author/imports")
    visitor.click("form[action$='/exports'] button[type=submit], form[action$='/export'] button[type=submit]")
    visitor.wait_for_selector("main a.btn-primary:has-text('Скачать')", timeout=20_000)
    with visitor.expect_download() as started:
        visitor.click("main a.btn-primary:has-text('Скачать')")
    assert started.value.path().stat().st_size > 0


def test_without_scripts_a_training_goes_by_plain_forms(browser: Browser, demo_server: Served) -> None:
    context = browser.new_context(base_url=demo_server.url, locale="ru-RU", java_script_enabled=False)
    page = context.new_page()
    page.goto("/train?subject=physics")
    page.click("main form .btn-primary.btn-lg")
    page.wait_for_selector("form[data-answer]")
    for number in range(10):
        choice = page.locator("form[data-answer] input[type=radio]").first
        if choice.count():
            choice.check(force=True)
            page.click("[data-check]")
        else:
            page.click("[data-skip]")
        page.wait_for_selector("[data-next]")
        page.click("[data-next]")
        page.wait_for_selector("form[data-answer]" if number < 9 else ".facts")
    assert page.url.endswith("/result")
    context.close()
