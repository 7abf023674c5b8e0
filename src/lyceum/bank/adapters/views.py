"""A question as the API and the pages show it: to everybody without its answer, to those who may know it with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, select

from lyceum.accounts.api import Actor, Role
from lyceum.bank.adapters import played
from lyceum.bank.adapters.lists import StatsView, stats_view
from lyceum.bank.adapters.rendering import drawn, linked, mentioned, to_html
from lyceum.bank.adapters.rows import example_seed
from lyceum.bank.adapters.tables import questions
from lyceum.bank.adapters.versions import CurrentRows, Remembered, Version, Versions
from lyceum.bank.api import AnsweredLookup, AttachmentView
from lyceum.bank.domain.content import Content, Criterion, Kind, Option, Response, RuleName, TextFormat
from lyceum.bank.domain.drafts import Difficulty, MediaRole
from lyceum.bank.domain.find_codes import fold_find_code
from lyceum.bank.domain.questions import Attachment, QuestionNotFound, Status
from lyceum.bank.domain.scoring import right_answer
from lyceum.kernel.ids import QuestionId
from lyceum.platform.database import Database
from lyceum.platform.files import Files

VIEWS_REMEMBERED = 2000


class ChoiceView(msgspec.Struct, frozen=True):
    """A choice or an element: as written, and as safe HTML."""

    id: str
    text: str
    html: str


class GapChoices(msgspec.Struct, frozen=True):
    """A field of a cloze, which stands at `[[id]]` in the stem."""

    id: str
    kind: Kind
    options: tuple[ChoiceView, ...]


class ScoreRuleView(msgspec.Struct, frozen=True, kw_only=True):
    """How points are earned, without what would give the answer away."""

    name: RuleName
    points: tuple[float, ...]
    precision: int | None
    criteria: tuple[Criterion, ...]


class Attachments(msgspec.Struct, frozen=True, kw_only=True):
    """Links are time-limited. The video of the answer is only for those who may know the answer."""

    photos: tuple[AttachmentView, ...] = ()
    sounds: tuple[AttachmentView, ...] = ()
    files: tuple[AttachmentView, ...] = ()
    answer_video: AttachmentView | None = None


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A question. `answer`, `explanation`, `explanation_html` and `content` are null for those who may not know them.

    `answer` has the shape of a response. `content` is everything that was written, for the author and operators. A
    parametrised question shows an example of what a learner may get.
    """

    id: UUID
    find_code: str
    kind: Kind
    version: int
    status: str
    title: str
    exam: str | None
    subject: str
    exam_task_number: int | None
    topics: tuple[str, ...]
    difficulty: Difficulty
    language: str
    stem: str
    stem_format: TextFormat
    stem_html: str
    options: tuple[ChoiceView, ...]
    items: tuple[ChoiceView, ...]
    gaps: tuple[GapChoices, ...]
    score_rule: ScoreRuleView
    max_score: float
    parametrised: bool
    has_hint: bool
    attachments: Attachments
    source: str
    licence: str
    extra: dict[str, object]
    author_id: UUID
    created_at: datetime
    updated_at: datetime
    stats: StatsView
    answer: Response = None
    explanation: str | None = None
    explanation_html: str | None = None
    content: Content | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of a view that a version fixes: made once, without links and sums.

    `secret` names the files that give the answer away.
    """

    view: QuestionView
    content: Content
    version: Version
    has_links: bool
    secret: frozenset[str]


class ShownViews(Remembered[tuple[UUID, int], Shown]):
    """Views made already, for all requests of the process."""

    def __init__(self) -> None:
        super().__init__(VIEWS_REMEMBERED)


@dataclass(frozen=True, slots=True)
class QuestionViews:
    """Reads one question with one statement; whether a learner has answered it may cost a second."""

    database: Database
    current: CurrentRows
    versions: Versions
    answered: AnsweredLookup
    files: Files
    shown: ShownViews

    async def get(self, actor: Actor, id: UUID) -> QuestionView:
        """Raise QuestionNotFound, also for what the caller may not see."""
        row = await self.current.find(id)
        if row is None:
            raise QuestionNotFound()
        return await self._view(actor, row)

    async def by_find_code(self, actor: Actor, typed: str) -> QuestionView:
        """The question with the code that somebody typed, however they typed it; raise QuestionNotFound."""
        return await self.get(actor, await self.id_of(typed))

    async def id_of(self, typed: str) -> UUID:
        """Raise QuestionNotFound."""
        code = fold_find_code(typed)
        if code is None:
            raise QuestionNotFound()
        async with self.database.read() as connection:
            id: UUID | None = await connection.scalar(select(questions.c.id).where(questions.c.find_code == code))
        if id is None:
            raise QuestionNotFound()
        return id

    async def _view(self, actor: Actor, row: RowMapping) -> QuestionView:
        editor = actor.is_signed_in and (row["author_id"] == actor.id or actor.has(Role.OPERATOR))
        if not editor and row["status"] != Status.PUBLISHED:
            raise QuestionNotFound()
        shown = self._shown_of(row)
        view = msgspec.structs.replace(shown.view, stats=stats_view(row))
        knows = editor or (actor.is_signed_in and await self.answered.has_answered(actor.id, QuestionId(row["id"])))
        if shown.has_links:
            view = self._linked(view, shown, knows=knows, editor=editor)
        return self._opened(view, shown, editor=editor) if knows else view

    def _shown_of(self, row: RowMapping) -> Shown:
        key = (row["id"], row["version"])
        kept = self.shown.recall(key)
        if kept is not None:
            return kept
        version = self.versions.of_row(row)
        content = drawn(version.content, example_seed(version.id))
        asked = replace(content, explanation="", hint="", accepted=())
        open_names = mentioned(replace(asked, options=_without_feedback(asked.options)))
        video = {it.name for it in version.attachments if it.role is MediaRole.ANSWER_VIDEO}
        secret = (mentioned(content) - open_names) | video
        has_links = bool(version.attachments or open_names)
        return self.shown.keep(key, Shown(_view(row, version, content), content, version, has_links, secret))

    def _linked(self, view: QuestionView, shown: Shown, *, knows: bool, editor: bool) -> QuestionView:
        files = shown.version.attachments

        def link(choices: Sequence[ChoiceView]) -> tuple[ChoiceView, ...]:
            return tuple(ChoiceView(it.id, it.text, linked(it.html, files, self.link)) for it in choices)

        by_role: dict[MediaRole, list[AttachmentView]] = {}
        for attachment in files:
            if attachment.role is MediaRole.SOURCE and not editor:
                continue
            if knows or attachment.name not in shown.secret:
                by_role.setdefault(attachment.role, []).append(played.attachment_view(attachment, self.link))
        return msgspec.structs.replace(
            view,
            stem_html=linked(view.stem_html, files, self.link),
            options=link(view.options),
            items=link(view.items),
            gaps=tuple(GapChoices(gap.id, gap.kind, link(gap.options)) for gap in view.gaps),
            attachments=Attachments(
                photos=tuple(by_role.get(MediaRole.PHOTO, ())),
                sounds=tuple(by_role.get(MediaRole.SOUND, ())),
                files=(*by_role.get(MediaRole.FILE, ()), *by_role.get(MediaRole.SOURCE, ())),
                answer_video=next(iter(by_role.get(MediaRole.ANSWER_VIDEO, ())), None),
            ),
        )

    def _opened(self, view: QuestionView, shown: Shown, *, editor: bool) -> QuestionView:
        """With the answer, and for an editor with everything that was written."""
        content, files = shown.content, shown.version.attachments
        explained = linked(to_html(content.explanation, content.stem_format), files, self.link)
        return msgspec.structs.replace(
            view,
            answer=right_answer(content),
            explanation=content.explanation,
            explanation_html=explained,
            content=shown.version.content if editor else None,
        )

    def link(self, attachment: Attachment) -> str:
        return self.files.link(attachment.key, attachment.name, attachment.mime)


def _without_feedback(options: Sequence[Option]) -> tuple[Option, ...]:
    return tuple(replace(option, feedback="") for option in options)


def _view(row: RowMapping, version: Version, content: Content) -> QuestionView:
    def choices(options: Sequence[Option]) -> tuple[ChoiceView, ...]:
        return tuple(ChoiceView(it.id, it.text, to_html(it.text, content.stem_format, inline=True)) for it in options)

    rule = content.rule
    seed = example_seed(version.id)
    return QuestionView(
        id=version.id,
        find_code=version.find_code,
        kind=content.kind,
        version=version.version,
        status=row["status"],
        title=version.title,
        exam=version.exam,
        subject=version.subject,
        exam_task_number=version.exam_task_number,
        topics=version.topics,
        difficulty=version.difficulty,
        language=content.language,
        stem=content.stem,
        stem_format=content.stem_format,
        stem_html=to_html(content.stem, content.stem_format),
        options=choices(played.options_for(content, seed)),
        items=choices(played.items_for(content, seed)),
        gaps=tuple(GapChoices(it.id, it.kind, choices(it.options)) for it in content.gaps),
        score_rule=ScoreRuleView(name=rule.name, points=rule.points, precision=rule.precision, criteria=rule.criteria),
        max_score=content.max_score,
        parametrised=version.content.template is not None,
        has_hint=bool(content.hint),
        attachments=Attachments(),
        source=row["source"],
        licence=row["licence"],
        extra=msgspec.json.decode(row["extra"], type=dict[str, object]),
        author_id=row["author_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        stats=stats_view(row),
    )
