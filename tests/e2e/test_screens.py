"""Every page on a phone and a desktop, light and dark: no wider than the screen, nothing for the checker to say.

A page is opened once and looked at in every width and theme: they differ by the stylesheet alone.
"""

import io
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Served
from tests.e2e.learner import agree_to_ads, answer, go_on, sign_in, sign_up, start, start_question
from tests.e2e.operator_calls import advertise, call, without_demo_ads
from tests.e2e.screen import Screen
from tests.e2e.test_event_journey import announce

FOR_ALL = ("/", "/train", "/train?subject=physics", "/cabinet", "/questions", "/questions?q=сила", "/find",
           "/find?code=XXXXXXXX", "/events", "/login", "/signup", "/no-such-page", "/docs/errors",
           "/docs/messages", "/exams")  # fmt: skip
FOR_LEARNERS = ("/", "/train", "/cabinet", "/cabinet/history", "/cabinet/mistakes", "/leaderboard", "/profile")
FOR_AUTHORS = (
    "/author",
    "/author/questions",
    "/author/questions/new",
    "/author/imports",
    "/author/events",
    "/author/events/new",
    "/author/statistics",
    "/author/grading",
    "/author/extra-time",
    "/cabinet",
)
FOR_OPERATORS = (
    "/operator",
    "/operator/tasks",
    "/operator/tasks?status=failed",
    "/operator/messages",
    "/operator/reports",
    "/operator/reports/2026-01-01",
    "/tasks",
)
KINDS = ("single_choice", "multiple_choice", "true_false", "short_text", "numeric", "matching", "ordering", "cloze",
         "essay", "description")  # fmt: skip
GIFT = """::Одна:: Столица Франции? {=Париж ~Лион ~Марсель}

::Две:: Скобки { =а ~б

::Три:: 2 + 2? {#4:abc}

::Четыре:: Кто? {Пушкин ~Лермонтов =Гоголь}
"""


def codes(page: Page, kind: str, count: int) -> list[str]:
    found = page.request.get(f"/api/bank/questions?kind={kind}&limit={count}")
    return [item["find_code"] for item in found.json()["items"]]


def test_pages_for_everybody(screen: Screen) -> None:
    for path in FOR_ALL:
        screen.look(path)
    screen.look(f"/questions/{codes(screen.page, 'single_choice', 1)[0]}")


def test_pages_of_a_learner(screen: Screen) -> None:
    sign_up(screen.page)
    for path in FOR_LEARNERS:
        screen.look(path)
    start(screen.page, "math_profile")
    screen.check("a training that begins")
    screen.page.keyboard.press("w")
    assert screen.page.locator("[data-why]").evaluate("it => it.parentElement.open && it === document.activeElement")
    screen.check("a training that tells why")
    for _ in range(10):
        answer(screen.page)
        go_on(screen.page)
    screen.page.wait_for_load_state("networkidle")
    screen.check("the result")
    for path in FOR_LEARNERS:
        screen.look(path)


def test_questions_of_every_kind_open_and_answered(screen: Screen) -> None:
    sign_up(screen.page)
    for kind in KINDS:
        start_question(screen.page, codes(screen.page, kind, 1)[0])
        screen.page.wait_for_load_state("networkidle")
        screen.check(f"{kind}, open")
        if kind != "description":
            answer(screen.page)
            screen.page.wait_for_load_state("networkidle")
            screen.check(f"{kind}, answered")


def test_an_ad_between_two_questions(screen: Screen, demo_server: Served) -> None:
    page, long = screen.page, "Механика и оптика за две недели, опыты своими руками. " * 12
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((960, 540)).save(picture, "PNG")
    nowhere = {"location": "Город для снимков"}
    without_demo_ads(demo_server)
    advertise(demo_server, "Зимняя школа", long, picture.getvalue(), targeting=nowhere)
    advertise(demo_server, "Курс физики", "Коротко и ясно.", targeting=nowhere, cost_per_impression=0.1)
    sign_up(page)
    agree_to_ads(page, town="Город для снимков")
    path = f"/api/shop/users/{page.request.get('/api/me').json()['id']}/entitlements/no_ads"
    call(demo_server, "PUT", path, {"ends_at": "2126-06-30T21:00:00Z"})
    screen.look("/profile")
    expect(page.locator("main")).to_contain_text("Тренировки без рекламы")
    call(demo_server, "DELETE", path)
    page.wait_for_timeout(2500)
    start(page, "physics", 20)
    for name in ("an ad with a picture", "an ad without a picture"):
        for _ in range(3):
            answer(page)
            is_ad = go_on(page)
        assert is_ad, name
        page.wait_for_load_state("networkidle")
        screen.check(name)
        page.click("[data-ad]")
        page.wait_for_selector("[data-ad]", state="detached")
        page.wait_for_load_state("networkidle")
        screen.check(f"{name}, opened")
        page.goto("/locale/en?next=" + urlsplit(page.url).path)
        page.wait_for_selector(".pause")
        assert "Advertisement" in page.inner_text(".pause")
        screen.check(f"{name}, in English")
        page.goto("/locale/ru?next=" + urlsplit(page.url).path)
        page.click("[data-next]")
        page.wait_for_selector("form[data-answer]")


