"""How likely the next answer is right: an online logistic model over everything that was seen before it.

The base is Elo in logits: learner, learner in the topic, question and topic, moved together by the surprise of an
answer in proportion to their variances. Evidence is weighed on top of it by logistic regression, trained online with
AdaGrad (Duchi, Hazan, Singer 2011): counts of wins and losses (performance factors; Pavlik, Cen, Koedinger 2009),
recency, forgetting, earlier meetings with the question, pace, and what answers to other questions say about this one.

A prediction is made from states alone and knows nothing of the answer; `learn` takes it back with the answer and brings
states and weights up to date. The cost of either does not grow with the number of answers.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lyceum.training.domain.experience import (
    FRESH,
    REMEMBERED,
    Belief,
    LearnerState,
    Part,
    QuestionState,
    Recall,
    TopicState,
    with_answer,
)

LEARNER_VARIANCE, PART_VARIANCE, QUESTION_VARIANCE, TOPIC_VARIANCE = 2.0, 0.4, 0.8, 0.6
LEAST_LEARNER, LEAST_PART, LEAST_QUESTION, LEAST_TOPIC = 0.1, 0.08, 0.004, 0.002
CONTEXT_VARIANCE, LEAST_CONTEXT = 0.15, 0.002
PAIR_VARIANCE = 0.15
MET = 4
"""A pair of questions is kept from its so manieth meeting on: rarer ones would tell nothing and fill the memory."""
METERS = 1 << 22
"""Meetings are counted in so many bytes, found by hash: where two pairs share one, they are kept a little sooner."""
MOST_PAIRS = 1_000_000
RATE = 0.12
CONTEXT_WEIGHT = 0.4
FAST, SLOW = 0.35, 0.1
SUREST = 8.0
"""No prediction is surer than this, in logits: everybody slips, everybody guesses."""


class Evidence(StrEnum):
    """What may be weighed beside Elo."""

    TOPICS = "topics"
    COUNTS = "wins and losses"
    RECENCY = "recency"
    FORGETTING = "forgetting"
    REPEATS = "the same question before"
    PACE = "response time"
    PAIRS = "answers to other questions"


FEATURES = (
    *("one", "base", "pairs"),
    *("topic_wins", "topic_losses", "wins", "losses"),
    *("form", "trend", "topic_form", "first_in_topic", "same_topic"),
    *("gap", "topic_gap", "topic_gap_by_balance"),
    *("seen", "last_time_right", "question_wins", "question_losses", "since_right", "since_seen"),
    *("pace_after_right", "pace_after_wrong"),
    *(
        "after_pattern",
        "after_topic_pattern",
        "topic_after",
        "question_after",
        "question_again",
        "question_after_question",
    ),
)
CONTEXTS = 6
"""The last so many features are effects of contexts, each learned by itself."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A question before a learner. `at` is in seconds from any moment, None when times are not known; `recall` is None
    when the learner has not met the question. Without a topic (`topic_id` None) `part` and `topic` are left alone."""

    question_id: Hashable
    topic_id: Hashable
    learner: LearnerState
    part: Part
    recall: Recall | None
    question: QuestionState
    topic: TopicState
    at: float | None


@dataclass(slots=True)
class Prediction:
    """How likely the answer is right, and what that was reckoned from."""

    chance: float
    base: float
    pairs: float
    features: list[float]
    contexts: list[Belief]
    witnesses: list[tuple[Belief, float]]
    strangers: list[Hashable]


def new_learner() -> LearnerState:
    return LearnerState(Part(Belief(0.0, LEARNER_VARIANCE)))


def new_part() -> Part:
    return Part(Belief(0.0, PART_VARIANCE))


def new_question(easiness: float = 0.0, variance: float = QUESTION_VARIANCE) -> QuestionState:
    """A question that nobody has answered, or with what a fit or a label says of it beforehand, in logits."""
    return QuestionState(Belief(easiness, variance))


def new_topic() -> TopicState:
    return TopicState(Belief(0.0, TOPIC_VARIANCE))


def logistic(logit: float) -> float:
    """Never quite 0 or 1."""
    if -30 < logit < 30:
        return 1 / (1 + math.exp(-logit))
    return 1 / (1 + math.exp(30)) if logit < 0 else 1 / (1 + math.exp(-30))


def _starting_weights() -> list[float]:
    plain = len(FEATURES) - CONTEXTS - 3
    return [0.0, 1.0, 1.0, *[0.0] * plain, *[CONTEXT_WEIGHT] * CONTEXTS]


@dataclass(slots=True)
class Model:
    """The part of the predictor that all learners share. `used` is the evidence that is weighed, `pairs` what an
    answer to another question says, by question and other question, `kept` how many pairs there are."""

    used: frozenset[Evidence] = frozenset(Evidence)
    weights: list[float] = field(default_factory=_starting_weights)
    squares: list[float] = field(default_factory=lambda: [1.0] * len(FEATURES))
    contexts: dict[Hashable, Belief] = field(default_factory=dict)
    pairs: dict[Hashable, dict[Hashable, Belief]] = field(default_factory=dict)
    kept: int = 0
    meetings: bytearray = field(default_factory=lambda: bytearray(METERS))

    def predict(self, it: Situation) -> Prediction:
        """Changes nothing but places for effects not met before."""
        base = it.learner.overall.ability.value + it.question.easiness.value
        if Evidence.TOPICS in self.used and it.topic_id is not None:
            base += it.part.ability.value + it.topic.easiness.value
        witnesses, strangers = self._witnesses(it) if Evidence.PAIRS in self.used else ([], [])
        pairs = 0.0
        for effect, surprise in witnesses:
            pairs += effect.value * surprise
        contexts = self._contexts(it)
        features = [1.0, base, pairs]
        features += _counts(it) if Evidence.COUNTS in self.used else (0.0,) * 4
        features += _recency(it) if Evidence.RECENCY in self.used else (0.0,) * 5
        features += _forgetting(it) if Evidence.FORGETTING in self.used else (0.0,) * 3
        features += _repeats(it) if Evidence.REPEATS in self.used else (0.0,) * 6
        features += _pace(it) if Evidence.PACE in self.used else (0.0,) * 2
        features += [effect.value for effect in contexts]
        logit = math.sumprod(self.weights, features)
        chance = logistic(max(-SUREST, min(SUREST, logit)))
        return Prediction(chance, base, pairs, features, contexts, witnesses, strangers)

    def learn(self, it: Situation, made: Prediction, *, correct: bool, elapsed_ms: float | None = None) -> None:
        """Bring weights and states up to date with the answer. Elapsed times that are not positive tell nothing."""
        self._weigh(made, correct)
        for effect in made.contexts:
            if effect.variance > 0:
                expected = logistic(made.base + effect.value)
                spread = 1 / (1 + effect.variance * expected * (1 - expected))
                effect.value += effect.variance * spread * (correct - expected)
                effect.variance = max(LEAST_CONTEXT, effect.variance * spread)
        if made.witnesses:
            _hear(made, correct)
        self._meet(made.strangers, it.question_id)
        surprise = correct - logistic(made.base)
        self._rate(it, made, surprise)
        _note(it.learner.overall, surprise, correct, it.at)
        if it.topic_id is not None:
            _note(it.part, surprise, correct, it.at)
        _remember(it, surprise, elapsed_ms)

    def _witnesses(self, it: Situation) -> tuple[list[tuple[Belief, float]], list[Hashable]]:
        """What the learner's last answers to other questions say of this one, each by the surprise that it was, and
        the questions of which nothing is known."""
        known = self.pairs.get(it.question_id)
        if known is None:
            return [], [other for other, _ in it.learner.recent]
        witnesses, strangers = [], []
        for other, surprise in it.learner.recent:
            effect = known.get(other)
            if effect is None:
                strangers.append(other)
            else:
                witnesses.append((effect, surprise))
        return witnesses, strangers

    def _meet(self, strangers: Sequence[Hashable], id: Hashable) -> None:
        """Count meetings, and keep the pairs that keep meeting."""
        if self.kept >= MOST_PAIRS:
            return
        meetings = self.meetings
        for other in strangers:
            meter = hash((other, id)) % METERS
            if meetings[meter] < MET - 1:
                meetings[meter] += 1
            else:
                meetings[meter] = 0
                self.pairs.setdefault(id, {})[other] = Belief(0.0, PAIR_VARIANCE)
                self.kept += 1

    def _contexts(self, it: Situation) -> list[Belief]:
        none = Belief(0.0, 0.0)
        found = [none] * CONTEXTS
        overall, question = it.learner.overall.pattern, it.question_id
        part = overall if it.topic_id is None else it.part.pattern
        if Evidence.RECENCY in self.used:
            found[0] = self._context((0, overall))
            found[1] = self._context((1, part))
            found[2] = self._context((2, it.topic_id, part & 3 | 4 if part > 3 else part))
            found[3] = self._context((3, question, part & 1 if part > FRESH else 2))
        if Evidence.REPEATS in self.used and it.recall is not None:
            found[4] = self._context((4, question, it.recall.correct))
        last = it.learner.recent[-1][0] if it.learner.recent else None
        if Evidence.PAIRS in self.used and last in self.pairs.get(question, ()):
            found[5] = self._context((5, last, overall & 1, question))
        return found

    def _context(self, key: Hashable) -> Belief:
        effect = self.contexts.get(key)
        if effect is None:
            effect = self.contexts[key] = Belief(0.0, CONTEXT_VARIANCE)
        return effect

    def _weigh(self, made: Prediction, correct: bool) -> None:
        error, weights, squares = correct - made.chance, self.weights, self.squares
        for n, feature in enumerate(made.features):
            if feature:
                pull = error * feature
                squares[n] += pull * pull
                weights[n] += RATE * pull / math.sqrt(squares[n])

    def _rate(self, it: Situation, made: Prediction, surprise: float) -> None:
        sides = [(it.learner.overall.ability, LEAST_LEARNER), (it.question.easiness, LEAST_QUESTION)]
        total = it.learner.overall.ability.variance + it.question.easiness.variance
        if Evidence.TOPICS in self.used and it.topic_id is not None:
            sides += ((it.part.ability, LEAST_PART), (it.topic.easiness, LEAST_TOPIC))
            total += it.part.ability.variance + it.topic.easiness.variance
        expected = logistic(made.base)
        information = expected * (1 - expected)
        spread = 1 / (1 + information * total)
        for belief, least in sides:
            step = belief.variance * spread
            belief.value += step * surprise
            belief.variance = max(least, belief.variance * (1 - step * information))


def _counts(it: Situation) -> tuple[float, ...]:
    part, overall = it.part, it.learner.overall
    return math.log1p(part.wins), math.log1p(part.losses), math.log1p(overall.wins), math.log1p(overall.losses)


def _recency(it: Situation) -> tuple[float, ...]:
    overall, part = it.learner.overall, it.part
    return (
        overall.form,
        overall.trend,
        part.form,
        1.0 if part.pattern == FRESH else 0.0,
        1.0 if it.learner.last_topic == it.topic_id else 0.0,
    )


def _gap(at: float | None, before: float | None) -> float:
    """The time since then, as a logarithm of hours in units in which a month is about 2."""
    if at is None or before is None or at <= before:
        return 0.0
    return 0.3 * math.log1p((at - before) / 3600)


def _forgetting(it: Situation) -> tuple[float, ...]:
    part = it.part
    gap = _gap(it.at, part.last_at)
    return _gap(it.at, it.learner.overall.last_at), gap, gap * (part.wins - part.losses) / (1 + part.wins + part.losses)


def _repeats(it: Situation) -> tuple[float, ...]:
    recall = it.recall
    if recall is None:
        return (0.0,) * 6
    gap = _gap(it.at, recall.last_at)
    return (
        1.0,
        1.0 if recall.correct else -1.0,
        math.log1p(recall.wins),
        math.log1p(recall.losses),
        gap if recall.correct else 0.0,
        gap,
    )


def _pace(it: Situation) -> tuple[float, ...]:
    pace = it.learner.pace
    return (pace, 0.0) if it.learner.overall.pattern & 1 else (0.0, pace)


def _hear(made: Prediction, correct: bool) -> None:
    """Move the effects of pairs together by what they left unexplained."""
    expected = logistic(made.base + made.pairs)
    information, error, total = expected * (1 - expected), correct - expected, 0.0
    for effect, surprise in made.witnesses:
        total += effect.variance * surprise * surprise
    spread = 1 / (1 + information * total)
    for effect, surprise in made.witnesses:
        step = effect.variance * surprise * spread
        effect.value += step * error
        effect.variance *= 1 - step * surprise * information


def _note(part: Part, surprise: float, correct: bool, at: float | None) -> None:
    part.wins += correct
    part.losses += not correct
    part.form += FAST * (surprise - part.form)
    part.trend += SLOW * (surprise - part.trend)
    part.pattern = with_answer(part.pattern, correct)
    part.last_at = at


def _remember(it: Situation, surprise: float, elapsed_ms: float | None) -> None:
    learner, question = it.learner, it.question
    question.answers += 1
    learner.last_topic = it.topic_id
    learner.recent.append((it.question_id, surprise))
    if len(learner.recent) > REMEMBERED:
        del learner.recent[0]
    learner.pace = 0.0
    if elapsed_ms is not None and 0 < elapsed_ms < math.inf:
        took = math.log(max(0.2, min(3600.0, elapsed_ms / 1000)))
        usual = took if question.pace is None else question.pace
        question.pace = usual + SLOW * (took - usual)
        learner.pace = took - usual


def recalled(recall: Recall | None, correct: bool, at: float | None) -> Recall:
    """What is kept of a learner's meetings with a question after one more."""
    before = recall or Recall()
    return Recall(before.wins + correct, before.losses + (not correct), correct, at)
