"""Images and texts of ads over REST."""

from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from lyceum.main.container import make_container
from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.advertising.platform import BASE, Platform, an_advertiser, terms
from tests.advertising.test_contract_http import refused
from tests.advertising.test_texts import completion, endpoint
from tests.apps import an_app, running


def a_picture(width: int = 1200, height: int = 600, format: str = "PNG") -> bytes:
    body = BytesIO()
    Image.new("RGB", (width, height), (10, 120, 60)).save(body, format)
    return body.getvalue()


@pytest.fixture
async def campaign(ads: Platform) -> str:
    """The path of a fresh campaign."""
    advertiser = an_advertiser()
    await ads.post("/advertisers/bulk", [advertiser])
    path = f"/advertisers/{advertiser['advertiser_id']}/campaigns"
    return f"{path}/{(await ads.post(path, terms())).json()['campaign_id']}"


async def send(
    ads: Platform, campaign: str, content: bytes, field: str = "file", name: str = "x.png"
) -> httpx.Response:
    return await ads.http.post(f"{BASE}{campaign}/image", files={field: (name, content)})


async def test_an_image_is_kept_shown_replaced_and_taken_away(ads: Platform, campaign: str) -> None:
    assert (await ads.get(campaign)).json()["image_uri"] is None
    answer = await send(ads, campaign, a_picture(), field="whatever", name="photo.exe")
    assert (answer.status_code, answer.content) == (204, b"")
    first = (await ads.get(campaign)).json()["image_uri"]
    shown = await ads.http.get(first)
    assert shown.headers["content-type"] == "image/png"
    assert Image.open(BytesIO(shown.content)).size == (960, 480)
    assert (await send(ads, campaign, a_picture(format="JPEG"))).status_code == 204
    second = (await ads.get(campaign)).json()["image_uri"]
    assert second != first
    assert (await ads.delete(f"{campaign}/image")).status_code == 204
    assert (await ads.get(campaign)).json()["image_uri"] is None
    assert (await ads.delete(f"{campaign}/image")).status_code == 204


async def test_what_is_no_image_is_refused_and_the_old_one_stays(ads: Platform, campaign: str) -> None:
    await send(ads, campaign, a_picture())
    before = (await ads.get(campaign)).json()["image_uri"]
    refused(await send(ads, campaign, b"MZ" + bytes(1000), name="cat.png"), 400, "Validation failed:")
    refused(await send(ads, campaign, b""), 400, "Validation failed:")
    refused(await ads.http.post(f"{BASE}{campaign}/image", data={"file": "text"}), 400, "Validation failed:")
    refused(await ads.http.post(f"{BASE}{campaign}/image", content=a_picture()), 400, "Validation failed:")
    refused(await ads.http.post(f"{BASE}{campaign}/image"), 400, "Validation failed:")
    assert (await ads.get(campaign)).json()["image_uri"].partition("?")[0] == before.partition("?")[0]


async def test_an_image_beyond_ten_mebibytes_is_too_large(ads: Platform, campaign: str) -> None:
    answer = await send(ads, campaign, a_picture() + bytes(10 << 20))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await send(ads, campaign, a_picture() + bytes(9 << 20))).status_code == 204


async def test_an_unknown_campaign_or_advertiser_has_no_image(ads: Platform, campaign: str) -> None:
    advertiser = campaign.split("/")[2]
    for path in (f"/advertisers/{advertiser}/campaigns/{uuid4()}", f"/advertisers/{uuid4()}/campaigns/{uuid4()}"):
        refused(await send(ads, path, a_picture()), 404)
        refused(await ads.delete(f"{path}/image"), 404)


async def test_a_text_is_written_from_the_topic(ads: Platform) -> None:
    answer = await ads.post("/ai/generate-text", {"topic": "Курс химии", "language": "RU", "additional": "скидка 10%"})
    assert answer.status_code == 200
    assert "урс химии" in answer.json()["result"]
    assert "Скидка 10%." in answer.json()["result"]
    assert (await ads.post("/ai/generate-text", {"topic": "Chess club", "language": "EN"})).status_code == 200


async def test_a_wish_that_cannot_be_understood_is_refused(ads: Platform) -> None:
    for body in ({}, [], {"topic": "x"}, {"topic": " ", "language": "RU"}, {"topic": "x", "language": "DE"},
                 {"topic": "x", "language": "RU", "additional": 7}, {"topic": 5, "language": "RU"}):  # fmt: skip
        refused(await ads.post("/ai/generate-text", body), 400, "Validation failed:")


@pytest.fixture
async def silent(ad_settings: Settings, database: Database) -> AsyncIterator[Platform]:
    settings = replace(ad_settings, text_url="http://127.0.0.1:9/v1")
    app = an_app(settings, make_container(settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield Platform(client)


async def test_a_generator_that_does_not_answer_is_503(silent: Platform) -> None:
    answer = await silent.post("/ai/generate-text", {"topic": "Курс химии", "language": "RU"})
    refused(answer, 503)
    assert answer.json()["code"] == "advertising.generator_unreachable"
    assert answer.headers["retry-after"]


async def test_a_caller_beyond_the_limit_of_paid_texts_is_told_when_to_come_back(
    ad_settings: Settings, database: Database
) -> None:
    async with endpoint(lambda _: (200, completion("Физика без слёз.")), []) as url:
        settings = replace(ad_settings, text_url=url, text_limit=2)
        app = an_app(settings, make_container(settings))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
        async with running(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            ads, wish = Platform(client), {"topic": "Курс химии", "language": "RU"}
            refused(await ads.post("/ai/generate-text", {"topic": "x"}), 400, "Validation failed:")
            good = [await ads.post("/ai/generate-text", wish) for _ in range(2)]
            assert [answer.json() for answer in good] == [{"result": "Физика без слёз."}] * 2
            answer = await ads.post("/ai/generate-text", wish)
            refused(answer, 429, "60 min")
            assert answer.json()["code"] == "advertising.texts_used_up"
            assert 0 < int(answer.headers["retry-after"]) <= 3600
