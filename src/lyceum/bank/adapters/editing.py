"""What the pages of the editor do with a form: receive it, preview it, show it again with what is wrong."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from litestar import Response

from lyceum.accounts.api import Actor
from lyceum.bank.adapters import played
from lyceum.bank.adapters.editor_form import NAMES, EditorForm
from lyceum.bank.adapters.editor_reader import files_of, of_view
from lyceum.bank.adapters.editor_writer import place_of, question_of
from lyceum.bank.adapters.queries import CatalogueQueries
from lyceum.bank.adapters.question_forms import FIELDS
from lyceum.bank.adapters.rendering import linked, to_html
from lyceum.bank.adapters.reports import PLAINER
from lyceum.bank.adapters.shown import PREVIEW_SEED, of_content, preview_answer, values_of
from lyceum.bank.adapters.versions import CurrentRows, Versions
from lyceum.bank.adapters.views import QuestionView, QuestionViews
from lyceum.bank.api import Graded, PlayedQuestion
from lyceum.bank.domain.checking import check
from lyceum.bank.domain.content import Content, Kind
from lyceum.bank.domain.questions import Attachment, NotTheAuthor
from lyceum.bank.ports import Cleaner
from lyceum.bank.use_cases.question_input import content_of, passport_of
from lyceum.bank.use_cases.questions import NewFile
from lyceum.kernel.errors import AppError, FieldProblem, Invalid
from lyceum.platform import media
from lyceum.platform.files import MIB, Files
from lyceum.platform.http_errors import (
    PROBLEM,
    AnyRequest,
    PreconditionFailed,
    problem_of,
    status_of,
)
from lyceum.platform.i18n import localise_error, localise_problem, translator
from lyceum.platform.pages import AnswerState, Pages, Viewer
from lyceum.platform.uploads import FileField, Form, Uploads

TEXT_LIMIT = 1 * MIB
OTHER_SEEDS = (2, 3, 4, 5)
EXAMS = ("ege", "oge", "olympiad")


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that arrived; its files are in the store while the block of `receive` lasts, or for good if kept."""

    form: EditorForm
    do: str
    received: Form

    @property
    def expected(self) -> int | None:
        """The version that the author has seen; a form that says none has seen none."""
        said = self.form.texts["version"]
        return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else -1

    async def checked(self, files: Files) -> tuple[NewFile, ...]:
        """The files, each looked at for what it really is; raise MediaRefused and the like."""
        return tuple(
            [
                NewFile(
                    name=upload.name,
                    role=role,
                    key=upload.key,
                    mime=await media.inspect(files, rule, upload),
                    size=upload.size,
                )
                for name, (role, rule, _) in FIELDS.items()
                for upload in self.received.files.get(name, ())
            ]
        )


@asynccontextmanager
async def receive(request: AnyRequest, uploads: Uploads) -> AsyncIterator[Sent]:
    """Read a sent form. What a file is gets checked later, by `Sent.checked`, so that no entered text is lost."""
    texts = dict.fromkeys(NAMES, TEXT_LIMIT)
    fields = {name: FileField(rule.limit, many) for name, (_, rule, many) in FIELDS.items()}
    async with uploads.receive(request, "bank", texts=texts, files=fields) as form:
        yield Sent(EditorForm.read(form.texts), form.text("do") or "save", form)


def told_apart(request: AnyRequest, viewer: Viewer, error: AppError) -> Response[dict[str, object]]:
    """The answer to a form that could not be read to its end: a script tells it beside the form, which stays as it
    is. A browser by itself gets the page of the refusal, and its way back to what was entered."""
    if request.headers.get("sec-fetch-mode") == "navigate":
        raise error
    return Response(problem_of(error, viewer.locale), status_code=status_of(error), media_type=PROBLEM)


@dataclass(frozen=True, slots=True)
class Edited:
    """A question that exists and may be edited by the caller."""

    view: QuestionView
    attachments: tuple[Attachment, ...]
    form: EditorForm


