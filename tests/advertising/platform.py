"""A caller of the contract, and what it sends by default."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx

BASE = "/api/advertising"
type Json = dict[str, object]


def a_client(**changes: object) -> Json:
    made: Json = {"client_id": str(uuid4()), "login": "anna", "age": 17, "location": "Казань", "gender": "FEMALE"}
    return made | changes


def an_advertiser(**changes: object) -> Json:
    made: Json = {"advertiser_id": str(uuid4()), "name": "Школа «Интеграл»"}
    return made | changes


def terms(**changes: object) -> Json:
    made: Json = {
        "impressions_limit": 1000,
        "clicks_limit": 100,
        "cost_per_impression": 0.5,
        "cost_per_click": 3,
        "ad_title": "Курс",
        "ad_text": "Учитесь весело.",
        "start_date": 0,
        "end_date": 30,
    }
    return made | changes


@dataclass(frozen=True, slots=True)
class Platform:
    """Paths are below `/api/advertising`."""

    http: httpx.AsyncClient

    async def get(self, path: str, **query: object) -> httpx.Response:
        return await self.http.get(BASE + path, params=query)  # type: ignore[arg-type]

    async def post(self, path: str, body: object) -> httpx.Response:
        return await self.http.post(BASE + path, json=body)

    async def put(self, path: str, body: object = None) -> httpx.Response:
        return await self.http.put(BASE + path, json=body)

    async def raw(self, method: str, path: str, body: str | bytes) -> httpx.Response:
        return await self.http.request(method, BASE + path, content=body)

    async def delete(self, path: str) -> httpx.Response:
        return await self.http.delete(BASE + path)

    async def client(self, **changes: object) -> str:
        return (await self.clients(a_client(**changes)))[0]

    async def clients(self, *clients: Json) -> list[str]:
        answer = await self.post("/clients/bulk", clients)
        assert answer.status_code == 201, answer.text
        return [client["client_id"] for client in answer.json()]

    async def advertiser(self, **changes: object) -> str:
        answer = await self.post("/advertisers/bulk", [an_advertiser(**changes)])
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["advertiser_id"])

    async def campaign(self, advertiser: str, **changes: object) -> str:
        answer = await self.post(f"/advertisers/{advertiser}/campaigns", terms(**changes))
        assert answer.status_code == 201, answer.text
        return str(UUID(answer.json()["campaign_id"]))

    async def score(self, client: str, advertiser: str, score: int) -> None:
        answer = await self.post("/ml-scores", {"client_id": client, "advertiser_id": advertiser, "score": score})
        assert answer.status_code == 200, answer.text

    async def ad(self, client: str) -> httpx.Response:
        return await self.get("/ads", client_id=client)

    async def click(self, ad: str, client: str) -> httpx.Response:
        return await self.post(f"/ads/{ad}/click", {"client_id": client})

    async def day(self, day: int) -> None:
        answer = await self.post("/time/advance", {"current_date": day})
        assert answer.status_code == 200, answer.text

    async def stats(self, campaign: str) -> Json:
        answer = await self.get(f"/stats/campaigns/{campaign}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
