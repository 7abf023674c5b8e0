"""The nightly check of ratings: what a fit of all first answers says of the online ratings, on one scale.

The fit knows no guessing, the online ratings do; so a rating is compared by the difficulty that a model without
guessing would see in it, at the middle of abilities.
"""

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from lyceum.training.domain.ability import SCALE, START, in_logits
from lyceum.training.domain.elo import Rating, guess_floor
from lyceum.training.domain.rasch import Drift, Estimate, Fit, drift, fit

MOST = 3_000_000
"""Answers that one fit takes, the newest learners first; twenty octets of memory each."""
SUREST = 0.98


@dataclass(slots=True)
class FirstAnswers:
    """First answers, learner after learner, in little room."""

    most: int = MOST
    learners: array[int] = field(default_factory=lambda: array("i"))
    questions: array[int] = field(default_factory=lambda: array("i"))
    earned: array[float] = field(default_factory=lambda: array("f"))
    ids: list[UUID] = field(default_factory=list)
    _numbers: dict[UUID, int] = field(default_factory=dict)
    _last: UUID | None = None
    _learner: int = -1

    @property
    def is_full(self) -> bool:
        return len(self.earned) >= self.most

    @property
    def learner_count(self) -> int:
        return self._learner + 1

    def add(self, learner: UUID, question: UUID, share: float) -> None:
        """Take an answer that earned a share (0..1); all of a learner come together."""
        if learner != self._last:
            self._last, self._learner = learner, self._learner + 1
        number = self._numbers.setdefault(question, len(self.ids))
        if number == len(self.ids):
            self.ids.append(question)
        self.learners.append(self._learner)
        self.questions.append(number)
        self.earned.append(min(1.0, max(0.0, share)))

    def fit(self, on_pass: Callable[[int], None] = lambda number: None) -> Fit:
        return fit(zip(self.learners, self.questions, self.earned, strict=True), on_pass=on_pass)


@dataclass(frozen=True, slots=True)
class Online:
    """A question's online rating, and of how many options it is chosen."""

    rating: Rating
    options: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A question after the check: its rating by the fit with its error, and how far the online rating is off it, all in
    Elo points; `strayed` when that is more than three standard errors."""

    question_id: UUID
    fitted: Rating
    off: float
    strayed: bool


@dataclass(frozen=True, slots=True)
class Check:
    """`drift` is in logits; `questions` are those that still exist."""

    drift: Drift
    questions: Sequence[Checked]


def checked(answers: FirstAnswers, fitted: Fit, online: Mapping[UUID, Online]) -> Check:
    """Compare a fit of the answers with the online ratings."""
    by_fit = {answers.ids[number]: it for number, it in fitted.difficulties.items() if isinstance(number, int)}
    plain = {id: without_guessing(it) for id, it in online.items()}
    found = drift(by_fit, plain)
    strayed = {id for id, _ in found.strayed}
    questions = []
    for id, it in by_fit.items():
        if id in online:
            off = plain[id].value - it.value - found.shift
            questions.append(Checked(id, _on_scale(it, found.shift, online[id].options), off * SCALE, id in strayed))
    return Check(found, questions)


def without_guessing(online: Online) -> Estimate:
    """The difficulty in logits that a model without guessing sees in a rating, at the middle of abilities."""
    guess = guess_floor(online.options)
    known = _logistic(-in_logits(online.rating.value))
    chance = guess + (1 - guess) * known
    slope = (1 - guess) * known * (1 - known) / (chance * (1 - chance))
    return Estimate(-math.log(chance / (1 - chance)), max(1e-6, slope * online.rating.error / SCALE))


def _on_scale(fitted: Estimate, shift: float, options: int) -> Rating:
    """A fitted difficulty as an online rating."""
    guess = guess_floor(options)
    chance = _logistic(-(fitted.value + shift))
    known = min(SUREST, max(1 - SUREST, (chance - guess) / (1 - guess)))
    return Rating(START - SCALE * math.log(known / (1 - known)), fitted.error * SCALE)


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
