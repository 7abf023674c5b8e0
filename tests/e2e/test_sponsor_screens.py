"""A sponsor's way in a real browser, and every page of advertising in both languages, widths and themes."""

import io
from uuid import uuid4

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Served
from tests.e2e.learner import answer, go_on, sign_in, sign_up, start
from tests.e2e.screen import Screen

LANGUAGES = ("ru", "en")
API = "/api/advertising"
LONG = "Механика и оптика за две недели, опыты своими руками. " * 8
SHARED = ("/operator", "/operator/tasks", "/operator/messages", "/operator/reports", "/tasks")


def look(screen: Screen, *paths: str) -> None:
    """Each page in both languages."""
    for language in LANGUAGES:
        screen.page.goto(f"/locale/{language}?next=/find")
        for path in paths:
            screen.page.goto(path, wait_until="networkidle")
            screen.check(f"{path} in {language}")
    screen.page.goto("/locale/ru?next=/find")


def operator_of(served: Served) -> httpx.Client:
    email, password = served.credentials("operator")
    signed = httpx.post(f"{served.url}/api/auth/sign-in", json={"email": email, "password": password})
    bearer = {"Authorization": f"Bearer {signed.json()['access_token']}"}
    return httpx.Client(base_url=served.url, timeout=20, headers=bearer)


def become_sponsor(page: Page, name: str) -> None:
    page.goto("/signup?next=/sponsor")
    page.fill("#f-email", f"{uuid4().hex[:12]}@example.org")
    page.fill("#f-password", "correct horse battery")
    page.click("main form .btn-primary")
    page.wait_for_url("**/sponsor")
    page.fill("#f-name", name)
    page.click("main form .btn-primary")
    page.wait_for_selector("a[href$='/new']")


def a_picture() -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize((960, 540)).save(made, "PNG")
    return made.getvalue()


def show_to_somebody(served: Served, city: str, campaign: str) -> None:
    """The ad of that campaign, after all others that there are, for some people of that city, and a click."""
    with operator_of(served) as operator:
        for _ in range(3):
            person = {"client_id": str(uuid4()), "login": "x", "age": 16, "location": city, "gender": "MALE"}
            assert operator.post(f"{API}/clients/bulk", json=[person]).status_code == 201
            shown = ""
            while shown != campaign:
                ad = operator.get(f"{API}/ads", params={"client_id": person["client_id"]})
                assert ad.status_code == 200, ad.text
                shown = ad.json()["ad_id"]
        clicked = operator.post(f"{API}/ads/{campaign}/click", json={"client_id": person["client_id"]})
        assert clicked.status_code == 204


