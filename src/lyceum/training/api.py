"""The door of training: what happens to trainings."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEnded:
    """A training has come to its end, and every answer in it that a machine can mark is marked. May come twice."""

    training_id: UUID
    at: datetime


__all__ = ["TrainingEnded"]
