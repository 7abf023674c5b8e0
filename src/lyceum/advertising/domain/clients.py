"""Those who are shown ads, those who pay for them, and how much the one matters to the other."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from lyceum.advertising.domain.ids import AdvertiserId, ClientId


class Gender(StrEnum):
    MALE = "MALE"
    FEMALE = "FEMALE"


OLDEST = 200


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who is shown ads. `location` is as it was written; `place_of` compares."""

    id: ClientId
    login: str
    age: int
    location: str
    gender: Gender


@dataclass(frozen=True, slots=True)
class Advertiser:
    id: AdvertiserId
    name: str


@dataclass(frozen=True, slots=True)
class Score:
    """How relevant an advertiser is to a client; the greater, the more."""

    client_id: ClientId
    advertiser_id: AdvertiserId
    score: int


def place_of(location: str) -> str:
    """The form in which locations are compared: Unicode NFC, without surrounding blanks, letter for letter."""
    return unicodedata.normalize("NFC", location).strip()
