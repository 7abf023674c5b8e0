"""What callers send, read into what the domain speaks: clients, advertisers, scores, the terms of campaigns."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from lyceum.advertising.domain.campaigns import ANYBODY, Audience, Campaign, Targeting, Terms
from lyceum.advertising.domain.clients import OLDEST, Advertiser, Client, Gender, Score
from lyceum.advertising.domain.fields import MOST, TOLD, Fields, items
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


def read_clients(values: object) -> Sequence[Client]:
    """Raise ValidationFailed; RepeatedId when an id stands in the list twice."""
    found = _all(values, _client)
    _require_distinct([client.id for client in found])
    return found


def read_advertisers(values: object) -> Sequence[Advertiser]:
    """Raise ValidationFailed; RepeatedId when an id stands in the list twice."""
    found = _all(values, _advertiser)
    _require_distinct([advertiser.id for advertiser in found])
    return found


def read_score(values: object) -> Score:
    fields = Fields(values)
    score = _score(fields)
    fields.check()
    return score


def read_scores(values: object) -> Sequence[Score]:
    found = _all(values, _score)
    _require_distinct([(score.client_id, score.advertiser_id) for score in found])
    return found


def _all[T](values: object, read: Callable[[Fields], T]) -> Sequence[T]:
    found: list[T] = []
    problems: list[FieldProblem] = []
    listed = items(values)
    if len(listed) > BULK:
        problems.append(FieldProblem("body", "too_many", f"has more than {BULK} items"))
    for number, item in enumerate(listed):
        if len(problems) >= TOLD:
            break
        found.append(read(Fields(item, str(number), problems)))
    Fields({}, problems=problems).check()
    return found


def _require_distinct(ids: Sequence[object]) -> None:
    if len(set(ids)) == len(ids):
        return
    seen: set[object] = set()
    for id in ids:
        if id in seen:
            raise RepeatedId(id=" and ".join(map(str, id)) if isinstance(id, tuple) else id)
        seen.add(id)


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
