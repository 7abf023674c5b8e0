"""The scale of ratings: Elo points around 1500, 400 points are odds of ten to one.

Labels of difficulty have their place on it; a guess floor of 1/k for k options lifts the chance of a choice question.
"""

import hashlib
import math
from collections.abc import Mapping

from lyceum.bank.api import Difficulty
from lyceum.kernel.ids import QuestionId

START = 1500.0
SCALE = 400 / math.log(10)
JITTER = 60
RESHELVED = 60.0
"""How far a rating moves before the question is looked for in another place."""
LABELS: Mapping[Difficulty, float] = {Difficulty.EASY: 1300.0, Difficulty.MEDIUM: 1500.0, Difficulty.HARD: 1700.0}
STEPS: Mapping[Difficulty, int] = {label: step for step, label in enumerate(LABELS, 1)}
"""Difficulties as numbers, from 1."""


def label_rating(id: QuestionId, difficulty: Difficulty) -> float:
    """The rating of a question that nobody has answered: its label's, moved a little so that equals spread out."""
    spread = int.from_bytes(hashlib.blake2b(id.bytes, digest_size=2).digest()) % (2 * JITTER + 1) - JITTER
    return LABELS[difficulty] + spread


def chance(ability: float, rating: float, options: int) -> float:
    """How likely a learner of this ability solves a question of this rating, guessing included."""
    floor = 1 / options if options > 1 else 0.0
    return floor + (1 - floor) / (1 + math.exp((rating - ability) / SCALE))


def in_logits(rating: float) -> float:
    return (rating - START) / SCALE
