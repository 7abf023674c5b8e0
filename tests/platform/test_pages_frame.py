"""The frame of the pages and their parts: what is shown to whom, and what a browser is given."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import httpx
import pytest
from jinja2 import DictLoader, UndefinedError
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.response import Response
from markupsafe import Markup

from lyceum.platform.i18n import Locale, translator
from lyceum.platform.pages import (
    STATIC,
    Pages,
    Viewer,
    asset,
    is_fragment,
    local_path,
    redirect,
    static_files,
    switch_locale,
    templates,
)
from lyceum.platform.typography import Setting, typo, zone_of_reader

PAGES = Pages()
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def frame(**viewer: object) -> str:
    return PAGES.render("error.html", Viewer(**viewer), status=404, detail="", trace_id="")  # type: ignore[arg-type]


def setting(locale: Locale = "ru") -> Setting:
    return Setting(locale, translator(locale), now=lambda: NOW)


def current(html: str) -> list[str]:
    """Addresses of the links marked as the page that is shown."""
    return re.findall(r'<a href="([^"]*)" aria-current="page"', html)


def test_every_template_compiles_in_both_languages() -> None:
    for locale in ("ru", "en"):
        environment = PAGES.environment(locale)
        for name in environment.list_templates(["html"]):
            environment.get_template(name)


def test_every_icon_that_a_template_names_is_vendored() -> None:
    environment = PAGES.environment("ru")
    sources = [templates().get_source(environment, name)[0] for name in environment.list_templates(["html"])]
    named = {name for source in sources for name in re.findall(r"icon\('([\w-]+)'", source)}
    assert named <= set(
        re.findall(r"^  '([\w-]+)':", sources[environment.list_templates(["html"]).index("icons.html")], re.M)
    )


@pytest.mark.parametrize(("locale", "words"), [("ru", "К содержанию"), ("en", "Skip to content")])
def test_the_frame_speaks_the_language_of_the_viewer(locale: Locale, words: str) -> None:
    html = frame(locale=locale)
    assert f'<html lang="{locale}"' in html
    assert words in html


def test_the_menu_marks_where_the_viewer_is() -> None:
    assert current(frame(path="/cabinet/history")) == ["/cabinet", "/cabinet"]
    assert current(frame(path="/")) == ["/", "/"]
    assert current(frame(path="/trainings")) == []


def test_teaching_is_shown_to_authors_and_operators_only() -> None:
    assert "/author" not in frame(path="/")
    assert "/author" not in frame(path="/", roles=frozenset({"learner"}), is_signed_in=True)
    for role in ("author", "operator"):
        assert 'href="/author"' in frame(path="/", roles=frozenset({role}), is_signed_in=True)


def test_the_section_of_authors_has_a_menu_of_its_own() -> None:
    html = frame(path="/author/questions/new", roles=frozenset({"author"}), is_signed_in=True)
    assert current(html) == ["/author", "/author/questions/new", "/author"]


def test_a_guest_is_offered_to_sign_in_and_to_come_back() -> None:
    html = frame(path="/train", query="subject=ph&x=<y>")
    assert 'href="/login?next=/train%3Fsubject%3Dph%26x%3D%3Cy%3E"' in html
    assert 'href="/profile"' not in html


def test_a_name_is_shown_as_text_whatever_it_is() -> None:
    html = frame(name="<b>Eve</b> & co", is_signed_in=True)
    assert "<b>Eve" not in html
    assert "&lt;b&gt;Eve&lt;/b&gt; &amp; co" in html


@pytest.mark.parametrize(
    ("name", "initials"), [("Аня Коваль", "АК"), ("anna", "A"), ("anna.k@example.org", "AK"), ("", "?"), ("«»", "?")]
)
def test_initials_stand_for_a_name(name: str, initials: str) -> None:
    assert Viewer(name=name).initials == initials


@pytest.mark.parametrize("status", [401, 403, 404, 409, 413, 422, 429, 500, 503])
def test_every_error_page_has_a_way_on_and_the_field_for_a_code(status: int) -> None:
    response = PAGES.error(Viewer(), status, detail="Нет & не будет", trace_id="8f2c")
    html = response.content
    assert response.status_code == status
    assert "Нет &amp; не" in html
    assert "8f2c" in html
    assert 'href="/"' in html
    assert 'action="/find"' in html


def test_an_unknown_status_gets_the_page_of_a_fault_and_a_wrong_method_that_of_a_missing_page() -> None:
    assert "сломалось" in PAGES.error(Viewer(), 502).content
    assert "страницы нет" in PAGES.error(Viewer(), 405).content


def test_a_variable_that_is_missing_is_not_passed_over() -> None:
    pages = Pages(loader=_with(page="{{ nothing.here }}"))
    with pytest.raises(UndefinedError):
        pages.render("page", Viewer())


def _with(**files: str) -> DictLoader:
    icons = templates().get_source(PAGES.environment("ru"), "icons.html")[0]
    return DictLoader(files | {"icons.html": icons})


def test_the_browser_may_keep_a_static_file_because_its_address_changes_with_it() -> None:
    assert re.fullmatch(r"/static/lyceum\.css\?v=[0-9a-f]{10}", asset("lyceum.css"))
    for address in re.findall(r'(?:href|src)="(/static/[^"?]*)', frame()):
        assert (STATIC / address.removeprefix("/static/")).is_file(), address


# Text, numbers, times ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("В теме и на дом", "В~теме и~на~дом"),
        ("Он пришёл — и ушёл", "Он пришёл~— и~ушёл"),
        ("58 % за 5 мин", "58~% за~5~мин"),
        ("№ 5 и § 2", "№~5~и~§~2"),
        ("кто-то в лесу", "кто-то в~лесу"),
    ],
)
def test_short_words_dashes_and_units_stay_with_their_neighbours(text: str, expected: str) -> None:
    assert typo(text) == expected.replace("~", "\u00a0")


def test_typography_touches_text_alone_in_html() -> None:
    html = Markup(r'<p title="в лесу">в лесу</p><code>a в b</code>\(x \text{ в } y\)<b>о нём</b>')
    assert str(typo(html)) == str(html).replace(">в лесу", ">в\u00a0лесу").replace("о нём", "о\u00a0нём")
    assert isinstance(typo(html), Markup)
    assert not isinstance(typo("<b>"), Markup)


def test_numbers_follow_the_language() -> None:
    russian, english = setting(), setting("en")
    assert russian.number(48300) == "48\u00a0300"
    assert russian.number(-0.41, 2) == "−0,41"
    assert russian.number(0.5, signed=True) == "+0,5"
    assert english.number(48300.25) == "48,300.25"
    assert english.number(Decimal(f"{10**32}.256"), 2) == f"100,{'000,' * 9}000.26"
    assert (russian.percent(0.543, 1), english.percent(0.543)) == ("54,3\u00a0%", "54%")
    assert (russian.size(2_516_582), english.size(512)) == ("2,4\u00a0МБ", "512\u00a0B")


def test_durations_name_their_two_largest_units() -> None:
    russian = setting()
    assert russian.duration(108) == "1\u00a0мин 48\u00a0с"
    assert russian.duration(timedelta(hours=1, seconds=5)) == "1\u00a0ч 5\u00a0с"
    assert russian.duration(0.2) == "0\u00a0с"
    assert (russian.clock(134), russian.clock(3734)) == ("2:14", "1:02:14")


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(seconds=20), "только что"),
        (timedelta(minutes=12), "12 минут назад"),
        (timedelta(hours=3), "сегодня в 16:00"),
        (timedelta(hours=-3), "сегодня в 22:00"),
        (timedelta(hours=20), "вчера в 23:00"),
        (timedelta(hours=-6), "завтра в 01:00"),
        (timedelta(days=9), "12\u00a0ноября"),
        (timedelta(days=400), "17\u00a0октября 2025"),
    ],
)
def test_moments_are_told_by_the_clock_of_the_reader(ago: timedelta, expected: str) -> None:
    token = zone_of_reader.set("Asia/Novosibirsk")
    try:
        html = setting().when(NOW - ago)
    finally:
        zone_of_reader.reset(token)
    assert re.sub("<[^>]*>", "", html) == expected
    assert f'datetime="{(NOW - ago).isoformat()}"' in html


def test_an_unknown_time_zone_is_taken_for_moscow() -> None:
    token = zone_of_reader.set("../etc/passwd")
    try:
        assert "в 12:00" in setting().when(NOW - timedelta(hours=3))
    finally:
        zone_of_reader.reset(token)


# Over HTTP -----------------------------------------------------------------------------------------------------------


@get("/who", sync_to_thread=False)
def who(request: Request[object, object, State]) -> dict[str, str | bool]:
    viewer = Viewer.of(request)
    return {
        "locale": viewer.locale,
        "theme": viewer.theme,
        "zone": viewer.zone,
        "here": viewer.here,
        "fragment": is_fragment(request),
    }


@post("/send", sync_to_thread=False)
def send(request: Request[object, object, State]) -> Response[str]:
    return redirect(request, "/there")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([who, send, switch_locale, static_files()], openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_the_viewer_is_read_from_headers_and_cookies(client: httpx.AsyncClient) -> None:
    cookies = "ly_theme=dark; ly_zone=Asia/Novosibirsk; ly_locale=en"
    body = (await client.get("/who?a=1", headers={"Cookie": cookies})).json()
    assert body == {"locale": "en", "theme": "dark", "zone": "Asia/Novosibirsk", "here": "/who?a=1", "fragment": False}


async def test_a_theme_that_is_none_is_not_shown(client: httpx.AsyncClient) -> None:
    assert (await client.get("/who", headers={"Cookie": 'ly_theme="><script>'})).json()["theme"] == ""


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Request-Type": "partial"}, True),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
async def test_a_fragment_is_sent_only_where_a_piece_is_swapped(
    client: httpx.AsyncClient, headers: dict[str, str], *, expected: bool
) -> None:
    assert (await client.get("/who", headers=headers)).json()["fragment"] is expected


async def test_after_a_form_the_browser_is_sent_on_with_and_without_scripts(client: httpx.AsyncClient) -> None:
    plain = await client.post("/send")
    assert (plain.status_code, plain.headers["location"]) == (303, "/there")
    scripted = await client.post("/send", headers={"HX-Request": "true"})
    assert (scripted.status_code, scripted.headers["hx-redirect"]) == (200, "/there")


async def test_the_language_is_kept_for_the_device(client: httpx.AsyncClient) -> None:
    answer = await client.get("/locale/en?next=/train%3Fa%3D1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/train?a=1")
    assert answer.headers["set-cookie"].startswith("ly_locale=en;")
    assert "set-cookie" not in (await client.get("/locale/xx")).headers


@pytest.mark.parametrize(
    "url", ["//evil.example", "https://evil.example", "/\\evil.example", "", None, "/a\nb", "evil"]
)
def test_nobody_is_sent_to_another_site(url: str | None) -> None:
    assert local_path(url) == "/"


def test_an_address_of_this_site_is_kept() -> None:
    assert local_path("/train?a=1#b") == "/train?a=1#b"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("lyceum.css", "text/css"), ("lyceum.js", "text/javascript"), ("favicon.svg", "image/svg+xml")],
)
async def test_static_files_are_served_with_their_types(client: httpx.AsyncClient, name: str, kind: str) -> None:
    answer = await client.get(asset(name))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)


async def test_nothing_above_the_static_folder_is_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/static/../pages.py")).status_code == 404
    assert (await client.get("/static/%2e%2e/pages.py")).status_code == 404


# Parts ---------------------------------------------------------------------------------------------------------------


def part(call: str, **values: object) -> str:
    name = call.partition("(")[0]
    source = "{% from 'ui.html' import " + name + " %}{{ " + call + " }}"
    return PAGES.environment("ru").from_string(source).render(SimpleNamespace(**values).__dict__)


def test_a_field_ties_its_help_and_its_error_to_the_input() -> None:
    html = part("field('mail', 'Почта', value, help='Для входа', error='Занята')", value='a"b')
    assert 'aria-describedby="f-mail-help f-mail-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="f-mail-help"' in html
    assert 'id="f-mail-error"' in html
    assert 'value="a&#34;b"' in html


def test_a_bar_never_leaves_its_bounds() -> None:
    assert "width:100" in part("bar(7, 5)")
    assert "width:0" in part("bar(-3, 5)")
    assert "width:0" in part("bar(3, 0)")


def test_chart_data_cannot_close_its_script() -> None:
    html = part("chart('c', spec, 'Вывод')", spec={"x": ["</script><script>alert(1)</script>"]})
    assert "</script><script>" not in html
