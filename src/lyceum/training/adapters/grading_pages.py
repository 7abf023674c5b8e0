"""Pages of graders: the queue, an answer with its criteria, extra time of learners."""

from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor, People, Role
from lyceum.bank.api import Catalogue
from lyceum.kernel.errors import AppError
from lyceum.kernel.ids import AttemptId, UserId
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import localise_error
from lyceum.platform.pages import AnswerState, Pages, Viewer, redirect
from lyceum.training.adapters.gradings import GradingQueries
from lyceum.training.adapters.sittings import ExtraTimes
from lyceum.training.domain.grading import NothingToGrade
from lyceum.training.domain.sittings import MAX_EXTRA_MIN
from lyceum.training.use_cases.accommodations import NewAccommodation, SetAccommodation
from lyceum.training.use_cases.grading import (
    DecideAppeal,
    GiveGrade,
    GradingView,
    NewGrade,
    NextGrading,
    ReadGrading,
    TakeGrading,
)

PER_PAGE = 30
POINTS = "points."


class GradingPages(Controller):
    """`/author/grading`."""

    path = "/author/grading"
    include_in_schema = False

    @get()
    @inject
    async def queue(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[GradingQueries],
        catalogue: FromDishka[Catalogue],
        cursor: FromQuery[str] = "",
        subject: FromQuery[str] = "",
        done: FromQuery[str] = "",
    ) -> Response[str]:
        """What waits for this grader, the longest first."""
        grader = actor.require(Role.AUTHOR).id
        found = await queries.queue(grader, limit=PER_PAGE, cursor=cursor or None, subject=subject or None)
        titles = {it.id: it.title for it in await catalogue.subjects(viewer.locale)}
        return pages.respond(
            "training/grading.html", viewer, found=found, titles=titles, cursor=cursor, done=done == "1"
        )

    @post("/next")
    @inject
    async def take(self, request: AnyRequest, actor: FromDishka[Actor], take: FromDishka[TakeGrading]) -> Response[str]:
        """To the answer that has waited longest; to the empty queue when none waits."""
        try:
            grading = await take(actor, NextGrading())
        except NothingToGrade:
            return redirect(request, "/author/grading?done=1")
        return redirect(request, f"/author/grading/{grading.attempt_id}")

    @get("/{id:uuid}")
    @inject
    async def one(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        read: FromDishka[ReadGrading],
    ) -> Response[str]:
        return _sheet(pages, viewer, await read(actor, AttemptId(id)))

    @post("/{id:uuid}")
    @inject
    async def give(
        self,
        id: FromPath[UUID],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        give: FromDishka[GiveGrade],
        decide: FromDishka[DecideAppeal],
        read: FromDishka[ReadGrading],
    ) -> Response[str]:
        """Give points, or decide an appeal; then the next answer."""
        actor.require(Role.AUTHOR)
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            await (decide if form.get("appeal") else give)(actor, AttemptId(id), _grade(form))
        except AppError as error:
            view = await read(actor, AttemptId(id))
            text = localise_error(error, viewer.locale)
            return _sheet(pages, viewer, view, entered=form, error=text, status_code=status_of(error))
        return redirect(request, f"/author/grading/{id}" if form.get("appeal") else "/author/grading")


def _grade(form: dict[str, str]) -> NewGrade:
    """Points as they were chosen; a criterion left out is refused by the grading itself."""
    points: dict[str, float] = {}
    for name, value in form.items():
        number = value.replace(",", ".")
        if name.startswith(POINTS) and number.replace(".", "", 1).isdecimal() and len(number) < 8:
            points[name.removeprefix(POINTS)] = float(number)
    return NewGrade(points=points, comment=form.get("comment", "")[:5000])


def _sheet(
    pages: Pages,
    viewer: Viewer,
    view: GradingView,
    *,
    entered: dict[str, str] | None = None,
    error: str = "",
    status_code: int = 200,
) -> Response[str]:
    return pages.respond(
        "training/grading_one.html",
        viewer,
        status_code=status_code,
        view=view,
        state=AnswerState(response=view.answer),
        entered=entered or {},
        error=error,
    )


class ExtraTimePages(Controller):
    """`/author/extra-time`: learners who have more time than others."""

    path = "/author/extra-time"
    include_in_schema = False

    @get()
    @inject
    async def listed(
        self,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        times: FromDishka[ExtraTimes],
        people: FromDishka[People],
    ) -> Response[str]:
        actor.require(Role.AUTHOR)
        return await _extra_times(pages, viewer, times, people)

    @post()
    @inject
    async def set(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        times: FromDishka[ExtraTimes],
        people: FromDishka[People],
        set: FromDishka[SetAccommodation],
    ) -> Response[str]:
        actor.require(Role.AUTHOR)
        form = {name: str(value) for name, value in (await request.form()).items()}
        learner, minutes = await people.named(form.get("email", "")), form.get("extra_min", "")
        is_number = minutes.isdecimal() and len(minutes) < 5 and int(minutes) <= MAX_EXTRA_MIN
        if learner is None or not is_number:
            return await _extra_times(pages, viewer, times, people, form, unknown=learner is None)
        await set(actor, learner, NewAccommodation(extra_min=int(minutes), note=form.get("note", "")[:500]))
        return redirect(request, "/author/extra-time")


async def _extra_times(
    pages: Pages,
    viewer: Viewer,
    times: ExtraTimes,
    people: People,
    form: dict[str, str] | None = None,
    *,
    unknown: bool = False,
) -> Response[str]:
    found = await times.newest()
    return pages.respond(
        "training/extra_time.html",
        viewer,
        status_code=200 if form is None else 422,
        found=found,
        emails=await people.emails([UserId(it.learner_id) for it in found]),
        form=form or {},
        unknown=unknown,
        wrong=form is not None and not unknown,
        most=MAX_EXTRA_MIN,
    )


PAGES = [GradingPages, ExtraTimePages]
