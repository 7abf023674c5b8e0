"""What the pages of a training show besides the question: how far it is, how the topic goes, what may be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lyceum.bank.api import Catalogue, PlayedQuestion, SubjectView
from lyceum.kernel.ids import TrainingId, UserId
from lyceum.training.adapters.queries import Sums, TrainingQueries
from lyceum.training.adapters.why import told
from lyceum.training.domain.trainings import Attempt, Verdict
from lyceum.training.use_cases.views import AttemptView, TrainingView

MARKS = {
    Verdict.CORRECT: "ok",
    Verdict.PARTIAL: "part",
    Verdict.WRONG: "bad",
    Verdict.SKIPPED: "skip",
    Verdict.PENDING: "",
}
PIPS = 40
MANY = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """A training around one of its questions. `marks` are those of the pips; `topic` is how that topic goes, `why` the
    sentences on why the question was asked."""

    training: TrainingView
    question: PlayedQuestion
    position: int
    marks: Sequence[str]
    topic: Sums | None
    why: Sequence[str] = ()


async def shown_training(
    queries: TrainingQueries,
    learner: UserId,
    training: TrainingView,
    question: PlayedQuestion,
    asked: AttemptView | Attempt,
    locale: str,
) -> Shown:
    position = asked.position
    verdicts = await queries.marks(TrainingId(training.id))
    marks = [MARKS[verdict] if verdict else "" for verdict in verdicts][:position]
    if training.finished_at is None and len(marks) >= position and not marks[position - 1]:
        marks[position - 1] = "now"
    if training.length:
        marks += [""] * (training.length - len(marks))
    topic = None
    if question.topics:
        topic = await queries.topic(learner, question.subject, question.topics[0])
    why = told(asked.why, training.mode, training.filters, locale)
    return Shown(training, question, position, marks[-PIPS:], topic, why)


async def in_locale(question: PlayedQuestion, catalogue: Catalogue, locale: str) -> PlayedQuestion:
    """The question as a page shows it: what stands around it speaks the reader's language, not its own."""
    return replace(question, subject_title=await catalogue.subject_title(question.subject, locale))


@dataclass(frozen=True, slots=True)
class Setup:
    """What a new training may be narrowed to, and what is chosen already."""

    subjects: Sequence[SubjectView]
    topics: Sequence[str]
    chosen: Mapping[str, str]
    questions: int

    @property
    def first(self) -> Sequence[SubjectView]:
        """The subjects to offer at once: those with the most questions, and the one chosen."""
        chosen = self.chosen.get("subject")
        full = sorted(self.subjects, key=lambda it: (it.id != chosen, -it.questions))
        shown = {it.id for it in full[:MANY]}
        return [it for it in self.subjects if it.id in shown]

    @property
    def rest(self) -> Sequence[SubjectView]:
        shown = {it.id for it in self.first}
        return [it for it in self.subjects if it.id not in shown]


async def setup_of(catalogue: Catalogue, locale: str, chosen: Mapping[str, str]) -> Setup:
    """Subjects that have questions; topics of the chosen subject."""
    subjects = [subject for subject in await catalogue.subjects(locale) if subject.questions]
    known = {subject.id for subject in subjects}
    topics: Sequence[str] = ()
    if chosen.get("subject") in known:
        topics = await catalogue.topics(chosen["subject"])
    return Setup(subjects, topics, chosen, sum(subject.questions for subject in subjects))
