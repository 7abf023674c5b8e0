"""What every use case may ask of the outside."""

from datetime import datetime
from types import TracebackType
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment in aware UTC."""


class Transaction(Protocol):
    """`async with transaction:` commits on a clean exit and rolls everything back on any exception."""

    async def __aenter__(self) -> object: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Outbox(Protocol):
    """Events leave the context only if the change that caused them commits."""

    def add(self, event: object) -> None:
        """Record `event` in the running transaction; the relay delivers it at least once after the commit."""
