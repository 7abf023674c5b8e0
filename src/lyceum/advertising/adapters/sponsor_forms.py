"""The form of a campaign: what it holds, how it is read, and what is said of its faults under each field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from lyceum.advertising.adapters.day import FIRST
from lyceum.advertising.domain.campaigns import Campaign
from lyceum.advertising.domain.prices import DIGITS, Price, total
from lyceum.advertising.domain.refusals import FrozenField
from lyceum.kernel.errors import AppError, FieldProblem
from lyceum.platform.http_errors import AnyRequest, PreconditionFailed, TooLarge
from lyceum.platform.i18n import localise_error, localise_phrase, translator

LIMITS = ("impressions_limit", "clicks_limit")
DAYS = ("start_date", "end_date")
COSTS = ("cost_per_impression", "cost_per_click")
TEXTS = ("ad_title", "ad_text")
AGES = ("age_from", "age_to")
WORDS = ("gender", "location")
FIELDS = (*TEXTS, *LIMITS, *DAYS, *COSTS, *AGES, *WORDS)
EXTRA = ("text_language", "text_wish")
"""Of the text that is to be written, not of the campaign."""
WISHED: Mapping[str, str] = {"topic": "ad_title", "additional": "text_wish"}
"""What a wish for a text calls what stands in these fields."""
LAST_DATE = (date.max - FIRST).days
FAULTS: Mapping[str, str] = {
    "missing": "Fill this in.",
    "not_text": "Write something here.",
    "too_long": "This is too long.",
    "not_writable": "This holds characters that cannot be shown.",
    "not_whole": "Write a whole number, like 1000.",
    "out_of_range": "Write a whole number from {least} to {most}.",
    "not_a_price": "Write a number from 0 on, like 0.5.",
    "not_one_of": "Choose one of the list.",
    "before_today": "This day is over. Choose today or a later one.",
    "before_start": "The last day is not before the first.",
    "above_age_to": "The first age is not above the second.",
    "forbidden_words": "Not allowed in an ad: {words}. Say it in other words.",
    "not_an_image": "This picture cannot be shown: {why}. Choose a PNG, JPEG or WebP file.",
    "no_subject": "A subject of the list is not there any more. Choose again.",
    "frozen": "This stays as it is once the campaign has begun.",
}
CHANGED_MEANWHILE = (
    "The campaign was changed in another window meanwhile. What you entered stands here: save again to keep it, or "
    "open the page anew to see the change."
)
RANGE = re.compile(r"(-?\d+) to (-?\d+)")
SIZE = re.compile(r"it has \d+×\d+ pixels.*")
type Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DayWords:
    """Days as people write and read them: dates where the day follows the calendar, else numbers."""

    has_dates: bool

    def date_of(self, day: int) -> date | None:
        """The date, None where days are numbers or the date is beyond the calendar."""
        return FIRST + timedelta(days=day) if self.has_dates and 0 <= day <= LAST_DATE else None

    def written(self, day: int) -> str:
        """As a field of a form holds it."""
        found = self.date_of(day)
        return str(day) if found is None else found.isoformat()

    def read(self, text: str) -> object:
        """The day that was written; what is none stays a text."""
        text = text.strip()
        if self.has_dates and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            try:
                return (date.fromisoformat(text) - FIRST).days
            except ValueError:
                return text
        return _whole(text)

    def day(self, text: str) -> int | None:
        """The day that was written, None for what is none."""
        found = self.read(text)
        return found if isinstance(found, int) and found >= 0 else None


def values_of(form: Form, days: DayWords) -> dict[str, object]:
    """The form as the use cases take it: what is empty is null, and what is no number stays a text, so that they name
    the field. Leaving it out would mean that it stays as it is."""
    values: dict[str, object] = {name: form.get(name, "").strip() for name in TEXTS}
    values |= {name: _whole(form.get(name, "")) for name in LIMITS}
    values |= {name: days.read(form.get(name, "")) for name in DAYS}
    values |= {name: _cost(form.get(name, "")) for name in COSTS}
    targeting: dict[str, object] = {name: _whole(form[name]) for name in AGES if form.get(name, "").strip()}
    targeting |= {name: form[name].strip() for name in WORDS if form.get(name, "").strip()}
    return {name: None if value == "" else value for name, value in values.items()} | {"targeting": targeting}


def form_for(campaign: Campaign, days: DayWords) -> Form:
    """What the editor shows of a campaign."""
    terms, targeting = campaign.terms, campaign.terms.targeting
    form = {name: str(getattr(terms, name)) for name in (*TEXTS, *LIMITS)}
    form |= {name: days.written(getattr(terms, name)) for name in DAYS}
    form |= {name: format(getattr(terms, name), "f") for name in COSTS}
    kept = {name: getattr(targeting, name) for name in (*AGES, *WORDS)}
    return form | {name: str(value) for name, value in kept.items() if value is not None}


def version_of(form: Form) -> int | None:
    """The version of the campaign that the form was made of; None where it does not say."""
    said = form.get("version", "")
    return int(said) if re.fullmatch(r"[0-9]{1,9}", said) else None


def blank_form(today: int, days: DayWords) -> Form:
    """What the editor of a new campaign begins with: two weeks from today on."""
    form = {"start_date": days.written(today), "end_date": days.written(today + 13), "impressions_limit": "1000"}
    return form | {"clicks_limit": "100", "cost_per_impression": "0.5", "cost_per_click": "5"}


async def form_of(request: AnyRequest) -> Form:
    """The texts that a form brings."""
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def field_errors(error: AppError | None, locale: str) -> dict[str, str]:
    """What is wrong, by the field; what belongs to no field is under the empty name."""
    if error is None:
        return {}
    if isinstance(error, TooLarge):
        return {"file": localise_error(error, locale)}
    if isinstance(error, PreconditionFailed):
        return {"": translator(locale).gettext(CHANGED_MEANWHILE)}
    problems = list(_problems(error))
    told = {problem.loc: _said(problem, locale) for problem in reversed(problems)}
    known = {name: told[name] for name in (*FIELDS, *EXTRA, "name", "file", "subjects") if name in told}
    return known or {"": localise_error(error, locale)}


def _problems(error: AppError) -> Iterator[FieldProblem]:
    if isinstance(error, FrozenField):
        names = str(error.facts["fields"]).split(", ")
        yield from (FieldProblem(name, "frozen", "") for name in names)
        return
    for problem in error.problems:
        name = "subjects" if problem.code == "no_subject" else problem.loc.rpartition("/")[2]
        yield FieldProblem(WISHED.get(name, name), problem.code, problem.msg)


def _said(problem: FieldProblem, locale: str) -> str:
    gettext = translator(locale).gettext
    template = FAULTS.get(problem.code)
    if template is None:
        return gettext(problem.msg)
    ends = RANGE.search(problem.msg)
    facts = {"words": problem.msg, "why": localise_phrase(SIZE.sub("it has too many pixels", problem.msg), locale)} | (
        dict(zip(("least", "most"), ends.groups(), strict=True)) if ends else {}
    )
    return gettext(template).format_map(facts)


def _whole(text: str) -> object:
    text = text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    return int(text) if re.fullmatch(r"-?[0-9]{1,16}", text) else text


def _cost(text: str) -> object:
    text = text.strip().replace("\u00a0", "").replace(" ", "").replace(",", ".")
    return Decimal(text) if re.fullmatch(rf"-?[0-9]{{1,16}}(\.[0-9]{{1,{DIGITS}}})?", text) else text


def budget_of(form: Form, days: DayWords) -> Decimal | None:
    """What the campaign costs at most; None while a number is missing."""
    values = values_of(form, days)
    counts: list[tuple[Price, int]] = []
    for limit, cost in zip((values.get(name) for name in LIMITS), (values.get(name) for name in COSTS), strict=True):
        if not isinstance(limit, int) or not isinstance(cost, Decimal) or limit < 0 or cost < 0:
            return None
        counts.append((Price(cost), limit))
    return total(counts)
