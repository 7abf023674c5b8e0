"""Questions in the shape that the pages' macros draw: from what a reader may see, or from what an author is writing."""

import re
from collections.abc import Sequence

from lyceum.bank.adapters import played
from lyceum.bank.adapters.lists import QuestionItem
from lyceum.bank.adapters.rendering import Link, drawn, linked, mentioned, to_html
from lyceum.bank.adapters.views import ChoiceView, QuestionView
from lyceum.bank.api import AttachmentView, Choice, GapView, PlayedQuestion
from lyceum.bank.domain.content import Content, Kind, Response
from lyceum.bank.domain.questions import Attachment, Passport
from lyceum.bank.domain.scoring import right_answer
from lyceum.bank.domain.templates import draw, printed
from lyceum.kernel.ids import QuestionId, uuid7
from lyceum.platform.pages import AnswerState

CHOSEN = frozenset({Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.TRUE_FALSE})
PREVIEW_SEED = 1
NO_CODE = "–"
_GAP = re.compile(r"\[\[[^\[\]\n]{1,80}\]\]")


def of_view(view: QuestionView, subject_title: str) -> PlayedQuestion:
    """The question of a page; its files are those that the reader may see, but for the video of the answer."""
    files = view.attachments
    return PlayedQuestion(
        id=QuestionId(view.id),
        version=view.version,
        find_code=view.find_code,
        kind=view.kind,
        language=view.language,
        exam=view.exam,
        subject=view.subject,
        subject_title=subject_title,
        exam_task_number=view.exam_task_number,
        topics=view.topics,
        difficulty=view.difficulty,
        max_score=view.max_score,
        stem_html=view.stem_html,
        options=_choices(view.options),
        items=_choices(view.items),
        gaps=tuple(GapView(id=gap.id, kind=gap.kind, options=_choices(gap.options)) for gap in view.gaps),
        media=_beside(view, (*files.photos, *files.sounds, *files.files)),
        has_hint=view.has_hint,
        criteria=tuple(criterion.title for criterion in view.score_rule.criteria),
    )


def _choices(options: Sequence[ChoiceView]) -> tuple[Choice, ...]:
    return tuple(Choice(id=option.id, html=option.html) for option in options)


def _beside(view: QuestionView, files: Sequence[AttachmentView]) -> tuple[AttachmentView, ...]:
    """Files that no text of the question shows itself."""
    if view.content is not None:
        inside = mentioned(view.content)
        return tuple(file for file in files if file.name not in inside)
    texts = (view.explanation_html or "") + "".join(option.html for option in (*view.options, *view.items))
    return tuple(file for file in files if file.url not in texts)


def of_content(
    content: Content,
    passport: Passport,
    subject_title: str,
    files: Sequence[Attachment],
    link: Link,
    find_code: str = "",
    seed: int = PREVIEW_SEED,
) -> tuple[PlayedQuestion, Content]:
    """A question that is being written, as a learner would get it, and its content with the parameters drawn."""
    asked = drawn(content, seed)
    question = PlayedQuestion(
        id=QuestionId(uuid7()),
        version=0,
        find_code=find_code or NO_CODE,
        kind=asked.kind,
        language=asked.language,
        exam=passport.exam,
        subject=passport.subject,
        subject_title=subject_title,
        exam_task_number=passport.exam_task_number,
        topics=passport.topics,
        difficulty=passport.difficulty,
        max_score=asked.max_score,
        stem_html=linked(to_html(asked.stem, asked.stem_format), files, link),
        options=played.choices(played.options_for(asked, seed), asked, files, link),
        items=played.choices(played.items_for(asked, seed), asked, files, link),
        gaps=played.gaps(asked, seed, files, link),
        media=played.media(asked, files, link),
        has_hint=bool(asked.hint),
        criteria=tuple(criterion.title for criterion in asked.rule.criteria),
    )
    return question, asked


def answer_state(kind: Kind, right: Response) -> AnswerState | None:
    """The sheet that shows the right answer; None where nobody knows one before reading the response."""
    if right is None:
        return None
    if kind in CHOSEN:
        return AnswerState(right=right)
    return AnswerState(response=right)


def excerpt_of(item: QuestionItem) -> str:
    """The beginning of a question for a list; marks of gaps are drawn as gaps."""
    return _GAP.sub("____", item.excerpt or item.title)


def preview_answer(asked: Content) -> AnswerState | None:
    """The right answer of a content that was checked already."""
    return answer_state(asked.kind, right_answer(asked))


def values_of(content: Content, seed: int) -> list[tuple[str, str]]:
    """The values of a draw by name, as a text of the question would print them."""
    if content.template is None:
        return []
    values = draw(content.template, seed)
    return [(name, printed(value, content.language)) for name, value in values.items()]
