"""The bodies that the calls take, described by hand: they are read by the domain, which names every faulty field."""

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from lyceum.advertising.domain.clients import OLDEST
from lyceum.advertising.domain.fields import LONGEST_NAME, LONGEST_TEXT, MOST

CLIENT_ID, ADVERTISER_ID = "7d1d4b1e-6a0c-4d5e-9d3b-6f1c2a3b4c5d", "0b9d1c6e-5a44-4f0e-8a57-2f6d7c8b9a01"
CAMPAIGN_ID = "0198e0aa-1b2c-7d3e-8f40-9a8b7c6d5e4f"
A_CLIENT = {"client_id": CLIENT_ID, "login": "anna", "age": 17, "location": "Казань", "gender": "FEMALE"}
AN_ADVERTISER = {"advertiser_id": ADVERTISER_ID, "name": "Школа «Интеграл»"}
A_SCORE = {"client_id": CLIENT_ID, "advertiser_id": ADVERTISER_ID, "score": 87}
A_TARGETING = {"gender": "ALL", "age_from": 14, "age_to": 18, "location": "Казань"}
TERMS = {
    "impressions_limit": 1000, "clicks_limit": 100, "cost_per_impression": 0.35, "cost_per_click": 4.71,
    "ad_title": "Курс физики", "ad_text": "Весна без страха перед экзаменом.", "start_date": 1, "end_date": 30,
    "targeting": A_TARGETING,
}  # fmt: skip

ID = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.UUID)
NAME = Schema(type=OpenAPIType.STRING, min_length=1, max_length=LONGEST_NAME)
TEXT = Schema(type=OpenAPIType.STRING, min_length=1, max_length=LONGEST_TEXT)
AGE = Schema(type=OpenAPIType.INTEGER, minimum=0, maximum=OLDEST)
COUNT = Schema(type=OpenAPIType.INTEGER, minimum=0, maximum=MOST)
COST = Schema(type=OpenAPIType.NUMBER, minimum=0, maximum=MOST, description="Kept and told to the last digit.")
DAY = Schema(type=OpenAPIType.INTEGER, minimum=0, maximum=MOST, description="A day of the platform, inclusive.")


def _object(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return Schema(type=OpenAPIType.OBJECT, properties=properties, required=required or None)  # type: ignore[arg-type]


def _or_null(schema: Schema) -> Schema:
    return Schema(one_of=[schema, Schema(type=OpenAPIType.NULL)])


def _listed(schema: Schema) -> Schema:
    return Schema(type=OpenAPIType.ARRAY, items=schema)


def _words(*words: str) -> Schema:
    return Schema(type=OpenAPIType.STRING, enum=list(words))


CLIENT = _object({"client_id": ID, "login": NAME, "age": AGE, "location": NAME, "gender": _words("MALE", "FEMALE")})
ADVERTISER = _object({"advertiser_id": ID, "name": NAME})
SCORE = _object(
    {"client_id": ID, "advertiser_id": ID, "score": Schema(type=OpenAPIType.INTEGER, minimum=-MOST, maximum=MOST)}
)
_TARGETED = {
    "gender": _or_null(_words("MALE", "FEMALE", "ALL")),
    "age_from": _or_null(AGE),
    "age_to": _or_null(AGE),
    "location": _or_null(NAME),
}
TARGETING = _or_null(_object(_TARGETED, optional=tuple(_TARGETED)))
_TERMS = {
    "impressions_limit": COUNT,
    "clicks_limit": COUNT,
    "cost_per_impression": COST,
    "cost_per_click": COST,
    "ad_title": NAME,
    "ad_text": TEXT,
    "start_date": DAY,
    "end_date": DAY,
    "targeting": TARGETING,
}


def taking(schema: Schema, example: object, media_type: str = "application/json") -> type[Operation]:
    """An operation whose body is like that."""

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            media = OpenAPIMediaType(schema=schema, example=example)
            self.request_body = RequestBody(required=True, content={media_type: media})

    return Described


CLIENTS = taking(_listed(CLIENT), [A_CLIENT])
ADVERTISERS = taking(_listed(ADVERTISER), [AN_ADVERTISER])
ONE_SCORE = taking(SCORE, A_SCORE)
SCORES = taking(_listed(SCORE), [A_SCORE])
NEW_TERMS = taking(_object(_TERMS, optional=("targeting",)), TERMS)
CHANGED_TERMS = taking(
    _object(_TERMS, optional=tuple(_TERMS)), {"ad_title": "Курс физики, весна", "cost_per_click": 5.02}
)
PLANNED_TERMS = taking(_object(_TERMS, optional=("targeting", "ad_title", "ad_text")), TERMS)
NEW_SPONSOR = taking(
    _object({"name": Schema(type=OpenAPIType.STRING, min_length=1, max_length=200)}), {"name": "Школа «Интеграл»"}
)
SUBJECTS = taking(_object({"subjects": _listed(Schema(type=OpenAPIType.STRING))}), {"subjects": ["physics"]})
CLICK = taking(_object({"client_id": ID}), {"client_id": CLIENT_ID})
NEW_DAY = taking(_object({"current_date": DAY}), {"current_date": 12})
WORDS = taking(_listed(Schema(type=OpenAPIType.STRING, min_length=1, max_length=200)), ["рак", "scam"])
WISH = taking(
    _object({"topic": NAME, "language": _words("RU", "EN"), "additional": _or_null(TEXT)}, optional=("additional",)),
    {"topic": "Курс физики", "language": "RU", "additional": "Скидка до пятницы"},
)
IMAGE = taking(
    _object({"file": Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)}),
    {"file": "(the bytes of a PNG, JPEG or WebP)"},
    "multipart/form-data",
)
