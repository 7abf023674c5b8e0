"""Models that predict answers, of one shape: predict, then learn. None sees an answer before it has predicted it."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Protocol

from bench.response_logs import Log
from lyceum.training.domain import elo, rasch
from lyceum.training.domain.ability import SCALE
from lyceum.training.domain.experience import LearnerState, Part, QuestionState, Recall, TopicState
from lyceum.training.domain.prediction import (
    Evidence,
    Model,
    Prediction,
    Situation,
    logistic,
    new_learner,
    new_part,
    new_question,
    new_topic,
    recalled,
)

RATE = 0.3


class Forecaster(Protocol):
    def predict(self, learner: int, item: int, skill: int, at: float | None) -> float:
        """How likely the answer is right."""

    def learn(self, correct: bool, elapsed_ms: float | None) -> None:
        """What came of the question predicted last."""


class Average:
    """The share of right answers so far, the same for everybody."""

    def __init__(self) -> None:
        self.right, self.n = 1.0, 2.0

    def predict(self, learner: int, item: int, skill: int, at: float | None) -> float:
        return self.right / self.n

    def learn(self, correct: bool, elapsed_ms: float | None) -> None:
        self.right += correct
        self.n += 1


class PlainElo:
    """The ratings that choose the next question, without topics: the floor that everything else is measured from."""

    def __init__(self) -> None:
        self.learners: dict[int, elo.Learner] = {}
        self.items: dict[int, elo.Rating] = {}
        self.new, self.unrated = elo.Learner(), elo.Rating(elo.START, elo.QUESTION_ERROR)
        self.asked = (0, 0)

    def predict(self, learner: int, item: int, skill: int, at: float | None) -> float:
        self.asked = learner, item
        return elo.expected(self.learners.get(learner, self.new), self.items.get(item, self.unrated))

    def learn(self, correct: bool, elapsed_ms: float | None) -> None:
        learner, item = self.asked
        after = elo.updated(self.learners.get(learner, self.new), self.items.get(item, self.unrated), float(correct))
        self.learners[learner], self.items[item] = after.learner, after.question

    def refit(self, log: Log, rows: Sequence[int]) -> None:
        """Difficulties of the nightly fit in place of those come by online."""
        fitted = _fit(log, rows)
        online = {item: rasch.Estimate(it.value / SCALE, it.error / SCALE) for item, it in self.items.items()}
        shift = rasch.drift(fitted.difficulties, online).shift
        for item, it in fitted.difficulties.items():
            assert isinstance(item, int)
            self.items[item] = elo.Rating((it.value + shift) * SCALE, it.error * SCALE)


class _Regression:
    """Logistic regression over named features, trained online with AdaGrad."""

    def __init__(self) -> None:
        self.weights: dict[Hashable, list[float]] = {}
        self.features: list[tuple[Hashable, float]] = []
        self.chance = 0.5

    def weigh(self, features: list[tuple[Hashable, float]]) -> float:
        self.features = features
        empty = (0.0, 1.0)
        self.chance = logistic(sum(self.weights.get(name, empty)[0] * value for name, value in features))
        return self.chance

    def correct(self, correct: bool) -> None:
        error = correct - self.chance
        for name, value in self.features:
            weight = self.weights.setdefault(name, [0.0, 1.0])
            pull = error * value
            weight[1] += pull * pull
            weight[0] += RATE * pull / math.sqrt(weight[1])


class Factors(_Regression):
    """Performance factors analysis: by skill, how easy it is and what each win and each loss in it is worth."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[tuple[int, int], tuple[int, int]] = {}
        self.asked = (0, 0)

    def predict(self, learner: int, item: int, skill: int, at: float | None) -> float:
        self.asked = learner, skill
        wins, losses = self.counts.get(self.asked, (0, 0))
        return self.weigh([(skill, 1.0), ((skill, "won"), math.log1p(wins)), ((skill, "lost"), math.log1p(losses))])

    def learn(self, correct: bool, elapsed_ms: float | None) -> None:
        self.correct(correct)
        wins, losses = self.counts.get(self.asked, (0, 0))
        self.counts[self.asked] = wins + correct, losses + (not correct)


