"""An operator watches a task at work, cancels it and tries it again, with the keyboard where a mouse would do."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Served
from tests.e2e.learner import sign_in, sign_up


def make_demo(page: Page, words: str) -> None:
    page.goto("/operator/tasks")
    page.fill("#f-description", words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/operator/tasks/[0-9a-f-]{36}$"))


def test_an_operator_watches_a_task_cancels_it_and_tries_it_again(page: Page, demo_server: Served) -> None:
    sign_in(page, *demo_server.credentials("operator"), next="/operator")
    expect(page.locator("#desk-live")).to_contain_text("Исполнители")
    make_demo(page, "Смотрим, как идёт работа")
    bar = page.locator("[role=progressbar]")
    expect(bar).to_be_visible(timeout=20_000)
    before = int(bar.get_attribute("aria-valuenow") or 0)
    page.wait_for_function(
        "was => +document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow') > was",
        arg=before,
        timeout=20_000,
    )
    page.focus("form[action$='/cancel'] button")
    page.keyboard.press("Enter")
    state = page.locator("#task-live .panel-head .st")
    expect(state).to_have_text("отменена", timeout=20_000)
    expect(page.locator("#task-live tbody")).to_contain_text("Отменена")
    page.focus("form[action$='/retry'] button")
    page.keyboard.press("Enter")
    expect(state).to_have_text("готово", timeout=40_000)
    expect(page.locator("#task-live tbody")).to_contain_text("Запущена заново")
    page.goto("/operator")
    expect(page.locator("#desk-live")).to_contain_text("Смотрим, как идёт работа")


def test_a_learner_has_a_page_of_own_tasks_and_no_door_to_the_operators(page: Page) -> None:
    sign_up(page, next="/tasks")
    page.goto("/tasks")
    expect(page.locator("main h1")).to_have_text("Мои задачи")
    refused = page.request.get("/operator")
    assert refused.status == 403
