"""A message whose handler breaks, as it was asked to."""

import os
from dataclasses import dataclass
from typing import ClassVar, Literal

import msgspec

from chaos.work import note
from lyceum.jobs.api import Handled, Incoming
from lyceum.platform.settings import Settings

HANDLED = "handled.log"


class PoisonData(msgspec.Struct, frozen=True):
    act: Literal["raise", "exit"]


@dataclass(frozen=True, slots=True)
class Poison:
    """`jobs.api.MessageHandler`; says in a file that it was called."""

    queue: ClassVar[str] = "tasks"
    schema: ClassVar[str] = "chaos/1"
    data: ClassVar[type[msgspec.Struct]] = PoisonData
    settings: Settings

    async def handle(self, message: Incoming[PoisonData]) -> Handled:
        note(self.settings.data_dir / HANDLED, str(message.id))
        if message.data.act == "exit":
            os._exit(9)
        raise RuntimeError("The handler breaks, as it was asked to.")
