"""What stands around the content of a question: defaults of an import, labels kept in tags, topics kept in a path."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.content import Content
from lyceum.bank.domain.drafts import Difficulty, Draft, DraftMedia


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What an import says of the questions whose file does not say it. `topic` is one topic."""

    subject: str | None = None
    exam: str | None = None
    topic: str | None = None
    language: str | None = None
    licence: str = ""
    source: str = ""


NO_DEFAULTS = Defaults()

_SINGLE_SLASH = re.compile(r"(?<!/)/(?!/)")
_DIFFICULTIES = {difficulty.value: difficulty for difficulty in Difficulty}
_LABELS = frozenset({"exam", "subject", "task", "difficulty", "language", "source", "licence", "score"})


@dataclass(slots=True, kw_only=True)
class Labels:
    """Fields that neither GIFT nor Moodle knows: kept there as tags such as `exam:ege` and `task:5`."""

    exam: str | None = None
    subject: str | None = None
    task: int | None = None
    difficulty: Difficulty = Difficulty.MEDIUM
    language: str | None = None
    source: str = ""
    licence: str = ""
    score: float | None = None
    topics: tuple[str, ...] = ()


def read_labels(tags: Iterable[str], losses: Losses) -> Labels:
    """Tags that are labels of ours become fields; the others become topics."""
    labels = Labels()
    for tag in tags:
        name, colon, value = tag.partition(":")
        if not colon or name not in _LABELS or not _set(labels, name, value.strip()):
            if colon and name in _LABELS:
                losses.note("tag_not_understood", "The tag '{tag}' was kept as a topic.", tag=tag[:80])
            if tag.strip():
                labels.topics += (tag.strip(),)
    return labels


def _set(labels: Labels, name: str, value: str) -> bool:
    match name:
        case "task":
            if not re.fullmatch(r"[0-9]{1,2}", value):
                return False
            labels.task = int(value)
        case "difficulty":
            if value not in _DIFFICULTIES:
                return False
            labels.difficulty = _DIFFICULTIES[value]
        case "score":
            if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,40})?", value):
                return False
            labels.score = float(value)
        case _:
            setattr(labels, name, value)
    return True


def tags_of(draft: Draft, *, score: bool) -> list[str]:
    """The labels of a draft as tags, for `read_labels`. `score`: the format has no other place for it."""
    pairs: list[tuple[str, object]] = [
        ("exam", draft.exam),
        ("subject", draft.subject),
        ("task", draft.exam_task_number),
        ("difficulty", None if draft.difficulty is Difficulty.MEDIUM else draft.difficulty.value),
        ("language", draft.content.language),
        ("source", draft.source),
        ("licence", draft.licence),
        ("score", number_text(draft.content.max_score) if score and draft.content.max_score != 1 else None),
    ]
    return [f"{name}:{' '.join(str(value).split())}" for name, value in pairs if value not in {None, ""}]


def number_text(value: float) -> str:
    """A float as a plain decimal that reads back as the same float."""
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


def topics_of(path: str) -> tuple[str, ...]:
    """Topics from a category path: `$course$/top/ЕГЭ/A//B` is `ЕГЭ`, `A/B`."""
    parts = [part.replace("//", "/").strip() for part in _SINGLE_SLASH.split(path.strip())]
    if parts and re.fullmatch(r"\$\w+\$", parts[0]):
        parts.pop(0)
    while parts and parts[0] == "top":
        parts.pop(0)
    return tuple(part for part in parts if part)


def path_of(topics: Sequence[str]) -> str:
    return "/".join(("$course$", "top", *(" ".join(topic.strip("/").split()).replace("/", "//") for topic in topics)))


def make_draft(
    content: Content,
    labels: Labels,
    defaults: Defaults,
    *,
    place: str,
    losses: Losses,
    title: str = "",
    external_id: str = "",
    topics: Iterable[str] = (),
    media: Iterable[DraftMedia] = (),
) -> Draft:
    """A draft of a question; what neither the file nor its tags say is taken from the defaults."""
    known = tuple(dict.fromkeys((*topics, *labels.topics)))
    return Draft(
        content=content,
        place=place,
        title=title,
        external_id=external_id,
        exam=labels.exam or defaults.exam,
        subject=labels.subject or defaults.subject,
        exam_task_number=labels.task,
        topics=known or ((defaults.topic,) if defaults.topic else ()),
        difficulty=labels.difficulty,
        source=labels.source or defaults.source,
        licence=labels.licence or defaults.licence,
        media=tuple(media),
        losses=tuple(losses),
    )


def language_of(labels: Labels, defaults: Defaults) -> str:
    return labels.language or defaults.language or "ru"
