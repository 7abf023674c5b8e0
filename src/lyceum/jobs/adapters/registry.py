"""The kinds of task of this installation, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lyceum.jobs.api import AnyKind


@dataclass(frozen=True, slots=True)
class KnownKinds:
    """`api.Kinds`; the composition root fills it with what the contexts bring."""

    kinds: Mapping[str, type[AnyKind]]

    @classmethod
    def of(cls, kinds: Sequence[type[AnyKind]]) -> "KnownKinds":
        return cls({kind.name: kind for kind in kinds})

    def names(self) -> Sequence[str]:
        return sorted(self.kinds)

    def find(self, name: str) -> type[AnyKind] | None:
        return self.kinds.get(name)
