"""Pages of one's own progress: the cabinet, the history of answers, the mistakes to work on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromQuery

from lyceum.accounts.api import Actor
from lyceum.bank.api import Catalogue
from lyceum.kernel.ids import QuestionId
from lyceum.platform.http_errors import AnyRequest
from lyceum.platform.pages import Pages, Viewer, redirect
from lyceum.platform.paging import Page
from lyceum.training.adapters.cabinet import ENOUGH, cabinet, heat
from lyceum.training.adapters.progress import ReadProgress
from lyceum.training.adapters.queries import HistoryItem, MistakeItem, TrainingQueries
from lyceum.training.domain.settings import BadSettings
from lyceum.training.domain.trainings import Mode
from lyceum.training.ports import Trainings
from lyceum.training.use_cases.settings import ChangeSettings, ReadSettings, SettingsChanges

RECENT_MISTAKES = 3
PER_PAGE = 30


class CabinetPages(Controller):
    """`/cabinet`; somebody without a session is told what it is and may train at once."""

    path = "/cabinet"
    include_in_schema = False

    @get()
    @inject
    async def progress(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[TrainingQueries],
        catalogue: FromDishka[Catalogue],
        trainings: FromDishka[Trainings],
        read: FromDishka[ReadProgress],
        settings: FromDishka[ReadSettings],
        subject: FromQuery[str] = "",
        saved: FromQuery[str] = "",
        refused: FromQuery[str] = "",
    ) -> Response[str]:
        if not actor.is_signed_in:
            return pages.respond("training/cabinet_visitor.html", viewer)
        today = datetime.now(UTC).astimezone(queries.zone).date()
        progress = await read(actor)
        mistakes = await queries.mistakes(actor.id, limit=RECENT_MISTAKES, cursor=None)
        return pages.respond(
            "training/cabinet.html",
            viewer,
            own=cabinet(progress, today, await queries.time_spent(actor.id), subject),
            mistakes=mistakes.items,
            briefs=await catalogue.briefs([QuestionId(item.question_id) for item in mistakes.items]),
            titles=await _titles(catalogue, viewer),
            heat=heat,
            enough=ENOUGH,
            is_guest=actor.is_guest,
            review=await trainings.active(actor.id, Mode.REVIEW),
            settings=await settings(actor),
            is_saved=saved == "1",
            refused=refused,
        )

    @post("/settings")
    @inject
    async def choose(
        self, request: AnyRequest, actor: FromDishka[Actor], change: FromDishka[ChangeSettings]
    ) -> Response[str]:
        """Keep the goal and the choice about the leaderboard, and come back to them."""
        form = await request.form()
        goal = str(form.get("daily_goal", "")).strip()
        number = int(goal) if goal.isascii() and goal.isdecimal() and len(goal) < 6 else 0
        try:
            await change(actor, SettingsChanges(daily_goal=number, on_leaderboard=form.get("on_leaderboard") == "1"))
        except BadSettings:
            return redirect(request, "/cabinet?refused=goal#settings")
        return redirect(request, "/cabinet?saved=1#settings")

    @get("/history")
    @inject
    async def history(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[TrainingQueries],
        catalogue: FromDishka[Catalogue],
        subject: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
    ) -> Response[str]:
        """Every answer, the newest first."""
        if not actor.is_signed_in:
            return pages.respond("training/cabinet_visitor.html", viewer)
        found: Page[HistoryItem] = await queries.history(
            actor.id, limit=PER_PAGE, cursor=cursor or None, subject=subject or None
        )
        subjects = [it.subject for it in (await queries.progress(actor.id)).subjects]
        listed = Listed(found, subjects, "/cabinet/history", subject, cursor)
        return await _respond(pages, viewer, catalogue, "training/history.html", listed)

    @get("/mistakes")
    @inject
    async def mistakes(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[TrainingQueries],
        catalogue: FromDishka[Catalogue],
        subject: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
    ) -> Response[str]:
        """Questions whose latest answer was not right."""
        if not actor.is_signed_in:
            return pages.respond("training/cabinet_visitor.html", viewer)
        found: Page[MistakeItem] = await queries.mistakes(
            actor.id, limit=PER_PAGE, cursor=cursor or None, subject=subject or None
        )
        subjects = [it.subject for it in (await queries.progress(actor.id)).subjects]
        listed = Listed(found, subjects, "/cabinet/mistakes", subject, cursor)
        return await _respond(pages, viewer, catalogue, "training/mistakes.html", listed)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list with its filter: the subjects to choose from and the one chosen."""

    found: Page[HistoryItem] | Page[MistakeItem]
    subjects: Sequence[str]
    path: str
    subject: str
    cursor: str

    @property
    def next_href(self) -> str:
        return self._to(self.found.next_cursor) if self.found.next_cursor else ""

    @property
    def first_href(self) -> str:
        return self._to() if self.cursor else ""

    def _to(self, cursor: str = "") -> str:
        given = {name: value for name, value in (("subject", self.subject), ("cursor", cursor)) if value}
        return f"{self.path}?{urlencode(given)}" if given else self.path


async def _respond(pages: Pages, viewer: Viewer, catalogue: Catalogue, template: str, listed: Listed) -> Response[str]:
    ids = {QuestionId(item.question_id) for item in listed.found.items}
    return pages.respond(
        template,
        viewer,
        listed=listed,
        items=listed.found.items,
        briefs=await catalogue.briefs(list(ids)),
        titles=await _titles(catalogue, viewer),
    )


async def _titles(catalogue: Catalogue, viewer: Viewer) -> dict[str, str]:
    return {subject.id: subject.title for subject in await catalogue.subjects(viewer.locale)}


PAGES = [CabinetPages]
