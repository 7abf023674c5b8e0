"""Reviews of cards: how well FSRS foretells them, and what an online regression over its state adds."""

import math
from collections.abc import Iterator, Sequence

from bench.learning_figures import Predictions
from bench.response_logs import Review
from lyceum.training.adapters.scheduling import FsrsScheduling
from lyceum.training.domain.memory import Grade, Memory
from lyceum.training.domain.prediction import logistic

RATE = 0.1


def _foretold(reviews: Sequence[Review]) -> Iterator[tuple[float, Memory, Grade, Review]]:
    """Reviews at least a day after the one before: the chance to recall, the memory and its last grade as before."""
    scheduler = FsrsScheduling()
    memories: dict[str, tuple[Memory, Grade]] = {}
    for review in reviews:
        memory, last = memories.get(review.card, (None, Grade.AGAIN))
        if memory is not None and (review.at - memory.reviewed_at).days >= 1:
            yield scheduler.recall(memory, review.at), memory, last, review
        grade = Grade(review.rating)
        memories[review.card] = scheduler.reviewed(memory, grade, review.at), grade


def forecast(reviews: Sequence[Review]) -> Predictions:
    found = Predictions()
    for chance, _, _, review in _foretold(reviews):
        found.add(chance, review.rating > Grade.AGAIN)
    return found


def constant(like: Predictions) -> Predictions:
    """The share that came true, known beforehand, for each: what a prediction has to beat."""
    found, share = Predictions(), sum(like.came) / len(like.came)
    for came in like.came:
        found.add(share, bool(came))
    return found


def regressed(reviews: Sequence[Review]) -> Predictions:
    """Logistic regression over the forecast and the state that it came from, each predicted before it is learned."""
    found = Predictions()
    weights, squares = [0.0, 1.0, *[0.0] * 5], [1.0] * 7
    for chance, memory, last, review in _foretold(reviews):
        days = (review.at - memory.reviewed_at).total_seconds() / 86400
        features = [
            1.0,
            math.log(max(0.01, chance) / max(0.01, 1 - chance)),
            math.log1p(memory.stability),
            memory.difficulty / 5 - 1,
            math.log1p(days),
            1.0 if last is Grade.AGAIN else 0.0,
            1.0 if last is Grade.EASY else 0.0,
        ]
        better = logistic(sum(weight * feature for weight, feature in zip(weights, features, strict=True)))
        came = review.rating > Grade.AGAIN
        found.add(better, came)
        for n, feature in enumerate(features):
            pull = (came - better) * feature
            squares[n] += pull * pull
            weights[n] += RATE * pull / math.sqrt(squares[n])
    return found
