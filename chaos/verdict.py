"""How large an experiment is, and what it found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True, slots=True)
class Scale:
    """The long form is the experiment; the short one is the same with fewer faults, for every change."""

    short: bool
    seed: int

    def pick[T](self, long: T, short: T) -> T:
        return short if self.short else long

    def chance(self) -> Random:
        return Random(self.seed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Named conditions, all of which must hold, and the figures that were measured."""

    checks: Mapping[str, bool]
    figures: Mapping[str, object] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(self.checks.values())

    def told(self) -> dict[str, object]:
        broken = [name for name, held in self.checks.items() if not held]
        return {"pass": self.passed, **({"broken": broken} if broken else {}), **self.figures}
