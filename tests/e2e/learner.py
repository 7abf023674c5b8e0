"""What a learner does in the browser: comes in, starts a training, answers whatever stands on the sheet."""

import re
import secrets
from collections.abc import Callable

from playwright.sync_api import Locator, Page

PASSWORD = "a long enough password"


def an_email() -> str:
    return f"learner-{secrets.token_hex(5)}@example.org"


def sign_up(page: Page, next: str = "/") -> str:
    """A new account by the form; its e-mail."""
    email = an_email()
    page.goto(f"/signup?next={next}")
    page.fill("#f-email", email)
    page.fill("#f-password", PASSWORD)
    page.click("main form .btn-primary")
    page.wait_for_url(lambda url: "/signup" not in url)
    return email


def sign_in(page: Page, email: str, password: str, next: str = "/") -> None:
    page.goto(f"/login?next={next}")
    page.fill("#f-email", email)
    page.fill("#f-password", password)
    page.click("main form .btn-primary")
    page.wait_for_url(lambda url: "/login" not in url)


def agree_to_ads(page: Page, *, birth_year: int = 2008, town: str = "Казань") -> None:
    """Fill in the profile, and let ads be chosen by it."""
    page.goto("/profile")
    page.fill("[name=birth_year]", str(birth_year))
    page.select_option("[name=gender]", "female")
    page.fill("[name=location]", town)
    page.check("[name=ads_consent]", force=True)
    page.click("form[action='/profile'] .btn-primary")
    page.wait_for_url("**/profile?saved=profile")


def start(page: Page, subject: str = "", length: int = 10) -> None:
    """A training of a subject from the page of practice."""
    page.goto(f"/train?subject={subject}")
    page.check(f"input[name=length][value='{length}']", force=True)
    page.click("main form .btn-primary.btn-lg")
    page.wait_for_selector("#sheet")


def start_question(page: Page, code: str) -> None:
    """A training of one question, by its find code."""
    page.goto("/train")
    token = page.get_attribute("main input[name=csrf_token]", "value")
    page.evaluate(
        """([code, token]) => {
            const form = document.createElement('form');
            form.method = 'post';
            form.action = '/train';
            for (const [name, value] of [['code', code], ['csrf_token', token]]) {
                const field = document.createElement('input');
                field.name = name;
                field.value = value;
                form.append(field);
            }
            document.body.append(form);
            form.submit();
        }""",
        [code, token],
    )
    page.wait_for_selector("#sheet")


def _choose(fields: Locator) -> None:
    fields.first.check(force=True)


def _select(fields: Locator) -> None:
    for number in range(fields.count()):
        fields.nth(number).select_option(index=1)


def _write(fields: Locator) -> None:
    for number in range(fields.count()):
        field = fields.nth(number)
        field.fill("1" if field.get_attribute("inputmode") == "decimal" else "слово")


FIELDS: dict[str, Callable[[Locator], None]] = {
    "input[type=radio][name^=answer]": _choose,
    "input[type=checkbox][name^=answer]": _choose,
    "select[name^=answer]": _select,
    "textarea[name^=answer]": _write,
    "input:not([type])[name^=answer], input[type=text][name^=answer]": _write,
}


def answer(page: Page) -> str:
    """Answer the question on the sheet, right or wrong; the verdict."""
    form = page.locator("form[data-answer]")
    attempt = form.get_attribute("data-answer")
    for selector, fill in FIELDS.items():
        fields = form.locator(selector)
        if fields.count():
            fill(fields)
    page.click("[data-check]")
    page.wait_for_selector(f"form[data-answer='{attempt}']", state="detached")
    page.wait_for_selector(".verdict h2:focus, [data-next]")
    verdict = page.locator(".verdict")
    return (verdict.get_attribute("data-verdict") or "") if verdict.count() else ""


def go_on(page: Page) -> bool:
    """To the next question, to the result after the last, or to the ad before the next (True)."""
    page.click("[data-next]")
    page.wait_for_selector("form[data-answer], .facts, .pause")
    return page.locator(".pause").count() > 0


def solve(page: Page) -> list[str]:
    """Answer until the result is shown; the verdicts."""
    verdicts = []
    while page.locator("form[data-answer]").count():
        verdicts.append(answer(page))
        go_on(page)
    assert re.search(r"/result$", page.url), page.url
    return verdicts
