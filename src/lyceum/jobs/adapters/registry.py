"""The kinds of task and the schemas of message of this installation, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lyceum.jobs.api import AnyHandler, AnyKind
from lyceum.jobs.domain.messages import SCHEMA


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


@dataclass(frozen=True, slots=True)
class KnownMessages:
    """`api.Messages`; the composition root fills it with what the contexts bring."""

    by_queue: Mapping[str, Sequence[type[AnyHandler]]]

    @classmethod
    def of(cls, handlers: Sequence[type[AnyHandler]], names: Mapping[str, str]) -> "KnownMessages":
        """`names` gives the word of a handler (`tasks`) the name of its queue at the broker."""
        found: dict[str, list[type[AnyHandler]]] = {}
        for handler in handlers:
            found.setdefault(names[handler.queue], []).append(handler)
        return cls(found)

    def queues(self) -> Sequence[str]:
        return list(self.by_queue)

    def handlers(self, queue: str) -> Sequence[type[AnyHandler]]:
        return self.by_queue.get(queue, ())

    def find(self, queue: str, name: str, major: int) -> type[AnyHandler] | None:
        for handler in self.handlers(queue):
            named = SCHEMA.fullmatch(handler.schema)
            if named and (named[1], int(named[2])) == (name, major):
                return handler
        return None
