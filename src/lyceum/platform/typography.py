"""How text, numbers and times are set on a page: non-breaking spaces, thousands, the minus sign, dates near and far."""

import re
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import localcontext
from functools import lru_cache
from zoneinfo import ZoneInfo

from markupsafe import Markup

from lyceum.platform.i18n import Translator

NBSP, MINUS = "\u00a0", "\u2212"
MOST_DIGITS = 200
"""Of a number on a page; Babel fails beyond the precision of the running context, 28 digits by default."""
DEFAULT_ZONE = "Europe/Moscow"
zone_of_reader: ContextVar[str] = ContextVar("zone_of_reader", default="")

_SHORT = "а|в|и|к|о|с|у|я|во|да|до|за|из|ко|на|не|ни|но|об|от|по|со|то|без|для|или|как|над|под|при|про|что"
_SPACES = re.compile(
    rf"(?<![\w-])(?:{_SHORT})(?P<short> )(?=\S)"
    r"|(?<=\S)(?P<dash> )(?=[—–] )"
    r"|(?<=\d)(?P<unit> )(?=[%‰°℃₽]|\w{1,5}\b)"
    r"|(?<=[№§])(?P<sign> )(?=\d)",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"(?P<keep><(?P<tag>code|pre|kbd|script|style|textarea)\b.*?</(?P=tag)>|<[^>]*>|\\\(.*?\\\)|\\\[.*?\\\])"
    r"|(?P<text>[^<\\]+|.)",
    re.DOTALL | re.IGNORECASE,
)


def typo(text: str) -> str:
    """Join short words, dashes, signs and units to their neighbours. HTML (Markup) keeps tags, code, formulas."""
    if not isinstance(text, Markup):
        return _join(str(text))
    return Markup(_PARTS.sub(lambda part: part["keep"] or _join(part["text"]), str(text)))  # noqa: S704 -- was Markup


def _join(text: str) -> str:
    # Twice: of two short words in a row the second begins where the first one's match ended.
    return _SPACES.sub(_bind, _SPACES.sub(_bind, text))


def _bind(match: re.Match[str]) -> str:
    return match.group().replace(" ", NBSP)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    for candidate in (name, DEFAULT_ZONE):
        try:
            return ZoneInfo(candidate)
        except (ValueError, OSError, KeyError):
            continue
    return UTC


class Setting:
    """The filters of one language. Times are shown in the zone of the reader's browser."""

    def __init__(self, locale: str, words: Translator, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.locale = locale
        self.words = words
        self.now = now

    def translated(self, sentence: str) -> str:
        """A sentence that a variable holds, if the catalogue knows it: plain text, without formats or markup in it."""
        return self.words.gettext(sentence) if sentence else ""

    def number(self, value: float, digits: int | None = None, *, signed: bool = False) -> str:
        """`48 300`, `−0,24`. Without `digits`, up to two after the decimal sign."""
        from babel.numbers import format_decimal

        pattern = "#,##0.##" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
        with localcontext(prec=MOST_DIGITS):
            text = format_decimal(value, format=pattern, locale=self.locale).replace("-", MINUS)
        return f"+{text}" if signed and value > 0 else text

    def percent(self, share: float, digits: int = 0) -> str:
        """A share of one as `54 %` (`54%` in English)."""
        return self.number(round(share * 100, digits), digits) + (NBSP if self.locale == "ru" else "") + "%"

    def size(self, octets: int) -> str:
        """`2,4 МБ`, in powers of 1024."""
        pgettext = self.words.pgettext
        units = (pgettext("unit", "B"), pgettext("unit", "KB"), pgettext("unit", "MB"), pgettext("unit", "GB"))
        value, rank = float(octets), 0
        while value >= 1024 and rank < len(units) - 1:
            value, rank = value / 1024, rank + 1
        return self.number(value, 1 if rank and value < 100 else 0) + NBSP + units[rank]

    def duration(self, seconds: float | timedelta) -> str:
        """`1 мин 48 с`; the two largest units that are not zero."""
        total = round(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
        pgettext = self.words.pgettext
        parts = (
            (total // 3600, pgettext("unit", "h")),
            (total // 60 % 60, pgettext("unit", "min")),
            (total % 60, pgettext("unit", "s")),
        )
        shown = [f"{amount}{NBSP}{unit}" for amount, unit in parts if amount][:2]
        return " ".join(shown) or f"0{NBSP}{pgettext('unit', 's')}"

    def clock(self, seconds: float | timedelta) -> str:
        """`2:14` or `1:02:14`."""
        total = round(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
        hours, minutes, rest = total // 3600, total // 60 % 60, total % 60
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    def when(self, moment: datetime) -> Markup:
        """`5 минут назад`, `сегодня в 21:40`, `вчера в 21:40`, `12 сентября`, as a `time` element."""
        local = moment.astimezone(_zone(zone_of_reader.get()))
        title = f"{self.day(local, year=True)}, {local:%H:%M}"
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            moment.astimezone(UTC).isoformat(timespec="seconds"), title, self._near(moment, local)
        )

    def exact(self, moment: datetime) -> Markup:
        """`5 декабря, 10:00`, as a `time` element: for appointments."""
        local = moment.astimezone(_zone(zone_of_reader.get()))
        return Markup('<time datetime="{}">{}</time>').format(
            moment.astimezone(UTC).isoformat(timespec="seconds"), f"{self.day(local)}, {local:%H:%M}"
        )

    def _near(self, moment: datetime, local: datetime) -> str:
        gettext = self.words.gettext
        now = self.now()
        age = now - moment
        if timedelta(0) <= age < timedelta(minutes=1):
            return gettext("just now")
        if timedelta(0) <= age < timedelta(hours=1):
            from babel.dates import format_timedelta

            return format_timedelta(-age, granularity="minute", add_direction=True, locale=self.locale)
        days = (local.date() - now.astimezone(local.tzinfo).date()).days
        near = {
            0: gettext("today at %(time)s"),
            -1: gettext("yesterday at %(time)s"),
            1: gettext("tomorrow at %(time)s"),
        }
        return near[days] % {"time": f"{local:%H:%M}"} if days in near else self.day(local)

    def day(self, value: date, *, year: bool | None = None) -> str:
        """`12 сентября`, with the year when it is not this one. A moment is shown in the reader's zone."""
        from babel.dates import format_date

        shown = value.astimezone(_zone(zone_of_reader.get())) if isinstance(value, datetime) else value
        with_year = shown.year != self.now().year if year is None else year
        pattern = {"ru": "d MMMM", "en": "MMMM d"}.get(self.locale, "d MMMM")
        comma = "," if self.locale == "en" else ""
        text = format_date(shown, f"{pattern}{comma} y" if with_year else pattern, locale=self.locale)
        return text.replace(" ", NBSP, 1)
