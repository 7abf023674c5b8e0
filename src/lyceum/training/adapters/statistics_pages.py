"""Pages of question statistics: the author's item analysis, and what learners are told in words."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.params import FromPath

from lyceum.accounts.api import Actor, Role
from lyceum.bank.api import Brief, Catalogue, PlayQuestions
from lyceum.kernel.errors import Invalid
from lyceum.kernel.ids import QuestionId
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import translator
from lyceum.platform.pages import Pages, Viewer
from lyceum.platform.paging import Page
from lyceum.platform.spreadsheets import XLSX, CellValue, workbook
from lyceum.training.adapters.rating_checks import ReadChecks, StrayedQuestion
from lyceum.training.adapters.statistics_queries import Order, StatisticsQueries, Wanted
from lyceum.training.adapters.statistics_views import ListedStatistics
from lyceum.training.domain.question_signs import ENOUGH
from lyceum.training.domain.set_statistics import GOOD_ALPHA, POOR_ALPHA

HOME = "/author/statistics"
PER_PAGE = 30
SETS_SHOWN = 10
STRAYED_SHOWN = 20
EXPORTED = 5_000
"""The most rows of a workbook: the first by the order chosen."""
LISTED = ("sort", "subject", "whose")
COLUMNS = ("Code", "Question", "Answers", "Facility", "Discrimination", "Efficiency")


class AnalysisPages(Controller):
    """Item analysis of the author's own questions; for operators everybody's if they like."""

    path = HOME
    include_in_schema = False

    @get()
    @inject
    async def listed(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[StatisticsQueries],
        catalogue: FromDishka[Catalogue],
        checks: FromDishka[ReadChecks],
    ) -> Response[str]:
        """The questions with answers, sorted, with what to look at; and the sets."""
        actor.require(Role.AUTHOR)
        asked = {name: request.query_params.get(name, "")[:40] for name in LISTED}
        wanted = _wanted(asked, request.query_params.get("cursor") or None, PER_PAGE)
        found: Page[ListedStatistics] = Page(())
        refused: Invalid | None = None
        try:
            found = await queries.listed(actor, wanted)
        except Invalid as error:
            refused = error
        ratings = await checks(actor)
        return pages.respond(
            "training/statistics.html",
            viewer,
            status_code=status_of(refused) if refused else 200,
            found=found,
            asked=asked | {"sort": wanted.order.value},
            briefs=await catalogue.briefs([QuestionId(it.question_id) for it in found.items]),
            subjects=await catalogue.subjects(viewer.locale),
            sets=(await queries.sets(actor, limit=SETS_SHOWN)).items,
            address=lambda **changes: _address(asked | changes),
            following=_address(asked | {"cursor": found.next_cursor}) if found.next_cursor else "",
            first=_address(asked) if wanted.cursor else "",
            enough=ENOUGH,
            ratings=ratings,
            strayed=await _in_words(catalogue, ratings.strayed[:STRAYED_SHOWN]),
            good_alpha=GOOD_ALPHA,
            poor_alpha=POOR_ALPHA,
        )

    @get("/table.xlsx")
    @inject
    async def table(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        queries: FromDishka[StatisticsQueries],
        catalogue: FromDishka[Catalogue],
    ) -> Response[bytes]:
        """The list as a workbook, in the order chosen; texts that a spreadsheet would run are escaped."""
        actor.require(Role.AUTHOR)
        asked = {name: request.query_params.get(name, "")[:40] for name in LISTED}
        rows: list[Sequence[CellValue]] = []
        cursor: str | None = None
        while len(rows) < EXPORTED:
            found = await queries.listed(actor, _wanted(asked, cursor, 100))
            briefs = await catalogue.briefs([QuestionId(it.question_id) for it in found.items])
            for it in found.items:
                brief = briefs.get(QuestionId(it.question_id))
                text = (brief.find_code, brief.excerpt) if brief else (str(it.question_id), "")
                rows.append((*text, it.answered, it.facility, it.discrimination, it.efficiency))
            cursor = found.next_cursor
            if cursor is None:
                break
        words = translator(viewer.locale)
        data = workbook(words.gettext("Statistics"), [words.gettext(name) for name in COLUMNS], rows)
        return Response(
            data,
            media_type=XLSX,
            headers={
                "Content-Disposition": 'attachment; filename="statistics.xlsx"',
                "Cache-Control": "private, no-cache",
            },
        )

    @get("/{id:uuid}")
    @inject
    async def one(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[StatisticsQueries],
        catalogue: FromDishka[Catalogue],
        play: FromDishka[PlayQuestions],
    ) -> Response[str]:
        """One question: its numbers, its characteristic, its options by strength, its versions."""
        actor.require(Role.AUTHOR)
        found = await queries.analysis(actor, QuestionId(id))
        shown = await play.show(QuestionId(id), found.version, 0)
        return pages.respond(
            "training/statistics_question.html",
            viewer,
            id=id,
            numbers=found.numbers,
            brief=(await catalogue.briefs([QuestionId(id)])).get(QuestionId(id)),
            question=shown,
            texts={option.id: option.html for option in shown.options},
            enough=ENOUGH,
        )


class WordsPages(Controller):
    """What others make of a question, in words, for a sheet that shows its verdict."""

    path = "/statistics/words"
    include_in_schema = False

    @get("/{id:uuid}")
    @inject
    async def words(
        self,
        id: FromPath[UUID],
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        queries: FromDishka[StatisticsQueries],
    ) -> Response[str]:
        """A sentence or two; nothing as long as too few have answered."""
        told, mistake = await queries.words(actor, QuestionId(id))
        return pages.respond("training/statistics_words.html", viewer, told=told, mistake_html=mistake)


async def _in_words(
    catalogue: Catalogue, strayed: Sequence[StrayedQuestion]
) -> Sequence[tuple[StrayedQuestion, Brief | None]]:
    briefs = await catalogue.briefs([QuestionId(it.question_id) for it in strayed])
    return [(it, briefs.get(QuestionId(it.question_id))) for it in strayed]


def _wanted(asked: dict[str, str], cursor: str | None, limit: int) -> Wanted:
    return Wanted(
        order=Order(asked["sort"]) if asked["sort"] in set(Order) else Order.MOST_ANSWERED,
        subject=asked["subject"] if asked["subject"].isprintable() and asked["subject"] else None,
        everybody=asked["whose"] == "all",
        limit=limit,
        cursor=cursor,
    )


def _address(asked: dict[str, str | None]) -> str:
    given = {name: value for name, value in asked.items() if value}
    return f"{HOME}?{urlencode(given)}" if given else HOME


PAGES = [AnalysisPages, WordsPages]