def test_the_way_of_a_sponsor(screen: Screen, demo_server: Served) -> None:
    page, city = screen.page, f"Город {uuid4().hex[:8]}"
    screen.look("/signup?next=/sponsor")
    look(screen, "/sponsor")
    become_sponsor(page, "Школа «Интеграл»")
    page.click("a[href$='/new']")
    page.wait_for_load_state("networkidle")
    assert (
        "Показов пока нет" in page.inner_text("#forecast").replace("\xa0", " ") or page.locator("#forecast dl").count()
    )
    new = page.url

    page.fill("#f-ad_title", "Зимняя школа физики")
    assert page.inner_text("[data-preview-title]") == "Зимняя школа физики"
    page.fill("#f-ad_text", LONG)
    assert page.inner_text("[data-preview-text]") == f"{LONG[:137].rsplit(' ', 1)[0]}..."
    assert page.is_visible("[data-preview-long]")
    page.click("#campaign details summary")
    page.click("#campaign button[value=write]:not(.visually-hidden)")
    page.wait_for_selector(".sp-texts li >> nth=2")
    screen.check("three texts to choose from")
    first = page.locator("[data-take]").first.get_attribute("value") or ""
    page.locator("[data-take]").first.press("Enter")
    assert page.input_value("#f-ad_text") == first
    page.fill("#f-cost_per_click", "-1")
    page.fill("#f-age_from", "300")
    page.click("#campaign > .act .btn-primary")
    page.wait_for_selector("#f-cost_per_click-error")
    assert page.input_value("#f-ad_text") == first
    assert page.evaluate("document.activeElement.id") == "f-cost_per_click"
    screen.check("a faulty campaign")
    page.fill("#f-cost_per_click", "2,5")
    page.fill("#f-age_from", "")
    page.fill("#f-location", city)
    page.click("#campaign > .act .btn-primary")
    page.wait_for_selector("#image form")
    here = page.url.partition("?")[0]

    page.set_input_files("#f-file", {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    assert (page.get_attribute("[data-preview-image]", "src") or "").startswith("blob:")
    page.click("#image .act [type=submit] >> nth=0")
    page.wait_for_selector("#f-file-error")
    screen.check("a picture that is none")
    page.set_input_files("#f-file", {"name": "a.png", "mimeType": "image/png", "buffer": a_picture()})
    page.click("#image .act [type=submit] >> nth=0")
    page.wait_for_selector("[data-preview-image][src^='/files/']")

    show_to_somebody(demo_server, city, here.rpartition("/")[2])
    page.reload(wait_until="networkidle")
    page.wait_for_selector("#forecast dl")
    shelf = here.rpartition("/")[0]
    paths = [path.removeprefix(demo_server.url) for path in (new, here, shelf, f"{here}/numbers", f"{shelf}/numbers")]
    look(screen, "/sponsor", *paths, f"{paths[3]}?from=100&to=120")
    page.goto(f"{here}/numbers", wait_until="networkidle")
    expect(page.locator("[data-chart] svg")).to_have_count(4)


def test_pages_of_the_demos_sponsor(screen: Screen, demo_server: Served) -> None:
    page = screen.page
    sign_in(page, *demo_server.credentials("sponsor"), next="/sponsor")
    shelf = page.locator("h2 a").first.get_attribute("href") or ""
    campaigns = [str(link.get_attribute("href")) for link in page.locator("table th a").all()]
    for path in (shelf, *campaigns):
        screen.look(path)
    page.goto("/locale/en?next=/sponsor")
    screen.look(shelf)
    page.check("[name=subjects][value=chemistry]", force=True)
    page.click("form[action$='/subjects'] .btn")
    page.wait_for_url("**said=subjects*")
    assert page.is_checked("[name=subjects][value=chemistry]")
    screen.check("subjects that were saved")


def test_a_campaign_is_made_without_scripts(browser: Browser, demo_server: Served) -> None:
    context = browser.new_context(base_url=demo_server.url, locale="ru-RU", java_script_enabled=False)
    page = context.new_page()
    become_sponsor(page, "Школа без скриптов")
    page.click("a[href$='/new']")
    page.fill("#f-ad_title", "Курс химии")
    page.click("#campaign details summary")
    page.click("#campaign .fold button[value=write]")
    text = page.locator("[data-take]").nth(1).get_attribute("value")
    page.locator("[data-take]").nth(1).click()
    assert page.input_value("#f-ad_text") == text
    assert (text or "")[:60] in page.inner_text("[data-preview]").replace("\xa0", " ")
    page.click("#campaign > .act .btn-primary")
    page.wait_for_selector("#image form")
    page.set_input_files("#f-file", {"name": "a.png", "mimeType": "image/png", "buffer": a_picture()})
    page.click("#image .act [type=submit] >> nth=0")
    page.wait_for_selector("[data-preview-image][src^='/files/']")
    context.close()


def test_pages_of_an_operator_of_ads(screen: Screen, demo_server: Served) -> None:
    page = screen.page
    sign_in(page, *demo_server.credentials("operator"), next="/operator/advertising")
    page.fill("#f-words", "казино, ставки")
    page.click("form[action$='/words'] .btn")
    page.wait_for_selector(".sp-words li >> nth=1")
    page.fill("#f-text", "Играйте в к а з и н о и делайте ставки")
    page.click("form[action$='/try'] .btn")
    page.wait_for_selector("#found mark")
    screen.check("a text that was tried")
    with operator_of(demo_server) as operator:
        advertiser = str(uuid4())
        operator.post(f"{API}/advertisers/bulk", json=[{"advertiser_id": advertiser, "name": "Удача"}])
        terms = {"impressions_limit": 9, "clicks_limit": 9, "cost_per_impression": 0.1, "cost_per_click": 1}
        terms |= {"ad_title": "Лучшее ка3ино", "ad_text": "Ставки сделаны.", "start_date": 500, "end_date": 501}
        assert operator.post(f"{API}/advertisers/{advertiser}/campaigns", json=terms).status_code == 201
    home = "/operator/advertising"
    look(screen, home, f"{home}/campaigns", f"{home}/campaigns?only=words", f"{home}/advertisers")
    page.goto(f"{home}/campaigns?only=words")
    page.locator("tr:has-text('Лучшее ка3ино') summary").click()
    page.locator("tr:has-text('Лучшее ка3ино') form .btn").click()
    page.wait_for_url("**/campaigns")
    assert not page.locator("tr:has-text('Лучшее ка3ино')").count()
    page.goto(home)
    for _ in range(2):
        page.locator(".sp-words .ibtn").first.click()
        page.wait_for_load_state("networkidle")


def test_pages_that_were_there_before_in_english_too(screen: Screen, demo_server: Served) -> None:
    page = screen.page
    sign_in(page, *demo_server.credentials("operator"), next="/operator/tasks")
    page.click("main form[method=post] button")
    page.wait_for_selector("[role=progressbar]", timeout=20_000)
    page.goto("/locale/en?next=/find")
    for path in SHARED:
        screen.look(path)
    page.context.clear_cookies()
    sign_up(page)
    start(page, "math_profile")
    for _ in range(10):
        answer(page)
        go_on(page)
        if page.locator(".pause").count():
            page.click("[data-next]")
            page.wait_for_selector("form[data-answer], .facts")
    page.goto("/locale/en?next=/find")
    for path in ("/cabinet", "/cabinet/history", "/cabinet/mistakes", "/leaderboard", "/tasks"):
        screen.look(path)
