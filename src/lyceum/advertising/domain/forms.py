"""What callers send, read into what the domain speaks: clients, advertisers, scores, the terms of campaigns."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from lyceum.advertising.domain.campaigns import ANYBODY, Audience, Campaign, Targeting, Terms
from lyceum.advertising.domain.clients import OLDEST, Advertiser, Client, Gender, Score
from lyceum.advertising.domain.fields import (
    MISSING,
    MOST,
    NOT_A_LIST,
    NOT_A_SUBJECT,
    TOLD,
    Fields,
    items,
    refuse,
)
from lyceum.advertising.domain.ids import AdvertiserId, ClientId
from lyceum.advertising.domain.prices import Price
from lyceum.advertising.domain.refusals import FrozenField, RepeatedId
from lyceum.kernel.errors import FieldProblem

FROZEN = ("impressions_limit", "clicks_limit", "start_date", "end_date")
"""What does not change once a campaign has started."""
NOTHING = Terms(
    impressions_limit=0,
    clicks_limit=0,
    cost_per_impression=Price(Decimal(0)),
    cost_per_click=Price(Decimal(0)),
    ad_title="",
    ad_text="",
    start_date=0,
    end_date=0,
)
BULK = 200_000
"""Most items of one list."""


def _client(fields: Fields) -> Client:
    return Client(
        id=ClientId(fields.id("client_id")),
        login=fields.text("login"),
        age=fields.whole("age", 0, OLDEST),
        location=fields.text("location"),
        gender=fields.word("gender", Gender),
    )


def _advertiser(fields: Fields) -> Advertiser:
    return Advertiser(AdvertiserId(fields.id("advertiser_id")), fields.text("name"))


def _score(fields: Fields) -> Score:
    return Score(
        ClientId(fields.id("client_id")),
        AdvertiserId(fields.id("advertiser_id")),
        fields.whole("score", -MOST, MOST),
    )


class Reading[T]:
    """Reads a list of any length part by part; call `finish` behind the last one.

    Raises ValidationFailed as soon as there are as many problems as one refusal names; RepeatedId, when an item stands
    in the list twice, only once everything was found to be well-formed.
    """

    def __init__(self, read: Callable[[Fields], T], key: Callable[[T], Sequence[UUID]]) -> None:
        self._read = read
        self._key = key
        self._count = 0
        self._problems: list[FieldProblem] = []
        self._known: set[int] = set()
        self._repeated: Sequence[UUID] | None = None

    def part(self, items: Sequence[object]) -> Sequence[T]:
        """What the next items say; of no meaning where one of them is wrong."""
        found = []
        for item in items:
            if len(self._problems) >= TOLD:
                refuse(self._problems)
            found.append(self._read(Fields(item, str(self._count), self._problems)))
            self._count += 1
        if self._count > BULK:
            refuse([FieldProblem("body", "too_many", f"has more than {BULK} items"), *self._problems])
        if not self._problems:
            self._look_for_repeated(found)
        return found

    def finish(self) -> None:
        refuse(self._problems)
        if self._repeated is not None:
            raise RepeatedId(id=" and ".join(map(str, self._repeated)))

    def _look_for_repeated(self, found: Sequence[T]) -> None:
        known = self._known
        for one in found:
            ids = self._key(one)
            # Numbers take a third of the room that ids take.
            number = ids[0].int if len(ids) == 1 else ids[0].int << 128 | ids[1].int
            if number in known and self._repeated is None:
                self._repeated = ids
            known.add(number)


def reading_clients() -> Reading[Client]:
    return Reading(_client, lambda client: (client.id,))


def reading_advertisers() -> Reading[Advertiser]:
    return Reading(_advertiser, lambda advertiser: (advertiser.id,))


def reading_scores() -> Reading[Score]:
    return Reading(_score, lambda score: (score.client_id, score.advertiser_id))


def read_advertisers(values: object) -> Sequence[Advertiser]:
    """Raise ValidationFailed; RepeatedId when an id stands in the list twice."""
    reading = reading_advertisers()
    found = reading.part(items(values))
    reading.finish()
    return found


def read_score(values: object) -> Score:
    fields = Fields(values)
    score = _score(fields)
    fields.check()
    return score


def read_subjects(values: object, known: Sequence[str]) -> Sequence[str]:
    """The subjects of `{"subjects": [...]}`, in the order of those known; ValidationFailed."""
    fields = Fields(values)
    listed = fields.values.get("subjects")
    if listed is None:
        fields.wrong("subjects", "missing", MISSING)
    elif not isinstance(listed, list):
        fields.wrong("subjects", "not_a_list", NOT_A_LIST)
    else:
        for place in (place for place, subject in enumerate(listed) if subject not in known):
            fields.wrong(f"subjects/{place}", "no_subject", NOT_A_SUBJECT)
    fields.check()
    return [subject for subject in known if isinstance(listed, list) and subject in listed]


def read_terms(values: object, today: int) -> Terms:
    """The terms of a new campaign, which does not begin before `today`; ValidationFailed."""
    fields = Fields(values)
    terms = _terms(fields, None)
    fields.check()
    _check_days(fields, terms)
    if terms.start_date < today:
        fields.wrong("start_date", "before_today", f"must not be before the present day, {today}")
    fields.check()
    return terms


def read_plan(values: object) -> Terms:
    """The terms of a campaign that is only thought of: its title and text may be missing, its days may have begun;
    ValidationFailed."""
    words = {"ad_title": "-", "ad_text": "-"}
    fields = Fields({**values, **words} if isinstance(values, Mapping) else values)
    terms = _terms(fields, None)
    fields.check()
    _check_days(fields, terms)
    fields.check()
    return terms


def _terms(fields: Fields, old: Terms | None) -> Terms:
    """The terms that were sent; what was not sent is as in `old`, and required when there is none."""
    kept = old or NOTHING

    def read[T](name: str, now: T, reader: Callable[[str], T]) -> T:
        return reader(name) if old is None or fields.has(name) else now

    return Terms(
        impressions_limit=read("impressions_limit", kept.impressions_limit, fields.whole),
        clicks_limit=read("clicks_limit", kept.clicks_limit, fields.whole),
        cost_per_impression=read("cost_per_impression", kept.cost_per_impression, fields.price),
        cost_per_click=read("cost_per_click", kept.cost_per_click, fields.price),
        ad_title=read("ad_title", kept.ad_title, fields.text),
        ad_text=read("ad_text", kept.ad_text, fields.long_text),
        start_date=read("start_date", kept.start_date, fields.whole),
        end_date=read("end_date", kept.end_date, fields.whole),
        targeting=_targeting(fields) if fields.has("targeting") else kept.targeting,
    )


def _check_days(fields: Fields, terms: Terms) -> None:
    if terms.end_date < terms.start_date:
        fields.wrong("end_date", "before_start", "must not be before start_date")


def change_terms(campaign: Campaign, values: object, today: int) -> Terms:
    """The campaign's terms with the fields that were sent; ValidationFailed, FrozenField.

    Once the campaign has started its limits and days stay as they are; sending the present value is no change.
    """
    fields = Fields(values)
    old = campaign.terms
    terms = _terms(fields, old)
    fields.check()
    if campaign.has_started(today):
        if changed := [name for name in FROZEN if getattr(terms, name) != getattr(old, name)]:
            raise FrozenField(fields=", ".join(changed))
        return terms
    _check_days(fields, terms)
    if terms.start_date != old.start_date and terms.start_date < today:
        fields.wrong("start_date", "before_today", f"must not be before the present day, {today}")
    fields.check()
    return terms


def _targeting(outer: Fields) -> Targeting:
    sent = outer.values["targeting"]
    if sent is None:
        return ANYBODY
    fields = Fields(sent, f"{outer.place}/targeting".strip("/"), outer.problems)
    given = {name for name, value in fields.values.items() if value is not None}
    targeting = Targeting(
        gender=fields.word("gender", Audience) if "gender" in given else None,
        age_from=fields.whole("age_from", 0, OLDEST) if "age_from" in given else None,
        age_to=fields.whole("age_to", 0, OLDEST) if "age_to" in given else None,
        location=fields.text("location") if "location" in given else None,
    )
    if targeting.age_from is not None and targeting.age_to is not None and targeting.age_from > targeting.age_to:
        fields.wrong("age_from", "above_age_to", "must not be above age_to")
    return targeting
