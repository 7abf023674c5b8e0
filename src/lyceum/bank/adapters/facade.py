"""`bank.api.PlayQuestions`, `bank.api.Catalogue` and `bank.api.Exams` for the neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from time import monotonic
from uuid import UUID

from sqlalchemy import select

from lyceum.bank.adapters import played
from lyceum.bank.adapters.queries import CatalogueQueries, SubjectTitles
from lyceum.bank.adapters.rendering import drawn, linked, to_html
from lyceum.bank.adapters.tables import is_published, questions
from lyceum.bank.adapters.versions import Remembered, Version, Versions
from lyceum.bank.api import Brief, ExamProfile, Graded, PackSelection, PlayedQuestion, SubjectView
from lyceum.bank.domain.content import Content, Kind, Response
from lyceum.bank.domain.find_codes import fold_find_code, new_find_code
from lyceum.bank.domain.questions import Attachment, QuestionNotFound
from lyceum.bank.domain.scoring import grade, right_answer
from lyceum.kernel.ids import QuestionId
from lyceum.platform.files import Files

DRAWS_REMEMBERED = 1000
SHOWN_REMEMBERED = 500
SHOWN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class BankPlay:
    """`PlayQuestions`: reads outside of transactions, so call it before you open one."""

    versions: Versions
    titles: SubjectTitles
    files: Files
    _draws: Remembered[tuple[UUID, int, int], Content] = field(
        default_factory=lambda: Remembered(DRAWS_REMEMBERED), init=False
    )

    _shown: Remembered[tuple[UUID, int, int], tuple[float, PlayedQuestion]] = field(
        default_factory=lambda: Remembered(SHOWN_REMEMBERED), init=False
    )

    async def show(self, id: QuestionId, version: int, seed: int) -> PlayedQuestion:
        """The same for a minute, links to files included: the paper of an event goes to thousands at once."""
        key, now = (id, version, seed), monotonic()
        kept = self._shown.recall(key)
        if kept is None or kept[0] <= now:
            kept = self._shown.keep(key, (now + SHOWN_SECONDS, await self._show(id, version, seed)))
        return kept[1]

    async def _show(self, id: QuestionId, version: int, seed: int) -> PlayedQuestion:
        found = await self.versions.get(id, version)
        content = self._drawn(found, seed)
        files = found.attachments
        return PlayedQuestion(
            id=found.id,
            version=version,
            find_code=found.find_code,
            kind=content.kind,
            language=content.language,
            exam=found.exam,
            subject=found.subject,
            subject_title=await self.titles.title(found.subject, content.language),
            exam_task_number=found.exam_task_number,
            topics=found.topics,
            difficulty=found.difficulty,
            max_score=content.max_score,
            stem_html=linked(to_html(content.stem, content.stem_format), files, self.link),
            options=played.choices(played.options_for(content, seed), content, files, self.link),
            items=played.choices(played.items_for(content, seed), content, files, self.link),
            gaps=played.gaps(content, seed, files, self.link),
            media=played.media(content, files, self.link),
            has_hint=bool(content.hint),
            criteria=tuple(criterion.title for criterion in content.rule.criteria),
        )

    async def grade(self, id: QuestionId, version: int, seed: int, response: Response) -> Graded:
        found = await self.versions.get(id, version)
        content = self._drawn(found, seed)
        mark = grade(content, response)
        return Graded(
            score=mark.score,
            max_score=mark.max_score,
            verdict=mark.verdict,
            feedback=tuple(self._html(text, found, content, inline=True) for text in mark.feedback if text),
            elements=mark.elements,
            right_answer=right_answer(content),
            explanation_html=self._html(content.explanation, found, content),
            explanation_media=played.answer_media(found.attachments, self.link),
        )

    async def reveal(self, id: QuestionId, version: int, seed: int) -> Graded:
        found = await self.versions.get(id, version)
        content = self._drawn(found, seed)
        return Graded(
            score=0.0,
            max_score=content.max_score,
            verdict="skipped",
            feedback=(),
            elements={},
            right_answer=right_answer(content),
            explanation_html=self._html(content.explanation, found, content),
            explanation_media=played.answer_media(found.attachments, self.link),
        )

    async def hint(self, id: QuestionId, version: int, seed: int) -> str:
        found = await self.versions.get(id, version)
        content = self._drawn(found, seed)
        return self._html(content.hint, found, content)

    async def content(self, id: QuestionId, version: int) -> Content:
        return (await self.versions.get(id, version)).content

    def link(self, attachment: Attachment) -> str:
        return self.files.link(attachment.key, attachment.name, attachment.mime)

    def _drawn(self, found: Version, seed: int) -> Content:
        """The content with its parameters filled in; a draw is made once, since it is shown and then graded."""
        if found.content.template is None:
            return found.content
        key = (found.id, found.version, seed)
        return self._draws.recall(key) or self._draws.keep(key, drawn(found.content, seed))

    def _html(self, text: str, found: Version, content: Content, *, inline: bool = False) -> str:
        return linked(to_html(text, content.stem_format, inline=inline), found.attachments, self.link)


@dataclass(frozen=True, slots=True)
class BankCatalogue:
    """`Catalogue`."""

    queries: CatalogueQueries

    async def subjects(self, locale: str, exam: str | None = None) -> Sequence[SubjectView]:
        return await self.queries.subjects(locale, exam)

    async def subject_title(self, subject: str, locale: str) -> str:
        return await self.queries.titles.title(subject, locale)

    async def briefs(self, ids: Sequence[QuestionId]) -> Mapping[QuestionId, Brief]:
        columns = (questions.c.id, questions.c.find_code, questions.c.excerpt)
        async with self.queries.database.read() as connection:
            rows = await connection.execute(select(*columns).where(questions.c.id.in_(ids)))
            return {QuestionId(row.id): Brief(row.find_code, row.excerpt) for row in rows}

    async def find(self, typed: str) -> QuestionId:
        code = fold_find_code(typed)
        async with self.queries.database.read() as connection:
            id = await connection.scalar(select(questions.c.id).where(questions.c.find_code == code, is_published))
        if id is None:
            raise QuestionNotFound()
        return QuestionId(id)

    async def of_the_day(self, day: date) -> Brief | None:
        """Codes are random, so the first one from a point that the date gives is a fair draw, found by the index."""
        point = new_find_code(Random(day.toordinal()).randrange)
        codes = (
            select(questions.c.find_code, questions.c.excerpt)
            .where(is_published, questions.c.kind.not_in((Kind.ESSAY.value, Kind.DESCRIPTION.value)))
            .order_by(questions.c.find_code)
            .limit(1)
        )
        async with self.queries.database.read() as connection:
            for drawn_from in (codes.where(questions.c.find_code >= point), codes):
                if row := (await connection.execute(drawn_from)).one_or_none():
                    return Brief(row.find_code, row.excerpt)
        return None

    async def topics(self, subject: str) -> Sequence[str]:
        return [topic.title for topic in await self.queries.topics(subject)]

    async def pack(self, id: UUID) -> PackSelection:
        pack = await self.queries.pack(id)
        chosen = pack.selection
        return PackSelection(
            id=pack.id,
            title=pack.title,
            access=pack.access.value,
            question_ids=chosen.question_ids,
            exam=chosen.exam,
            subject=chosen.subject,
            task_numbers=chosen.task_numbers,
            topics=chosen.topics,
            difficulty=chosen.difficulty,
        )


@dataclass(frozen=True, slots=True)
class BankExams:
    """`Exams`."""

    queries: CatalogueQueries

    async def profiles(self, exam: str | None = None, subject: str | None = None) -> Sequence[ExamProfile]:
        return await self.queries.exams(exam, subject, None)

    async def profile(self, exam: str, subject: str, year: int, version: int) -> ExamProfile:
        return await self.queries.exam(exam, subject, year, version)


class NobodyAnswered:
    """`AnsweredLookup` where there is no trainer: nobody has answered anything."""

    async def has_answered(self, user_id: UUID, question_id: QuestionId) -> bool:
        return False
