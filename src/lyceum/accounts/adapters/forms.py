"""What the pages' forms bring, and how their faults are shown."""

import re
from collections.abc import Mapping

from lyceum.accounts.adapters.visits import AnyRequest
from lyceum.accounts.domain.refusals import EmailTaken, WrongPassword
from lyceum.kernel.errors import AppError
from lyceum.platform.i18n import localise_error, localise_problem

PLACES: Mapping[type[AppError], str] = {EmailTaken: "email", WrongPassword: "current"}
"""Refusals that belong to one field of a form."""

BROWSERS: Mapping[str, str] = {
    "YaBrowser/": "Yandex Browser",
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
"""By the mark that a browser has in its name for itself; those that also carry another's mark come first."""
SYSTEMS: Mapping[str, str] = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


async def form_of(request: AnyRequest) -> dict[str, str]:
    """The text fields of a form; the first where a name comes twice."""
    form = await request.form()
    return {name: value for name, value in reversed(list(form.multi_items())) if isinstance(value, str)}


def field_errors(error: AppError | None, locale: str) -> dict[str, str]:
    """The message for each faulty field of a form, by the field's name."""
    if error is None:
        return {}
    if (place := PLACES.get(type(error))) is not None:
        return {place: localise_error(error, locale)}
    return {problem.loc: localise_problem(problem, locale) for problem in error.problems}


def headers_of(error: AppError | None) -> Mapping[str, str]:
    retry = error.facts.get("retry_after") if error else None
    return {"Retry-After": str(retry)} if retry is not None else {}


def birth_year(text: str) -> int | None:
    """The year in a text field: None for an empty one, 0 (which no rule takes) for what is not a year."""
    text = text.strip()
    if not text:
        return None
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 0


def device_name(user_agent: str) -> str:
    """`Firefox, Linux` for people; programs by the first word they say."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    if browser and system:
        return f"{browser}, {system}"
    return user_agent.partition(" ")[0][:60]