class Counts(_Regression):
    """The strongest simple regression in print (Gervet et al. 2020): question, skill, and counts of wins and losses of
    the learner over all, in the skill and on the question."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[Hashable, tuple[int, int]] = {}
        self.places: tuple[tuple[str, Hashable], ...] = ()

    def predict(self, learner: int, item: int, skill: int, at: float | None) -> float:
        self.places = (("all", learner), ("skill", (learner, skill, "s")), ("item", (learner, item, "i")))
        features: list[tuple[Hashable, float]] = [("one", 1.0), (("item", item), 1.0), (("skill", skill), 1.0)]
        for name, place in self.places:
            wins, losses = self.counts.get(place, (0, 0))
            features += [((name, "won"), math.log1p(wins)), ((name, "lost"), math.log1p(losses))]
            if name == "skill":
                features += [((skill, "won"), math.log1p(wins)), ((skill, "lost"), math.log1p(losses))]
        return self.weigh(features)

    def learn(self, correct: bool, elapsed_ms: float | None) -> None:
        self.correct(correct)
        for _, place in self.places:
            wins, losses = self.counts.get(place, (0, 0))
            self.counts[place] = wins + correct, losses + (not correct)


class Online:
    """The product's model with its states in memory; `used` is the evidence that it weighs beside Elo."""

    def __init__(self, used: frozenset[Evidence] = frozenset(Evidence)) -> None:
        self.model = Model(used)
        self.learners: dict[int, LearnerState] = {}
        self.parts: dict[tuple[int, int], Part] = {}
        self.recalls: dict[tuple[int, int], Recall] = {}
        self.questions: dict[int, QuestionState] = {}
        self.topics: dict[int, TopicState] = {}
        self.asked: tuple[tuple[int, int], Situation, Prediction] | None = None

    def predict(self, learner: int, item: int, skill: int, at: float | None) -> float:
        state = self.learners.get(learner)
        if state is None:
            state = self.learners[learner] = new_learner()
        part = self.parts.get((learner, skill))
        if part is None:
            part = self.parts[learner, skill] = new_part()
        question = self.questions.get(item)
        if question is None:
            question = self.questions[item] = new_question()
        topic = self.topics.get(skill)
        if topic is None:
            topic = self.topics[skill] = new_topic()
        known = skill if skill >= 0 else None
        situation = Situation(item, known, state, part, self.recalls.get((learner, item)), question, topic, at)
        made = self.model.predict(situation)
        self.asked = (learner, item), situation, made
        return made.chance

    def learn(self, correct: bool, elapsed_ms: float | None) -> None:
        if self.asked is None:
            raise AssertionError("There is nothing to learn before a prediction.")
        place, situation, made = self.asked
        self.model.learn(situation, made, correct=correct, elapsed_ms=elapsed_ms)
        self.recalls[place] = recalled(situation.recall, correct, situation.at)

    def refit(self, log: Log, rows: Sequence[int]) -> None:
        """Difficulties of the nightly fit in place of those come by online."""
        skill_of = {log.items[row]: log.skills[row] for row in rows}
        fitted = _fit(log, rows)
        easiness = {
            item: rasch.Estimate(-it.easiness.value - self.topics[skill_of[item]].easiness.value, 0.0)
            for item, it in self.questions.items()
        }
        shift = rasch.drift(fitted.difficulties, easiness).shift
        for item, it in fitted.difficulties.items():
            assert isinstance(item, int)
            belief = self.questions[item].easiness
            belief.value = -it.value - shift - self.topics[skill_of[item]].easiness.value
            belief.variance = it.error**2


def _fit(log: Log, rows: Sequence[int]) -> rasch.Fit:
    """What the nightly task does: difficulties from all first answers at once."""
    first = {(log.learners[row], log.items[row]): log.correct[row] for row in reversed(rows)}
    return rasch.fit((learner, item, float(came)) for (learner, item), came in first.items())


BASELINES: Mapping[str, type[Average] | type[PlainElo] | type[Factors] | type[Counts]] = {
    "average": Average,
    "elo": PlainElo,
    "pfa": Factors,
    "counts": Counts,
}