def test_pages_of_an_exam_and_of_an_event(screen: Screen, demo_server: Served) -> None:
    page = screen.page
    sign_up(page)
    page.goto("/exams")
    page.locator(".exam-offer form button").first.click()
    page.wait_for_selector(".js-exam")
    page.wait_for_load_state("networkidle")
    screen.check("the paper of an exam")
    page.goto(f"{page.url.partition('#')[0]}/finish")
    screen.check("the end of an exam")
    page.click("main form .btn-primary")
    page.wait_for_url("**/result")
    page.wait_for_load_state("networkidle")
    screen.check("the result of an exam")
    id = announce(page, demo_server, 2)
    page.goto(f"/events/{id}")
    page.fill("#f-name", "Ада")
    page.click("main form .btn-primary")
    page.wait_for_selector(f"form[action='/events/{id}/start']", timeout=40_000)
    screen.check("an event that goes on")
    page.click(f"form[action='/events/{id}/start'] .btn-primary")
    page.wait_for_url("**/exams/*")
    page.goto(f"{page.url.partition('#')[0]}/finish")
    page.click("main form .btn-primary")
    page.wait_for_url(f"**/events/{id}")
    screen.check("an event whose paper is handed in")
    page.click("main a[href$='/result']")
    page.wait_for_selector("[data-countdown]")
    screen.check("a result that is held")


def test_pages_of_an_author(screen: Screen, demo_server: Served) -> None:
    sign_in(screen.page, *demo_server.credentials("author"))
    for path in FOR_AUTHORS:
        screen.look(path)


def test_pages_of_an_operator(screen: Screen, demo_server: Served) -> None:
    page = screen.page
    sign_in(page, *demo_server.credentials("operator"), next="/operator/reports")
    page.fill("#f-day", "2026-01-01")
    page.click("main form[method=post] button")
    page.wait_for_selector("a[href='/operator/reports/2026-01-01']", timeout=20_000)
    screen.check("a task that is over")
    page.goto("/operator/tasks")
    page.click("main form[method=post] button")
    page.wait_for_selector("[role=progressbar]", timeout=20_000)
    screen.check("a task at work")
    for path in FOR_OPERATORS:
        screen.look(path)


def test_the_steps_of_an_import(screen: Screen, demo_server: Served) -> None:
    page = screen.page
    sign_in(page, *demo_server.credentials("author"), next="/author/imports")
    page.set_input_files(".drop-input", {"name": "физика.gift", "mimeType": "text/plain", "buffer": GIFT.encode()})
    page.select_option("#f-subject", "physics")
    page.click("main form .btn-primary >> nth=0")
    page.wait_for_selector("form[action$='/confirm']")
    assert "Фигурные скобки не парные" in page.inner_text("main").replace("\xa0", " ")
    screen.check("the report of a dry run")
    page.click("form[action$='/confirm'] .btn-primary")
    page.wait_for_selector("form[action$='/undo']")
    screen.check("a finished import")


def test_the_editor_of_every_kind_with_its_faults(screen: Screen, demo_server: Served) -> None:
    page = screen.page
    sign_in(page, *demo_server.credentials("author"), next="/author/questions/new")
    for kind in KINDS:
        page.select_option("#f-kind", kind)
        page.wait_for_load_state("networkidle")
        screen.check(f"the editor of {kind}")
    page.fill("#f-stem", "Река [[1]] длиной [[2]] км. {{a}}")
    page.select_option("#f-kind", "cloze")
    page.wait_for_selector(".ed-gap >> nth=1")
    page.select_option("[name='gaps.kind'] >> nth=1", "numeric")
    page.wait_for_selector("[name='gap_accepted.tolerance']:not([type=hidden])")
    page.click("[data-gap-add]")
    page.wait_for_selector("[name='gaps.id']:focus")
    page.click("#f-template summary >> nth=0")
    page.fill("[name='parameters.name']", "a")
    page.click("[data-row-add=parameters]")
    page.keyboard.type("b")
    page.locator("[name='parameters.kind']").nth(1).select_option("choice")
    page.click("[name=do][value=publish]")
    page.wait_for_selector(".field-error")
    page.wait_for_load_state("networkidle")
    screen.check("gaps and parameters with their faults")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
