"""From a sponsor's idea to a learner's click and the bill, in a real browser; an operator watches over the words."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import Served
from tests.e2e.learner import agree_to_ads, answer, go_on, sign_in, sign_up, start
from tests.e2e.operator_calls import call, without_demo_ads

EVERY = 2
SCHOOL = "Школа «Интеграл»"
TEXT = "Механика и оптика за две недели, опыты своими руками. " * 5 + "Запись до первого июня."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One of its own, where an ad comes after every second question."""
    extra = {"LYCEUM_SIGNUP_LIMIT": "10000", "LYCEUM_ADVERTISING_EVERY_QUESTIONS": str(EVERY)}
    served = Served(tmp_path_factory.mktemp("ads"), ("--demo",), extra)
    served.start()
    without_demo_ads(served)
    yield served
    served.stop()


@contextmanager
def visitor(browser: Browser, server: Served) -> Iterator[Page]:
    """Somebody with a browser of their own; fails the test on any error of the page's own scripts."""
    context = browser.new_context(base_url=server.url, locale="ru-RU", viewport={"width": 1280, "height": 900})
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def text_of(place: Locator) -> str:
    return place.inner_text().replace("\xa0", " ")


def make_campaign(page: Page, title: str, text: str, **fields: str) -> str:
    """The form of a new campaign, filled in; the id of what was made, empty when it was refused."""
    page.goto("/sponsor")
    page.click("a[href$='/new']")
    for name, value in {"ad_title": title, "ad_text": text, **fields}.items():
        page.fill(f"#campaign [name={name}]", value)
    page.click("#campaign button.btn-primary[value=save]")
    page.wait_for_load_state("networkidle")
    made = re.search(r"/sponsor/[0-9a-f-]{36}/([0-9a-f-]{36})", page.url)
    return made[1] if made else ""


def bill_of(page: Page, campaign: str) -> tuple[int, int, Decimal]:
    """Impressions, clicks and the exact money, as the sponsor's client reads them."""
    told = page.request.get(f"/api/advertising/stats/campaigns/{campaign}")
    assert told.ok, told.text()
    stats = json.loads(told.text(), parse_float=Decimal, parse_int=Decimal)
    return int(stats["impressions_count"]), int(stats["clicks_count"]), stats["spent_total"]


def train_until_the_ad(page: Page) -> None:
    for _ in range(EVERY):
        assert page.locator(".pause").count() == 0
        answer(page)
        is_ad = go_on(page)
    assert is_ad, text_of(page.locator("main"))


def test_a_campaign_goes_from_the_sponsor_to_a_click_and_the_bill(browser: Browser, server: Served) -> None:
    with visitor(browser, server) as operator, visitor(browser, server) as sponsor, visitor(browser, server) as learner:
        sign_in(operator, *server.credentials("operator"), next="/operator/advertising")
        operator.fill("[name=words]", "шпаргалка")
        operator.click("form:has([name=words]) .act button")
        expect(operator.locator("main")).to_contain_text("шпаргалка")
        operator.goto("/operator/advertising")
        operator.click("form[action$='/moderation'] button")
        operator.wait_for_selector("form[action$='/moderation'] [name=enabled][value='0']", state="attached")

        sign_up(sponsor, next="/sponsor")
        sponsor.goto("/sponsor")
        sponsor.fill("form[action='/sponsor/join'] [name=name]", SCHOOL)
        sponsor.click("form[action='/sponsor/join'] .btn-primary")
        sponsor.wait_for_selector("a[href$='/new']")
        prices = {"cost_per_impression": "0.35", "cost_per_click": "7.05"}
        assert make_campaign(sponsor, "Шпаргалки по физике", TEXT, **prices) == ""
        expect(sponsor.locator("main")).to_contain_text(re.compile("шпаргал", re.IGNORECASE))
        passed_by = make_campaign(sponsor, "Лагерь без уроков", "Море, костёр и песни.", cost_per_impression="9")
        clicked = make_campaign(sponsor, "Курс физики", TEXT, **prices)
        assert passed_by
        assert clicked

        sign_up(learner)
        agree_to_ads(learner)
        learner.wait_for_timeout(2500)  # the relay and the index follow within a second each
        start(learner, "physics", 10)
        train_until_the_ad(learner)
        region = learner.get_by_role("region", name=re.compile("Реклама"))
        expect(region).to_have_count(1)
        expect(region).to_contain_text(SCHOOL)
        expect(region).to_contain_text("Лагерь без уроков")
        assert learner.locator("form[data-answer], .verdict").count() == 0, "never beside a question or a verdict"
        assert not region.evaluate("it => it.contains(document.activeElement)"), "the ad takes no focus"
        learner.reload()
        expect(region).to_contain_text("Лагерь без уроков")
        learner.keyboard.press("Enter")
        learner.wait_for_selector("form[data-answer]")

        train_until_the_ad(learner)
        expect(region).to_contain_text("Курс физики")
        expect(region).not_to_contain_text("Запись до первого июня")
        region.get_by_role("button", name="Узнать больше").click()
        expect(region).to_contain_text("Запись до первого июня")
        assert region.evaluate("it => it.contains(document.activeElement)"), "who opens it reads it"
        learner.keyboard.press("Enter")
        learner.wait_for_selector("form[data-answer]")
        for _ in range(EVERY):
            answer(learner)
            assert not go_on(learner), "there is nothing new to show"

        assert bill_of(sponsor, passed_by) == (1, 0, Decimal(9))
        assert bill_of(sponsor, clicked) == (1, 1, Decimal("7.40"))
        sponsor.goto("/sponsor")
        row = text_of(sponsor.locator("tr", has_text="Курс физики"))
        assert "7,40" in row, row


def test_whoever_takes_the_consent_back_or_is_entitled_sees_no_ads(browser: Browser, server: Served) -> None:
    with visitor(browser, server) as learner:
        sign_up(learner)
        agree_to_ads(learner)
        me = learner.request.get("/api/me").json()["id"]
        call(server, "PUT", f"/api/shop/users/{me}/entitlements/no_ads", {})
        learner.wait_for_timeout(1500)
        start(learner, "physics", 10)
        for _ in range(EVERY + 1):
            answer(learner)
            assert not go_on(learner)
        call(server, "DELETE", f"/api/shop/users/{me}/entitlements/no_ads")
        learner.goto("/profile")
        learner.uncheck("[name=ads_consent]", force=True)
        learner.click("form[action='/profile'] .btn-primary")
        learner.wait_for_url("**/profile?saved=profile")
        learner.wait_for_timeout(1500)
        start(learner, "physics", 10)
        for _ in range(EVERY + 1):
            answer(learner)
            assert not go_on(learner)
