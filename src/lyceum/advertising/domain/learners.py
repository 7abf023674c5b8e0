"""Learners as clients: who may be shown ads, and what advertising knows of them then."""

from dataclasses import dataclass

from lyceum.advertising.domain.clients import Client, Gender, place_of
from lyceum.advertising.domain.ids import ClientId

GENDERS = {"female": Gender.FEMALE, "male": Gender.MALE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A learner's profile as far as it concerns ads; None where they have not said."""

    id: ClientId
    birth_year: int | None
    gender: str | None
    location: str | None
    consents: bool

    def as_client(self, year: int) -> Client | None:
        """The client that the learner is in that year; None unless they consent and said all that a client needs.

        Campaigns address men, women or everybody, so whoever gave another gender is shown no ads.
        """
        gender = GENDERS.get(self.gender or "")
        if not self.consents or self.birth_year is None or gender is None or not place_of(self.location or ""):
            return None
        return Client(self.id, login_of(self.id), age_in(year, self.birth_year), self.location or "", gender)


def age_in(year: int, birth_year: int) -> int:
    """The age that everybody born in `birth_year` has reached on any day of `year`: nobody is taken to be older."""
    return max(0, year - birth_year - 1)


def login_of(id: ClientId) -> str:
    """A name that tells one client from another, and nothing of the person."""
    return f"learner-{id.hex[-12:]}"
