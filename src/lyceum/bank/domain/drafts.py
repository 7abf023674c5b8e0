"""Questions on their way between a file and the bank, and what a reader has to say about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lyceum.bank.domain.content import Content

LONGEST_FACT = 500


class Difficulty(StrEnum):
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class MediaRole(StrEnum):
    """`source` is what the question was read from: it may hold the answer, so only its author and operators see it."""

    PHOTO = "photo"
    SOUND = "sound"
    FILE = "file"
    ANSWER_VIDEO = "answer_video"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMedia:
    """A file carried inside an import. `name` is a bare file name, the one that texts refer to as `attachment:NAME`."""

    name: str
    role: MediaRole
    data: bytes
    alt: str = ""


def told(facts: Mapping[str, object]) -> dict[str, str]:
    """Facts of a sentence as reports keep them."""
    return {name: str(fact)[:LONGEST_FACT] for name, fact in facts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing that the format says and the bank (or, on export, the format) cannot keep. `text` is a sentence with
    the names of its `facts` in braces."""

    code: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question as a file describes it. `place` is where it stands: `line 12`, `row 7`, `question 3`."""

    content: Content
    place: str = ""
    title: str = ""
    external_id: str = ""
    exam: str | None = None
    subject: str | None = None
    exam_task_number: int | None = None
    topics: tuple[str, ...] = ()
    difficulty: Difficulty = Difficulty.MEDIUM
    source: str = ""
    licence: str = ""
    media: tuple[DraftMedia, ...] = ()
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A question that the file holds and the bank cannot take: what is wrong and what would mend it. `reason` is a
    sentence with the names of its `facts` in braces."""

    place: str
    title: str
    code: str
    reason: str
    fix: str
    facts: Mapping[str, str] = field(default_factory=dict)
