"""The API's own description: complete, served without internet, with the errors that every call shares."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lyceum.platform.database import Database
from lyceum.platform.settings import Settings
from tests.platform.operation_app import Site, operation_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    database = Database.connect(f"sqlite:///{tmp_path / 'lyceum.sqlite3'}")
    async with operation_site(Settings(data_dir=tmp_path, secret_key="s" * 40), database) as site:
        yield site
    await database.close()


async def test_the_document_names_the_calls_the_schemes_and_the_tags(site: Site) -> None:
    answer = await site.client.get("/openapi.json")
    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert document["openapi"].startswith("3.1")
    assert {"/api/things/{id}", "/api/texts", "/health/ready", "/files/{token}/{name}"} <= set(document["paths"])
    assert set(document["components"]["securitySchemes"]) == {"bearer", "api_key", "session"}
    assert {"bank", "training", "auth"} <= {tag["name"] for tag in document["tags"]}


async def test_the_errors_of_every_call_are_problem_documents(site: Site) -> None:
    document = (await site.client.get("/openapi.json")).json()
    reading, adding = document["paths"]["/api/things/{id}"]["get"], document["paths"]["/api/texts"]["post"]
    assert {"200", "401", "403", "404", "422", "503"} <= set(reading["responses"])
    assert {"201", "401", "403", "409", "413", "422", "503"} <= set(adding["responses"])
    assert "400" not in reading["responses"] | adding["responses"]
    for reference in [*reading["responses"].values(), *adding["responses"].values()]:
        if "$ref" in reference:
            shared = document["components"]["responses"][reference["$ref"].rpartition("/")[2]]
            content = shared["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert content["examples"]


async def test_swagger_loads_everything_from_this_server(site: Site) -> None:
    page = (await site.client.get("/docs")).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 11
    for address in addresses:
        assert address.startswith("/")
        of_contexts = address in {"/", "/docs/messages"}
        assert of_contexts or (await site.client.get(address)).status_code == 200
    assert "<script>" not in page
    assert "http" not in page
    assert "/openapi.json" in (await site.client.get("/docs/start.js")).text


async def test_every_code_of_a_refusal_has_a_place_to_be_read(site: Site) -> None:
    page = (await site.client.get("/docs/errors")).text
    row = page[page.index('<tr id="lyceum.link_expired">') :].partition("</tr>")[0]
    assert '<code class="mono">lyceum.link_expired</code>' in row
    assert ">410</td>" in row
    assert "ссылк" in row
    assert '<tr id="lyceum.malformed">' in page
