"""Pages of questions for everybody: browse and filter, one question, find by code."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import quote, urlencode

from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from lyceum.accounts.api import Actor
from lyceum.bank.adapters.lists import QuestionFilters, QuestionItem, QuestionLists, checked
from lyceum.bank.adapters.queries import CatalogueQueries, SubjectTitles
from lyceum.bank.adapters.shown import answer_state, excerpt_of, of_view
from lyceum.bank.adapters.views import QuestionViews
from lyceum.bank.api import Graded
from lyceum.bank.domain.content import Kind
from lyceum.bank.domain.drafts import Difficulty
from lyceum.bank.domain.find_codes import fold_find_code
from lyceum.bank.domain.questions import QuestionNotFound
from lyceum.kernel.errors import Invalid
from lyceum.platform.http_errors import AnyRequest, status_of
from lyceum.platform.i18n import localise_error, localise_problem
from lyceum.platform.pages import AnswerState, Pages, Viewer, redirect
from lyceum.platform.paging import Page

PER_PAGE = 20
EXAMS = ("ege", "oge", "olympiad")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters as they stand in the address: texts, empty where nothing is asked."""

    q: str = ""
    subject: str = ""
    exam: str = ""
    task_number: str = ""
    topic: str = ""
    difficulty: str = ""
    kind: str = ""
    cursor: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        return cls(**{name: query.get(name, "").strip()[:500] for name in cls.__dataclass_fields__})

    @property
    def filters(self) -> QuestionFilters:
        """A value that no question can have counts as not asked, as far as a choice from a list goes."""
        number = self.task_number
        return QuestionFilters(
            q=self.q,
            subject=self.subject or None,
            exam=self.exam or None,
            task_number=int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else None,
            topic=self.topic or None,
            difficulty=Difficulty(self.difficulty) if self.difficulty in set(Difficulty) else None,
            kind=Kind(self.kind) if self.kind in set(Kind) else None,
            cursor=self.cursor or None,
            limit=PER_PAGE,
        )

    def address(self, path: str, **changes: str) -> str:
        """The list with these filters; without the cursor unless it is among the changes."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "cursor"} | changes
        given = {name: value for name, value in values.items() if value}
        return f"{path}?{urlencode(given)}" if given else path

    @property
    def is_narrowed(self) -> bool:
        return self != type(self)(cursor=self.cursor)


class BrowsePages(Controller):
    """`/questions`."""

    path = "/questions"
    include_in_schema = False

    @get()
    @inject
    async def browse(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        lists: FromDishka[QuestionLists],
        queries: FromDishka[CatalogueQueries],
    ) -> Response[str]:
        """Published questions by filters and words."""
        asked = Asked.read(request.query_params)
        found: Page[QuestionItem] = Page(())
        refused: Invalid | None = None
        try:
            found = await lists.find(actor, checked(asked.filters))
        except Invalid as error:
            refused = error
        subjects = await queries.subjects(viewer.locale)
        known = asked.subject in {subject.id for subject in subjects}
        topics = [topic.title for topic in await queries.topics(asked.subject)] if known else []
        return pages.respond(
            "bank/questions.html",
            viewer,
            status_code=status_of(refused) if refused else 200,
            asked=asked,
            found=found,
            subjects=[it for it in subjects if it.questions or it.id == asked.subject],
            titles={it.id: it.title for it in subjects},
            topics=topics if asked.topic in (*topics, "") else [asked.topic, *topics],
            exams=EXAMS,
            kinds=tuple(Kind),
            excerpt_of=excerpt_of,
            train=_train(asked),
            error=" ".join(localise_problem(it, viewer.locale) for it in refused.problems) if refused else "",
        )

    @get("/{find_code:str}")
    @inject
    async def one(
        self,
        find_code: FromPath[str],
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        views: FromDishka[QuestionViews],
        titles: FromDishka[SubjectTitles],
    ) -> Response[str]:
        """One question; its answer for those who may know it."""
        view = await views.by_find_code(actor, find_code)
        if view.find_code != find_code:
            return redirect(request, f"/questions/{view.find_code}")
        question = of_view(view, await titles.title(view.subject, viewer.locale))
        knows = view.explanation is not None
        video = view.attachments.answer_video
        explained = Graded(
            score=0.0,
            max_score=view.max_score,
            verdict="skipped",
            feedback=(),
            elements={},
            right_answer=view.answer,
            explanation_html=view.explanation_html or "",
            explanation_media=(video,) if video else (),
        )
        return pages.respond(
            "bank/question.html",
            viewer,
            view=view,
            question=question,
            locked=AnswerState(),
            knows=knows,
            answer=answer_state(view.kind, view.answer) if knows else None,
            explained=explained,
            may_edit=view.content is not None,
        )


def _train(asked: Asked) -> str:
    """Where these questions are trained: the address of the trainer with the filters that it knows."""
    given = replace(asked, q="", kind="", cursor="")
    return given.address("/train")


class FindPages(Controller):
    """`/find`."""

    path = "/find"
    include_in_schema = False

    @get()
    @inject
    async def find(
        self,
        request: AnyRequest,
        actor: FromDishka[Actor],
        viewer: FromDishka[Viewer],
        pages: FromDishka[Pages],
        views: FromDishka[QuestionViews],
        code: FromQuery[str] = "",
    ) -> Response[str]:
        """To the question with the code, however it was typed; else the form with what is wrong."""
        refused: QuestionNotFound | None = None
        folded = fold_find_code(code)
        if folded is not None:
            try:
                await views.by_find_code(actor, folded)
                return redirect(request, f"/questions/{quote(folded)}")
            except QuestionNotFound as error:
                refused = error
        return pages.respond(
            "bank/find.html",
            viewer,
            status_code=404 if refused else 422 if code else 200,
            code=code[:64],
            is_odd=bool(code) and folded is None,
            error=localise_error(refused, viewer.locale) if refused else "",
        )


PAGES = [BrowsePages, FindPages]
