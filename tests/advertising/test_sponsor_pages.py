"""A sponsor's way through the pages: a name, a campaign, its text and image, its numbers."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from lyceum.accounts.api import Role
from lyceum.advertising.ports import Moderation
from lyceum.kernel.ports import Transaction
from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.accounts.callers import MASHA, a_user, form_token, sign_in_page, submit
from tests.accounts.conftest import CHEAP_PASSWORDS
from tests.advertising.test_content_http import a_picture
from tests.advertising.test_texts import completion, endpoint
from tests.apps import an_app, running

FORM = {
    "ad_title": "Курс физики",
    "ad_text": "Учитесь весело.",
    "impressions_limit": "1 000",
    "clicks_limit": "100",
    "cost_per_impression": "0,5",
    "cost_per_click": "5",
    "start_date": "0",
    "end_date": "13",
    "age_from": "14",
    "gender": "",
    "location": "",
}


@pytest.fixture
async def sponsor(settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = an_app(settings, make_container(settings, CHEAP_PASSWORDS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        client.headers["Accept-Language"] = "ru"
        await a_user(app.state.dishka_container, MASHA, Role.SPONSOR)
        await sign_in_page(client)
        yield client


async def an_advertiser(sponsor: httpx.AsyncClient) -> str:
    """The address of the form for a new campaign."""
    assert (await submit(sponsor, "/sponsor", name="Школа «Интеграл»")).status_code == 303
    page = (await sponsor.get("/sponsor")).text
    assert "Школа «Интеграл»" in page.replace("\u00a0", " ")
    found = re.search(r'href="(/sponsor/[0-9a-f-]{36}/new)"', page)
    assert found
    return found[1]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


async def test_a_campaign_is_made_changed_shown_in_the_list_and_deleted(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    made = await submit(sponsor, new, **FORM)
    assert made.status_code == 303, made.text
    here = made.headers["location"].partition("?")[0]
    page = plain((await sponsor.get(made.headers["location"])).text)
    assert "Кампания создана" in page
    assert 'value="0.5"' in page
    assert "Лимиты позволяют потратить 1 000,00" in page
    assert (await submit(sponsor, here, **FORM | {"ad_title": "Курс химии"})).status_code == 303
    for path in ("/sponsor", new.removesuffix("/new")):
        assert "Курс химии" in plain((await sponsor.get(path)).text)
    assert (await submit(sponsor, f"{here}/delete", here)).status_code == 303
    assert (await sponsor.get(here)).status_code == 404
    again = await submit(sponsor, f"{here}/delete", "/sponsor")
    assert (again.status_code, again.headers["location"]) == (303, new.removesuffix("/new"))


FAULTS = (
    ("impressions_limit", "много", "Напишите целое число"),
    ("cost_per_click", "-1", "Напишите число от 0"),
    ("end_date", "-5", "Напишите целое число от 0 до"),
    ("ad_title", "", "Заполните"),
    ("age_from", "300", "Напишите целое число от 0 до 200"),
    ("gender", "CAT", "Выберите из списка"),
    ("ad_text", "x\x00y", "символы, которые нельзя показать"),
    ("clicks_limit", "1e9", "Напишите целое число"),
    ("start_date", "9" * 30, "Напишите целое число"),
)


async def test_a_faulty_form_comes_back_with_its_values_and_the_fault_beside_the_field(
    sponsor: httpx.AsyncClient,
) -> None:
    new = await an_advertiser(sponsor)
    for field, value, said in FAULTS:
        answer = await submit(sponsor, new, **FORM | {"location": "Казань", field: value})
        assert answer.status_code == 400, answer.text
        page = plain(answer.text)
        told = page.partition(f'id="f-{field}-error"')[2].partition("</p>")[0]
        assert said in told, (field, told)
        assert f'href="#f-{field}"' in page
        assert 'value="Казань"' in page


async def test_a_change_in_another_window_is_not_written_over_unseen(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    here = (await submit(sponsor, new, **FORM)).headers["location"].partition("?")[0]

    def version(page: str) -> dict[str, str]:
        found = re.search(r'name="version" value="(\d+)"', page)
        assert found
        return {"version": found[1]}

    one = other = version((await sponsor.get(here)).text)
    faulty = await submit(sponsor, here, **FORM | other | {"ad_title": ""})
    assert faulty.status_code == 400, faulty.text
    assert version(faulty.text) == other
    assert (await submit(sponsor, here, **FORM | one | {"cost_per_click": "7"})).status_code == 303
    writing = await submit(sponsor, here, **FORM | other | {"action": "write"})
    assert (writing.status_code, version(writing.text)) == (200, other), "having texts written is no look at the change"
    refused = await submit(sponsor, here, **FORM | other | {"ad_title": "Курс оптики"})
    assert refused.status_code == 412
    assert "в другом окне" in plain(refused.text)
    assert 'value="Курс оптики"' in refused.text
    kept = (await sponsor.get(here)).text
    assert 'value="7"' in kept
    assert "Курс оптики" not in plain(kept)
    assert (
        await submit(sponsor, here, **FORM | version(refused.text) | {"ad_title": "Курс оптики"})
    ).status_code == 303
    assert "Курс оптики" in plain((await sponsor.get(here)).text)
    assert (await submit(sponsor, here, **FORM | {"version": "x"})).status_code == 303


async def test_what_is_emptied_is_asked_for_and_not_taken_for_unchanged(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    days = {"start_date": "1", "end_date": "5"}
    here = (await submit(sponsor, new, **FORM | days)).headers["location"].partition("?")[0]
    for field in ("ad_title", "ad_text", "cost_per_click", "impressions_limit", "end_date"):
        answer = await submit(sponsor, here, **FORM | days | {field: " "})
        assert answer.status_code == 400, field
        assert "Заполните" in plain(answer.text.partition(f'id="f-{field}-error"')[2].partition("</p>")[0]), field


async def test_the_largest_numbers_that_rest_takes_can_be_edited(sponsor: httpx.AsyncClient) -> None:
    new, largest = await an_advertiser(sponsor), str(2**53)
    numbers = {"impressions_limit": largest, "clicks_limit": largest, "cost_per_click": f"{2**53 - 1}.{'1' * 40}"}
    here = (await submit(sponsor, new, **FORM | numbers)).headers["location"].partition("?")[0]
    page = (await sponsor.get(here)).text
    assert f'value="{numbers["cost_per_click"]}"' in page
    sent = {name: FORM[name] for name in ("ad_title", "ad_text", "cost_per_impression")}
    assert (await submit(sponsor, here, **sent, cost_per_click=numbers["cost_per_click"])).status_code == 303


async def test_limits_and_days_are_locked_once_the_campaign_has_begun(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    here = (await submit(sponsor, new, **FORM)).headers["location"].partition("?")[0]
    page = (await sponsor.get(here)).text
    for field in ("impressions_limit", "clicks_limit", "start_date", "end_date"):
        tag = re.search(rf'<input[^>]*id="f-{field}"[^>]*>', page)
        assert tag, field
        assert 'disabled=""' in tag[0]
    assert "Кампания началась" in plain(page)
    sent = {name: value for name, value in FORM.items() if name not in ("impressions_limit", "start_date", "end_date")}
    assert (await submit(sponsor, here, **sent | {"clicks_limit": "100"})).status_code == 303
    refused = await submit(sponsor, here, **sent | {"clicks_limit": "101"})
    assert refused.status_code == 400
    assert "остаётся как есть" in plain(refused.text.partition('id="f-clicks_limit-error"')[2])


async def test_forbidden_words_are_named_at_the_field_that_holds_them(sponsor: httpx.AsyncClient) -> None:
    await forbid(sponsor, "казино", "скам")
    new = await an_advertiser(sponsor)
    answer = await submit(sponsor, new, **FORM | {"ad_text": "Лучшее ка3ино и скам!"})
    assert answer.status_code == 400
    page = plain(answer.text)
    told = page.partition('id="f-ad_text-error"')[2].partition("</p>")[0]
    assert "“казино”, “скам”" in told
    assert 'id="f-ad_title-error"' not in page
    assert "Лучшее ка3ино и скам!" in page
    named = await submit(sponsor, "/sponsor", name="Казино «Удача»")
    assert named.status_code == 400
    assert "“казино”" in named.text.partition('id="f-name-error"')[2]


async def test_three_texts_are_written_one_is_taken_and_nothing_is_saved(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    texts = set[str]()
    for language, start in (("RU", ""), ("RU", "3"), ("EN", "")):
        asked = FORM | {"ad_text": "", "action": "write", "text_language": language, "text_from": start}
        answer = await submit(sponsor, new, **asked)
        assert answer.status_code == 200
        found = re.findall(r'name="take" value="([^"]+)"', answer.text)
        assert len(found) == 3
        texts |= set(found)
        fields = {**FORM, "text_language": language, "text_from": start, "csrf_token": form_token(answer.text)}
        part = await sponsor.post(f"{new.removesuffix('/new')}/texts", data=fields, headers={"HX-Request": "true"})
        assert re.findall(r'name="take" value="([^"]+)"', part.text) == found
    assert len(texts) == 9
    text = sorted(texts)[0]
    taken = await submit(sponsor, new, **FORM | {"take": text})
    assert taken.status_code == 200
    assert f">{text}</textarea>" in taken.text
    without = await submit(sponsor, new, **FORM | {"ad_title": "", "action": "write"})
    assert without.status_code == 400
    assert "Кампаний пока нет" in plain((await sponsor.get("/sponsor")).text)


async def test_an_image_is_uploaded_and_taken_away(sponsor: httpx.AsyncClient) -> None:
    here = (await submit(sponsor, await an_advertiser(sponsor), **FORM)).headers["location"].partition("?")[0]
    token = form_token((await sponsor.get(here)).text)
    headers = {"X-CSRF-Token": token}
    sent = await sponsor.post(f"{here}/image", files={"file": ("a.png", a_picture())}, headers=headers)
    assert sent.status_code == 303, sent.text
    assert 'src="/files/' in (await sponsor.get(here)).text
    bad = await sponsor.post(f"{here}/image", files={"file": ("a.png", b"MZ" + bytes(99))}, headers=headers)
    assert bad.status_code == 400
    assert "PNG, JPEG или WebP" in plain(bad.text.partition('id="f-file-error"')[2].partition("</p>")[0])
    assert (await submit(sponsor, f"{here}/image", here)).status_code == 303
    assert 'src="/files/' not in (await sponsor.get(here)).text


async def test_another_sponsors_campaign_is_as_good_as_absent(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    here = (await submit(sponsor, new, **FORM)).headers["location"].partition("?")[0]
    shelf = new.removesuffix("/new")
    container = sponsor._transport.app.state.dishka_container  # type: ignore[attr-defined]
    await a_user(container, "other@example.org", Role.SPONSOR)
    sponsor.cookies.clear()
    await sign_in_page(sponsor, "other@example.org")
    token = form_token((await sponsor.get("/sponsor")).text)
    for path in (shelf, new, here, f"{shelf}/numbers", f"{here}/numbers", f"{shelf}/numbers/table.csv",
                 f"{here}/numbers/table.xlsx"):  # fmt: skip
        assert (await sponsor.get(path)).status_code == 404, path
    for path in (shelf, new, here, f"{here}/delete", f"{here}/image", f"{shelf}/forecast", f"{shelf}/texts",
                 f"{shelf}/forecast?id={here.rpartition('/')[2]}"):  # fmt: skip
        assert (await sponsor.post(path, data={**FORM, "csrf_token": token})).status_code == 404, path
    assert "Интеграл" not in (await sponsor.get("/sponsor")).text
    for path in ("/operator/advertising", "/operator/advertising/campaigns", "/operator/advertising/advertisers"):
        assert (await sponsor.get(path)).status_code == 403, path


@pytest.mark.parametrize("address", ["/sponsor/x", "/sponsor/{id}/x", "/sponsor/{id}/{id}/x", "/sponsor/{id}?cursor=!",
                                     "/sponsor/{id}?cursor=WyJhIl0"])  # fmt: skip
async def test_addresses_that_mean_nothing_are_refused_on_a_page(sponsor: httpx.AsyncClient, address: str) -> None:
    shelf = (await an_advertiser(sponsor)).removesuffix("/new").rpartition("/")[2]
    answer = await sponsor.get(address.replace("{id}", shelf), headers={"Accept": "text/html"})
    assert answer.status_code in {404, 422}, answer.text
    assert answer.headers["content-type"].startswith("text/html")


async def forbid(sponsor: httpx.AsyncClient, *words: str) -> None:
    container = sponsor._transport.app.state.dishka_container  # type: ignore[attr-defined]
    async with container() as scope:
        moderation, transaction = await scope.get(Moderation), await scope.get(Transaction)
        async with transaction:
            await moderation.enable(enabled=True)
            await moderation.forbid(words)


async def test_days_are_dates_where_the_clock_follows_the_calendar(settings: Settings, database: Database) -> None:
    changed = replace(settings, advertising_clock="calendar")
    app = an_app(changed, make_container(changed, CHEAP_PASSWORDS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        client.headers["Accept-Language"] = "ru"
        await a_user(app.state.dishka_container, MASHA, Role.SPONSOR)
        await sign_in_page(client)
        new = await an_advertiser(client)
        assert re.search(r'type="date" value="20\d\d-\d\d-\d\d"', (await client.get(new)).text)
        odd = await submit(client, new, **FORM | {"start_date": "2031-02-30", "end_date": "2031-03-02"})
        assert odd.status_code == 400
        assert 'id="f-start_date-error"' in odd.text
        past = await submit(client, new, **FORM | {"start_date": "2001-02-03", "end_date": "2031-03-02"})
        assert "Этот день прошёл" in plain(past.text)
        made = await submit(client, new, **FORM | {"start_date": "2126-02-03", "end_date": "2126-03-02"})
        assert made.status_code == 303, made.text
        page = plain((await client.get("/sponsor")).text)
        assert "3 февраля 2126 – 2 марта 2126" in page
        assert 'value="2126-02-03"' in (await client.get(made.headers["location"])).text


async def test_an_advertiser_gets_another_name_and_a_faulty_one_comes_back(sponsor: httpx.AsyncClient) -> None:
    shelf = (await an_advertiser(sponsor)).removesuffix("/new")
    assert (await submit(sponsor, shelf, name="Школа «Дифференциал»")).status_code == 303
    assert "Школа «Дифференциал»" in plain((await sponsor.get("/sponsor")).text)
    for name in ("", " ", "x" * 1001, "a\x00b"):
        refused = await submit(sponsor, shelf, name=name)
        assert refused.status_code == 400
        assert 'id="f-name-error"' in refused.text
    assert "Школа «Дифференциал»" in plain((await sponsor.get(shelf)).text)


async def test_the_forecast_follows_a_form_that_is_not_whole_yet(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    token = form_token((await sponsor.get(new)).text)
    address = f"{new.removesuffix('/new')}/forecast"
    for fields, said in (
        ({}, "Заполните дни"),
        ({**FORM, "impressions_limit": "много"}, "Заполните дни"),
        ({**FORM, "end_date": "-1"}, "Заполните дни"),
        ({**FORM, "ad_title": "", "ad_text": ""}, "Показов пока нет"),
    ):
        part = await sponsor.post(address, data={**fields, "csrf_token": token})
        assert part.status_code == 200, part.text
        assert said in plain(part.text)
        assert "<html" not in part.text
    dearer = await sponsor.post(address, data=FORM | {"cost_per_impression": "3,5", "csrf_token": token})
    assert "Лимиты позволяют потратить 4 000,00" in plain(dearer.text), "the sum follows the prices"
    here = (await submit(sponsor, new, **FORM)).headers["location"].partition("?")[0]
    changing = await sponsor.post(f"{address}?id={here.rpartition('/')[2]}", data={"csrf_token": token})
    assert "Показов пока нет" in plain(changing.text)  # what the locked fields do not send is known
    assert (await sponsor.post(f"{address}?id=x", data={"csrf_token": token})).status_code in {400, 404, 422}
    assert (await sponsor.post(address, data=FORM)).status_code == 403


async def test_a_long_shelf_is_read_page_by_page(sponsor: httpx.AsyncClient) -> None:
    new = await an_advertiser(sponsor)
    token = form_token((await sponsor.get(new)).text)
    for number in range(52):
        sent = {**FORM, "ad_title": f"Кампания №{number:03}", "csrf_token": token}
        assert (await sponsor.post(new, data=sent)).status_code == 303
    shelf = new.removesuffix("/new")
    first = (await sponsor.get(shelf)).text
    following = re.search(r'href="([^"]+\?cursor=[^"]+)"', first)
    assert following
    second = (await sponsor.get(following[1])).text
    seen = re.findall(r"Кампания №(\d{3})", plain(first).partition("<main")[2])
    seen += re.findall(r"Кампания №(\d{3})", plain(second).partition("<main")[2])
    assert seen == [f"{number:03}" for number in reversed(range(52))]
    assert len(re.findall("Кампания №", plain((await sponsor.get("/sponsor")).text))) == 5


async def test_texts_beyond_the_limit_are_refused_beside_the_button(settings: Settings, database: Database) -> None:
    async with endpoint(lambda _: (200, completion("Физика без слёз.")), []) as url:
        paid = replace(settings, text_url=url, text_limit=1)
        app = an_app(paid, make_container(paid, CHEAP_PASSWORDS))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
        async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            client.headers["Accept-Language"] = "ru"
            await a_user(app.state.dishka_container, MASHA, Role.SPONSOR)
            await sign_in_page(client)
            new = await an_advertiser(client)
            token = {"csrf_token": form_token((await client.get(new)).text)}
            texts = f"{new.removesuffix('/new')}/texts"
            part = await client.post(texts, data=token | {"ad_title": " "})
            assert "Сначала напишите" in plain(part.text)
            part = await client.post(texts, data=token | {"ad_title": "ф" * 1001})
            assert "слишком длинно" in plain(part.text).lower()
            part = await client.post(texts, data=token | {"ad_title": "Физика"})
            assert (part.status_code, part.text.count("data-take")) == (200, 1)
            part = await client.post(texts, data=token | {"ad_title": "Физика"})
            assert "за час уже написано текстов: 1" in plain(part.text)
            whole = await submit(client, new, **FORM | {"action": "write"})
            assert whole.status_code == 429
            assert "за час уже написано текстов: 1" in plain(whole.text)
            assert 'value="Курс физики"' in whole.text
            whole = await submit(client, new, **FORM | {"action": "write", "text_wish": "a\x00b"})
            assert whole.status_code == 400
            assert "символы, которые нельзя" in plain(whole.text.partition('id="f-text_wish-error"')[2])
