"""Users: people and guests, their roles and profiles."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from lyceum.accounts.domain.credentials import is_plain
from lyceum.accounts.domain.refusals import BadFields, GuestRefused, LastOperator
from lyceum.kernel.errors import FieldProblem
from lyceum.kernel.ids import UserId

LOCALES = ("ru", "en")
GENDERS = ("female", "male", "other")
MAX_NAME = 100
MAX_LOCATION = 100
OLDEST, YOUNGEST = 120, 5
"""Ages in years that a birth year may mean."""


class Role(StrEnum):
    LEARNER = "learner"
    AUTHOR = "author"
    SPONSOR = "sponsor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Profile:
    """What users say about themselves; None where they have not said."""

    name: str
    locale: str
    birth_year: int | None = None
    gender: str | None = None
    location: str | None = None
    ads_consent: bool = False

    def problems(self, this_year: int) -> list[FieldProblem]:
        found = []
        if not 1 <= len(self.name) <= MAX_NAME or not is_plain(self.name):
            found.append(FieldProblem("name", "bad_name", "A name has 1 to 100 characters, without line breaks."))
        if self.locale not in LOCALES:
            found.append(FieldProblem("locale", "bad_locale", "The language is ru or en."))
        if self.birth_year is not None and not this_year - OLDEST <= self.birth_year <= this_year - YOUNGEST:
            found.append(
                FieldProblem("birth_year", "bad_birth_year", "Write the year of birth in four figures, like 2008.")
            )
        if self.gender is not None and self.gender not in GENDERS:
            found.append(FieldProblem("gender", "bad_gender", "Gender is female, male, other, or left empty."))
        if self.location is not None and (not 1 <= len(self.location) <= MAX_LOCATION or not is_plain(self.location)):
            found.append(
                FieldProblem("location", "bad_location", "A place has at most 100 characters, without line breaks.")
            )
        return found


@dataclass(eq=False, kw_only=True)
class User:
    """Somebody who uses the product. A guest has neither e-mail nor password; an operator made at the first start has
    none either until they choose them. `version` grows with every change of the user, not with use."""

    id: UserId
    email: str | None
    password_hash: str | None
    roles: frozenset[Role]
    profile: Profile
    is_guest: bool
    registered_at: datetime
    last_used_at: datetime
    disabled_at: datetime | None = None
    search_text: str = ""
    version: int = 1

    @classmethod
    def guest(cls, id: UserId, *, locale: str, at: datetime) -> Self:
        """Somebody who trains without registration."""
        profile = Profile(name="", locale=locale if locale in LOCALES else LOCALES[0])
        return cls(
            id=id,
            email=None,
            password_hash=None,
            roles=frozenset({Role.LEARNER}),
            profile=profile,
            is_guest=True,
            registered_at=at,
            last_used_at=at,
        )

    def register(self, *, email: str | None, password_hash: str | None, profile: Profile, at: datetime) -> None:
        """Make the guest (or the operator without an address) a registered user who keeps their id."""
        self.be(profile, at)
        if self.is_guest:
            self.registered_at = at
        self.email, self.password_hash, self.is_guest = email, password_hash, False
        self._index()

    def be(self, profile: Profile, at: datetime) -> None:
        """Take over a profile; raise BadFields."""
        if problems := profile.problems(at.year):
            raise BadFields(problems=problems)
        self.profile = profile
        self._index()

    def take_roles(self, roles: frozenset[Role], *, other_operators: int) -> None:
        """Everybody is a learner. Raise GuestRefused, LastOperator."""
        if self.is_guest and roles - {Role.LEARNER}:
            raise GuestRefused
        if Role.OPERATOR in self.roles and Role.OPERATOR not in roles and not other_operators:
            raise LastOperator
        self.roles = roles | {Role.LEARNER}

    def disable(self, at: datetime, *, other_operators: int) -> None:
        """Switch the account off; raise LastOperator."""
        if Role.OPERATOR in self.roles and not other_operators:
            raise LastOperator
        self.disabled_at = self.disabled_at or at

    def enable(self) -> None:
        self.disabled_at = None

    def _index(self) -> None:
        self.search_text = f"{self.email or ''} {self.profile.name}".casefold().strip()
