"""An event in a real browser: joined before it opens, let in by the clock, written, finished, placed."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Served
from tests.e2e.learner import sign_up

EVENTS = "/api/training/events"


def announce(page: Page, served: Served, seconds: int) -> str:
    """An event of four questions that opens in so many seconds; its id."""
    email, password = served.credentials("author")
    signed = page.request.post(f"{served.url}/api/auth/sign-in", data={"email": email, "password": password})
    author = {"Authorization": f"Bearer {signed.json()['access_token']}"}
    found = page.request.get(f"{served.url}/api/bank/questions?kind=single_choice&limit=4").json()["items"]
    opens_at = datetime.now(UTC) + timedelta(seconds=seconds)
    plan = {
        "title": "Турнир в браузере",
        "opens_at": opens_at.isoformat(),
        "closes_at": (opens_at + timedelta(hours=1)).isoformat(),
        "duration_min": 30,
        "questions": [item["id"] for item in found],
        "variants": 2,
    }
    made = page.request.post(f"{served.url}{EVENTS}", data=plan, headers=author)
    assert made.status == 201, made.text()
    id = str(made.json()["id"])
    sealed = page.request.post(f"{served.url}{EVENTS}/{id}/seal", headers=author)
    assert sealed.status == 200, sealed.text()
    return id


def test_a_learner_writes_an_event_and_sees_their_place(page: Page, demo_server: Served) -> None:
    sign_up(page)
    id = announce(page, demo_server, 12)
    page.goto("/events")
    page.click(f"a[href='/events/{id}']")
    page.fill("#f-name", "Ада Лавлейс")
    page.click("main form .btn-primary")
    expect(page.locator("main")).to_contain_text("Ада Лавлейс")
    page.wait_for_selector(f"form[action='/events/{id}/start']", timeout=40_000)
    page.click(f"form[action='/events/{id}/start'] .btn-primary")
    page.wait_for_url("**/exams/*")
    for number in range(1, 5):
        page.locator(f"#task-{number} input[name^=answer]").first.check(force=True)
        expect(page.locator("[data-exam-count]")).to_contain_text(f"{number} из 4")
        expect(page.locator("[data-exam-save]")).to_contain_text("Сохранено", timeout=15_000)
        if number < 4:
            page.click("[data-exam-next]")
    page.click("[data-exam-finish]")
    page.click("main form .btn-primary, dialog[open] .btn-primary")
    page.wait_for_url(f"**/events/{id}")
    expect(page.locator("main")).to_contain_text("Вы закончили")
    row = page.locator("#standings tr.is-me")
    expect(row).to_contain_text("Ада Лавлейс", timeout=15_000)
    expect(row).to_contain_text("1")
