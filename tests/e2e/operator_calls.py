"""What the operator's program does by the API."""

from uuid import uuid4

import httpx

from lyceum.main.demo_ads import ADVERTISER, demo_ads
from tests.e2e.conftest import Served


def call(server: Served, method: str, path: str, body: object = None, **more: object) -> httpx.Response:
    """A call with the operator's token; what came back, which was no refusal."""
    email, password = server.credentials("operator")
    signed = httpx.post(f"{server.url}/api/auth/sign-in", json={"email": email, "password": password})
    headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
    told = httpx.request(method, server.url + path, json=body, headers=headers, **more)  # type: ignore[arg-type]
    assert told.is_success, told.text
    return told


def advertise(server: Served, title: str, text: str, image: bytes = b"", **terms: object) -> str:
    """A campaign of a new advertiser that runs today; its id."""
    advertiser = {"advertiser_id": str(uuid4()), "name": "Школа «Интеграл»"}
    call(server, "POST", "/api/advertising/advertisers/bulk", [advertiser])
    today = call(server, "GET", "/api/advertising/ping").json()["current_date"]
    whole = {"ad_title": title, "ad_text": text, "impressions_limit": 1000, "clicks_limit": 1000, "start_date": today}
    whole |= {"end_date": today + 30, "cost_per_impression": 1, "cost_per_click": 1} | terms
    campaigns = f"/api/advertising/advertisers/{advertiser['advertiser_id']}/campaigns"
    id: str = call(server, "POST", campaigns, whole).json()["campaign_id"]
    if image:
        call(server, "POST", f"{campaigns}/{id}/image", files={"file": ("ad.png", image, "image/png")})
    return id


def without_demo_ads(server: Served) -> None:
    """From now on the demo's campaigns are shown to nobody, so that a test's own come."""
    campaigns = f"/api/advertising/advertisers/{ADVERTISER}/campaigns"
    present = {it["campaign_id"] for it in call(server, "GET", campaigns).json()}
    for ad in demo_ads().campaigns:
        if str(ad.id) in present:
            call(server, "DELETE", f"{campaigns}/{ad.id}")
