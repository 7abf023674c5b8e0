"""Elo with its uncertainty: what a learner is expected to solve, and what an answer says about learner and question.

A rating is a normal belief: a value in Elo points and its standard error. An answer moves it by the surprise times its
own variance, so that what is uncertain moves far and what is settled hardly; the variance shrinks by the information of
the answer (one step of the extended Kalman filter for the one-parameter logistic model; Glickman 1999 has the same
form). A learner is the sum of a global part, shared by all subjects, and of a part for the subject at hand.

All functions are total: any finite ratings give finite ratings, and chances between the guess floor and one.
"""

import math
from dataclasses import dataclass

from lyceum.bank.api import Difficulty
from lyceum.kernel.ids import QuestionId
from lyceum.training.domain.ability import SCALE, START, label_rating

OVERALL_ERROR, SUBJECT_ERROR = 260.0, 160.0
"""What is not known of a new learner; together about 300 points."""
LEAST_LEARNER_ERROR = 80.0
"""Of each part. Learners change, so their ratings never settle for good."""
QUESTION_ERROR, LEAST_QUESTION_ERROR = 200.0, 25.0
FARTHEST = 2000.0
"""No rating goes farther from its middle: beyond it a chance is a hundred-thousandth from certain."""


@dataclass(frozen=True, slots=True)
class Rating:
    """A belief about a learner's part or a question, in Elo points."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Learner:
    """A learner in one subject: `overall` around START, `subject` the difference that the subject makes, around 0."""

    overall: Rating = Rating(START, OVERALL_ERROR)
    subject: Rating = Rating(0.0, SUBJECT_ERROR)

    @property
    def value(self) -> float:
        """The ability in the subject."""
        return self.overall.value + self.subject.value

    @property
    def error(self) -> float:
        """The standard error of the ability in the subject."""
        return math.hypot(self.overall.error, self.subject.error)


@dataclass(frozen=True, slots=True)
class Shift:
    """What one answer says of one rating, whatever else has been said of it meanwhile: see `shifted`.

    `gain` is the information that its variance loses to, `push` where the value is pushed for each unit of variance
    left. Neither depends on the rating's own variance, so that shifts of answers given at once add up in any order.
    """

    gain: float = 0.0
    push: float = 0.0


@dataclass(frozen=True, slots=True)
class Shifts:
    """What an answer says of all three ratings."""

    overall: Shift = Shift()
    subject: Shift = Shift()
    question: Shift = Shift()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both sides after an answer."""

    learner: Learner
    question: Rating


def seeded(id: QuestionId, difficulty: Difficulty) -> Rating:
    """What is believed of a question that nobody has answered: its label, moved a little so that equals spread out."""
    return Rating(label_rating(id, difficulty), QUESTION_ERROR)


def guess_floor(options: int) -> float:
    """How likely a blind guess among so many options is right; nothing to guess when there are fewer than two."""
    return 1 / options if options > 1 else 0.0


def expected(learner: Learner, question: Rating, guess: float = 0.0) -> float:
    """How likely the learner solves the question, or the share of its points they are expected to earn."""
    return guess + (1 - guess) * _logistic((learner.value - question.value) / SCALE)


def suits(rating: float, options: int, target: float) -> float:
    """The ability at which a question's success is as likely as `target`: where it is looked for."""
    guess = guess_floor(options)
    known = min(0.98, max(0.02, (target - guess) / (1 - guess)))
    return rating + SCALE * math.log(known / (1 - known))


def shifts(learner: Learner, question: Rating, earned: float, guess: float = 0.0) -> Shifts:
    """What an answer that `earned` a share (0..1) of the points says.

    With a floor to guess from, a right answer says less: it may have been a guess.
    """
    known = _logistic((learner.value - question.value) / SCALE)
    chance = guess + (1 - guess) * known
    share = known / chance if chance > 0 else 1.0
    pull = share * (earned - chance) / SCALE
    information = known * share * (1 - known) * (1 - guess) / SCALE**2
    whole = learner.error**2 + question.error**2

    def of(rating: Rating, sign: float) -> Shift:
        others = 1 + information * max(0.0, whole - rating.error**2)
        return Shift(information / others, sign * pull / others)

    return Shifts(of(learner.overall, 1), of(learner.subject, 1), of(question, -1))


def shifted(rating: Rating, shift: Shift, *, middle: float, least: float) -> Rating:
    """A rating after a shift; its error stays above `least`, its value within FARTHEST of `middle`."""
    variance = rating.error**2 / (1 + shift.gain * rating.error**2)
    value = min(middle + FARTHEST, max(middle - FARTHEST, rating.value + shift.push * variance))
    return Rating(value, min(rating.error, max(least, math.sqrt(variance))))


def shifted_learner(learner: Learner, by: Shifts) -> Learner:
    return Learner(
        shifted(learner.overall, by.overall, middle=START, least=LEAST_LEARNER_ERROR),
        shifted(learner.subject, by.subject, middle=0.0, least=LEAST_LEARNER_ERROR),
    )


def updated(learner: Learner, question: Rating, earned: float, guess: float = 0.0) -> Outcome:
    """Both sides after an answer that `earned` a share (0..1) of the points."""
    by = shifts(learner, question, earned, guess)
    return Outcome(
        shifted_learner(learner, by), shifted(question, by.question, middle=START, least=LEAST_QUESTION_ERROR)
    )


def _logistic(logit: float) -> float:
    if logit >= 0:
        return 1 / (1 + math.exp(-min(logit, 700.0)))
    odds = math.exp(max(logit, -700.0))
    return odds / (1 + odds)