@dataclass(frozen=True, slots=True)
class Draw:
    """One learner's numbers: the values by name, as they are printed, and the question with them."""

    values: Sequence[tuple[str, str]]
    question: PlayedQuestion
    answer: AnswerState | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a learner will see, as far as it can be drawn; `said` is what is wrong, with the field it is in.
    `values` are the numbers drawn for it, `others` what some other learners would get."""

    question: PlayedQuestion | None = None
    answer: AnswerState | None = None
    explained: Graded | None = None
    hint_html: str = ""
    said: Sequence[tuple[str, str]] = ()
    values: Sequence[tuple[str, str]] = ()
    others: Sequence[Draw] = ()


@dataclass(frozen=True, slots=True)
class Editing:
    """The editor's page and its parts."""

    pages: Pages
    views: QuestionViews
    current: CurrentRows
    versions: Versions
    catalogue: CatalogueQueries
    cleaner: Cleaner

    async def edited(self, actor: Actor, id: UUID) -> Edited:
        """Raise QuestionNotFound or NotTheAuthor."""
        view = await self.views.get(actor, id)
        row = await self.current.find(id)
        if view.content is None or row is None:
            raise NotTheAuthor()
        attachments = self.versions.of_row(row).attachments
        return Edited(view, attachments, of_view(view, view.content, row["external_id"]))

    async def pressed(self, viewer: Viewer, sent: Sent, edited: Edited | None) -> Response[str]:
        """The form after one of its buttons that keep nothing."""
        if sent.do == "preview":
            preview = await self.preview(viewer, sent.form, edited)
            return await self.page(viewer, sent.form, edited, preview=preview)
        return await self.page(viewer, sent.form.done(sent.do), edited)

    async def refused(self, viewer: Viewer, sent: Sent, edited: Edited | None, error: AppError) -> Response[str]:
        """The form as it was sent, with what is wrong where it is wrong."""
        preview = await self.preview(viewer, sent.form, edited)
        errors = dict(reversed(preview.said)) if isinstance(error, Invalid) else {}
        errors |= dict(reversed(_said(error.problems, sent.form, viewer.locale)))
        whole = errors.pop("", "")
        newer = error.facts.get("version") if isinstance(error, PreconditionFailed) else None
        return await self.page(
            viewer,
            sent.form,
            edited,
            errors=errors,
            said=whole if errors or newer or whole else localise_error(error, viewer.locale),
            preview=preview,
            newer=str(newer or ""),
            status_code=status_of(error),
        )

    async def page(
        self,
        viewer: Viewer,
        form: EditorForm,
        edited: Edited | None = None,
        *,
        errors: Mapping[str, str] | None = None,
        said: str = "",
        newer: str = "",
        done: str = "",
        preview: Preview | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        """`newer` is the version that somebody else has kept meanwhile."""
        return self.pages.respond(
            "bank/editor.html",
            viewer,
            status_code=status_code,
            form=form.with_marked_gaps if form.kind is Kind.CLOZE else form,
            view=edited.view if edited else None,
            files={file.name: file for file in files_of(edited.view)} if edited else {},
            errors=errors or {},
            said=said,
            newer=newer,
            done=done,
            preview=preview,
            subjects=await self.catalogue.subjects(viewer.locale),
            exams=EXAMS,
            kinds=tuple(Kind),
        )

    async def preview(self, viewer: Viewer, form: EditorForm, edited: Edited | None) -> Preview:
        """Draw what can be drawn, and say what is wrong."""
        try:
            given = question_of(form, unfinished=True)
            content = self.cleaner.clean(content_of(given, given.answer))
            problems: Sequence[FieldProblem] = check(content)
        except Invalid as error:
            return Preview(said=_said(error.problems, form, viewer.locale))
        said = _said(problems, form, viewer.locale)
        if not content.stem.strip() or (problems and content.template is not None):
            return Preview(said=said)
        titles = {it.id: it.title for it in await self.catalogue.subjects(viewer.locale)}
        files = edited.attachments if edited else ()
        passport = passport_of(given)
        title, code = titles.get(passport.subject, ""), edited.view.find_code if edited else ""
        question, asked = of_content(content, passport, title, files, self.views.link, code)
        others = [
            self._draw(content, seed, of_content(content, passport, title, files, self.views.link, code, seed))
            for seed in (OTHER_SEEDS if content.template is not None else ())
        ]
        return Preview(
            question=question,
            answer=None if problems else preview_answer(asked),
            explained=self._explained(asked, files),
            hint_html=linked(to_html(asked.hint, asked.stem_format), files, self.views.link),
            said=said,
            values=values_of(content, PREVIEW_SEED),
            others=others,
        )

    def _draw(self, content: Content, seed: int, made: tuple[PlayedQuestion, Content]) -> Draw:
        question, asked = made
        return Draw(values_of(content, seed), question, preview_answer(asked))

    def _explained(self, asked: Content, files: Sequence[Attachment]) -> Graded:
        return Graded(
            score=0.0,
            max_score=asked.max_score,
            verdict="skipped",
            feedback=(),
            elements={},
            right_answer=None,
            explanation_html=linked(to_html(asked.explanation, asked.stem_format), files, self.views.link),
            explanation_media=played.answer_media(files, self.views.link),
        )


def _said(problems: Sequence[FieldProblem], form: EditorForm, locale: str) -> Sequence[tuple[str, str]]:
    return [(place_of(problem.loc, form), _told(problem, locale)) for problem in problems]


def _told(problem: FieldProblem, locale: str) -> str:
    """In the reader's language; a sentence with a number or a name inside has a plainer one to stand for it."""
    told = localise_problem(problem, locale)
    if locale == "en" or told != problem.msg:
        return told
    return translator(locale).gettext(PLAINER.get(problem.code, PLAINER["invalid"]))
