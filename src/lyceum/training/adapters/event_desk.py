"""The organiser's desk: one page for a draft and for all that follows, and what its form says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response

from lyceum.accounts.api import Actor
from lyceum.bank.api import Catalogue, Exams
from lyceum.kernel.errors import AppError, FieldProblem, NotFound
from lyceum.kernel.ids import QuestionId
from lyceum.platform.http_errors import status_of
from lyceum.platform.i18n import localise_error, localise_problem
from lyceum.platform.pages import Pages, Viewer
from lyceum.training.adapters.event_queries import EventQueries
from lyceum.training.domain.events import BadEvent, Event, EventState
from lyceum.training.use_cases.events import NewEvent, event_view, require_organiser
from lyceum.training.use_cases.standings import ReadFlags, RescoredView

type Form = Mapping[str, str]
EMPTY: Form = {
    "title": "",
    "description": "",
    "opens_at": "",
    "closes_at": "",
    "duration_min": "60",
    "profile": "",
    "questions": "",
    "variants": "4",
    "freeze_min": "0",
    "standings": "live",
}
LOGGED = 20
_WHOLE = "A whole number is wanted here."


@dataclass(frozen=True, slots=True)
class Desk:
    """Shows an event to its organiser, and reads their form."""

    actor: Actor
    viewer: Viewer
    pages: Pages
    queries: EventQueries
    flags: ReadFlags
    exams: Exams
    catalogue: Catalogue
    zone: ZoneInfo

    @property
    def here(self) -> ZoneInfo:
        """The zone of the organiser's device, else that of the site."""
        try:
            return ZoneInfo(self.viewer.zone) if self.viewer.zone else self.zone
        except (ValueError, OSError, KeyError):
            return self.zone

    async def event(self, id: UUID) -> Event:
        """Raise NotSignedIn, EventNotFound or NotTheOrganiser."""
        self.actor.require()
        event = await self.queries.events.get(id)
        require_organiser(self.actor, event)
        return event

    async def show(
        self,
        event: Event | None,
        *,
        form: Form | None = None,
        error: AppError | None = None,
        rescored: RescoredView | None = None,
    ) -> Response[str]:
        """`form` is what was entered; the event's own plan without it."""
        locale = self.viewer.locale
        view = event_view(event, self.flags.clock.now(), self.actor) if event else None
        log = await self.queries.log(self.actor, event.id, limit=LOGGED, cursor=None) if event else None
        is_done = view is not None and view.state is EventState.DONE
        flags, names = await self.flags(self.actor, event.id) if event and is_done else ((), {})
        return self.pages.respond(
            "training/author_event.html",
            self.viewer,
            status_code=status_of(error) if error else 200,
            event=view,
            form=form if form is not None else await self._form(event),
            profiles=await self._profiles(),
            zone=str(self.here),
            errors={it.loc.partition("/")[0]: localise_problem(it, locale) for it in error.problems} if error else {},
            error=localise_error(error, locale) if error and not error.problems else "",
            log=log.items if log else (),
            flags=flags,
            names=names,
            rescored=rescored,
        )

    async def plan(self, form: Form) -> NewEvent:
        """What the form asks for; raise BadEvent with all that cannot be read."""
        problems: list[FieldProblem] = []
        given: dict[str, object] = {name: form[name] for name in ("title", "description", "standings")}
        for name in ("duration_min", "variants", "freeze_min"):
            if form[name].strip().isdecimal() and len(form[name]) < 7:
                given[name] = int(form[name])
            else:
                problems.append(FieldProblem(name, "number", _WHOLE))
        for name in ("opens_at", "closes_at"):
            try:
                given[name] = datetime.fromisoformat(form[name]).replace(tzinfo=self.here)
            except ValueError:
                problems.append(FieldProblem(name, "time", "A day and a time are wanted here."))
        if form["profile"]:
            given["exam"], _, given["subject"] = form["profile"].partition("/")
        given["questions"] = await self._questions(form["questions"].split(), problems)
        if problems:
            raise BadEvent(problems=problems)
        try:
            return msgspec.convert(given, NewEvent)
        except msgspec.ValidationError as error:
            name = str(error).rpartition("$.")[2].rstrip("`") or "title"
            raise BadEvent(problems=[FieldProblem(name, "range", "This is more or less than is allowed.")]) from error

    async def _questions(self, codes: Sequence[str], problems: list[FieldProblem]) -> list[UUID]:
        found: list[UUID] = []
        for code in codes[:100]:
            try:
                found.append(await self.catalogue.find(code))
            except NotFound:
                problems.append(
                    FieldProblem("questions", "unknown", "There is no published question with one of these codes.")
                )
        return found

    async def _form(self, event: Event | None) -> Form:
        if event is None:
            return EMPTY
        plan = event.plan
        briefs = await self.catalogue.briefs([QuestionId(id) for id in plan.questions])
        return {
            "title": plan.title,
            "description": plan.description,
            "opens_at": plan.opens_at.astimezone(self.here).strftime("%Y-%m-%dT%H:%M"),
            "closes_at": plan.closes_at.astimezone(self.here).strftime("%Y-%m-%dT%H:%M"),
            "duration_min": str(plan.duration_min),
            "profile": f"{plan.exam}/{plan.subject}" if plan.exam else "",
            "questions": "\n".join(briefs[id].find_code for id in plan.questions if id in briefs),
            "variants": str(plan.variants),
            "freeze_min": str(plan.freeze_min),
            "standings": plan.standings.value,
        }

    async def _profiles(self) -> Sequence[tuple[str, str]]:
        """Exams whose profiles list their tasks, for the picker."""
        titles = {it.id: it.title for it in await self.catalogue.subjects(self.viewer.locale)}
        known = {(it.exam, it.subject) for it in await self.exams.profiles() if it.slots}
        names = {"ege": "ЕГЭ", "oge": "ОГЭ"} if self.viewer.locale == "ru" else {"ege": "EGE", "oge": "OGE"}
        found = [
            (f"{exam}/{subject}", f"{names.get(exam, exam)}, {titles.get(subject, subject)}") for exam, subject in known
        ]
        return [("", "—"), *sorted(found, key=lambda it: it[1])]
