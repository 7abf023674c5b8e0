"""Pauses between two questions, in which learners who may be shown ads see one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lyceum.kernel.errors import NotFound


class AdNotShown(NotFound):
    code = "training.ad_not_shown"
    text = "This ad was not shown to you, or it is gone. Go on with the training."


class AdsAway(Exception):
    """Advertising does not say in time; a learner is not kept waiting for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseStanding:
    """The latest pause of a learner, if there was one: when, which ad still stands in it, and how many questions of
    practice and review were answered since, counted no further than was asked for."""

    taken_at: datetime | None
    ad_id: UUID | None
    answered: int
