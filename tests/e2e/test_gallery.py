"""The parts of the pages in a real browser, under the product's content policy: behaviour, width, accessibility."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import free_port

SCRIPT = Path(__file__).parents[2] / "scripts" / "gallery.py"
PAGES = ("train-ru", "open-ru", "locked-ru", "parts-ru", "404-ru", "train-en", "500-en")
OFFLINE = "Failed to load resource"


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    folder = tmp_path_factory.mktemp("gallery")
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(folder), "--port", str(port)])
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError), urlopen(f"{url}/404-ru.html", timeout=1):
            break
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture
def looked(browser: Browser, gallery: str) -> Iterator[Page]:
    """A Russian-speaking visitor of the gallery; any error of a script and any request elsewhere fails the test."""
    context = browser.new_context(base_url=gallery, locale="ru-RU", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    hosts: set[str] = set()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    yield page
    context.close()
    assert [error for error in errors if OFFLINE not in error and "htmx:error: Failed to fetch" not in error] == []
    assert hosts == {gallery}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_is_wider_than_the_screen_or_fails_the_accessibility_checker(
    browser: Browser, gallery: str, width: int, scheme: str
) -> None:
    viewport = {"width": width, "height": 900}
    context = browser.new_context(base_url=gallery, viewport=viewport, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    found: list[str] = []
    for name in PAGES:
        page.goto(f"/{name}.html", wait_until="networkidle")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{name} is wider than {width}")
        violations = Axe().run(page).response["violations"]
        found += [f"{name}: {fault['id']} at {fault['nodes'][0]['target']}" for fault in violations]
    context.close()
    assert found == []


def choices(page: Page) -> list[bool]:
    chosen: list[bool] = page.eval_on_selector_all(".opts input", "fields => fields.map(field => field.checked)")
    return chosen


def test_an_answer_by_keys_is_swapped_in_with_its_verdict_in_focus(looked: Page) -> None:
    looked.goto("/train-ru.html", wait_until="networkidle")
    assert looked.locator(".stem .katex").count() == 4
    assert looked.locator("[data-check]").is_disabled()
    looked.keyboard.press("2")
    assert choices(looked) == [False, True, False, False, False]
    looked.keyboard.press("Enter")
    looked.wait_for_selector(".verdict h2:focus")
    assert looked.title() == "Неверно — Тренировка"
    assert "\\(" not in looked.locator("#sheet").inner_text()
    looked.keyboard.press("Enter")
    looked.wait_for_selector("form[data-answer='2']")
    looked.wait_for_selector("#sheet:focus")
    assert choices(looked) == [False] * 5
    assert looked.locator("[data-check]").is_disabled()


def press_in_russian(page: Page, key: str) -> None:
    page.evaluate(
        "key => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))",
        key,
    )


def test_letters_work_in_the_russian_layout_and_a_field_only_types(looked: Page) -> None:
    looked.goto("/train-ru.html", wait_until="networkidle")
    press_in_russian(looked, "е")
    assert looked.get_attribute("[data-timer]", "aria-pressed") == "true"
    press_in_russian(looked, "и")
    assert looked.get_attribute("[data-bookmark]", "aria-pressed") == "true"
    looked.keyboard.press("?")
    assert looked.locator("#ly-keys").is_visible()
    looked.keyboard.press("Escape")
    looked.goto("/open-ru.html", wait_until="networkidle")
    field = looked.locator(".gap input[type=text], .gap input:not([type])").first
    field.press("1")
    assert field.input_value() == "1"
    assert not any(choices(looked))


def test_keys_can_be_turned_off(looked: Page) -> None:
    looked.goto("/train-ru.html", wait_until="networkidle")
    looked.keyboard.press("?")
    looked.uncheck("[data-keys-switch]")
    looked.keyboard.press("Escape")
    looked.keyboard.press("2")
    assert not any(choices(looked))


def test_a_refusal_leaves_the_answer_and_says_what_to_do(looked: Page) -> None:
    looked.goto("/train-ru.html", wait_until="networkidle")
    looked.evaluate("document.querySelector('form[data-answer]').setAttribute('hx-post', '/missing')")
    looked.evaluate("htmx.process(document.querySelector('form[data-answer]'), true)")
    looked.keyboard.press("3")
    looked.keyboard.press("Enter")
    looked.wait_for_selector(".ly-note")
    assert choices(looked)[2]
    assert looked.inner_text("[data-check]") == "Проверить"


def test_without_a_network_the_answer_waits_and_is_sent_when_it_is_back(looked: Page) -> None:
    looked.goto("/train-ru.html", wait_until="networkidle")
    looked.keyboard.press("1")
    looked.context.set_offline(True)
    looked.keyboard.press("Enter")
    looked.wait_for_selector(".ly-note")
    assert "отправим, когда появится сеть" in looked.inner_text(".ly-note")
    looked.context.set_offline(False)
    looked.wait_for_selector(".verdict")


def test_charts_follow_the_theme_and_the_choice_is_kept(looked: Page) -> None:
    looked.emulate_media(color_scheme="light")
    looked.goto("/parts-ru.html", wait_until="networkidle")
    assert looked.locator(".chart svg").count() == 3
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--ly-ink').trim()"
    for _ in range(2):
        looked.wait_for_selector(f"#c1 svg path[stroke='{looked.evaluate(ink)}']", state="attached")
        looked.click("[data-theme-toggle]")
    looked.click("[data-theme-toggle]")
    looked.reload()
    assert looked.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_an_ordering_is_moved_by_keys_buttons_and_the_pointer(looked: Page) -> None:
    looked.goto("/open-ru.html", wait_until="networkidle")

    def order() -> str:
        ids: list[str] = looked.eval_on_selector_all("[data-order] input", "fields => fields.map(field => field.value)")
        return "".join(ids)

    assert order() == "1234"
    looked.focus("[data-order-grip] >> nth=0")
    looked.keyboard.press("ArrowDown")
    assert order() == "2134"
    looked.click("[data-order-up] >> nth=3")
    assert order() == "2143"
    grip = looked.locator("[data-order-grip]").first
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), looked.locator("[data-order-row]").last.bounding_box()
    assert start is not None
    assert end is not None
    looked.mouse.move(start["x"] + 10, start["y"] + 20)
    looked.mouse.down()
    looked.mouse.move(start["x"] + 10, end["y"] + end["height"] - 5, steps=12)
    looked.mouse.up()
    assert order() == "1432"


def test_a_chosen_file_is_named_with_its_size(looked: Page) -> None:
    looked.goto("/parts-ru.html", wait_until="networkidle")
    looked.set_input_files(".drop-input", {"name": "физика.xlsx", "mimeType": "x/y", "buffer": b"x" * 2_500_000})
    assert looked.inner_text("[data-drop-files]") == "физика.xlsx, 2,4 МБ"
