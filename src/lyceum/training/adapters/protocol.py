"""The protocol of a finished event: everybody's place and points, task by task, as a table to sign."""

import asyncio
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lyceum.accounts.api import Actor
from lyceum.platform.database import Database
from lyceum.training.adapters.event_tables import participants
from lyceum.training.adapters.tables import attempts
from lyceum.training.domain.events import Event, EventGoesOn
from lyceum.training.event_ports import Boards, Events, Kept
from lyceum.training.use_cases.events import require_organiser

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEADS = {
    "ru": ("Место", "Участник", "Вариант", "Баллы", "Дано ответов", "Время, мин"),
    "en": ("Place", "Participant", "Variant", "Points", "Answered", "Time, min"),
}
_TASK = {"ru": "Задание {}", "en": "Task {}"}
_NOTES = {
    "ru": ("Событие", "Открытие", "Закрытие", "Печать вариантов", "Отпечаток итогов", "Редакция"),
    "en": ("Event", "Opened", "Closed", "Seal of the variants", "Digest of the standings", "Revision"),
}

type Points = Mapping[UUID, Mapping[int, float]]


@dataclass(frozen=True, slots=True)
class PrintProtocol:
    """Makes the table; refused: NotTheOrganiser, EventGoesOn."""

    events: Events
    boards: Boards
    database: Database
    zone: ZoneInfo

    async def __call__(self, actor: Actor, id: UUID) -> bytes:
        actor.require(scope="training:write")
        event = await self.events.get(id)
        require_organiser(actor, event)
        kept = await self.boards.kept(id, "final")
        if kept is None:
            raise EventGoesOn()
        locale = actor.locale if actor.locale in _HEADS else "en"
        points = await self._points(id)
        return await asyncio.to_thread(self._table, event, kept, points, locale)

    async def _points(self, event: UUID) -> Points:
        query = (
            select(attempts.c.training_id, attempts.c.position, attempts.c.score)
            .join(participants, participants.c.training_id == attempts.c.training_id)
            .where(participants.c.event_id == event)
        )
        found: dict[UUID, dict[int, float]] = defaultdict(dict)
        async with self.database.read() as connection:
            for row in await connection.execute(query):
                found[row.training_id][row.position] = row.score
        return found

    def _table(self, event: Event, kept: Kept, points: Points, locale: str) -> bytes:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("Protocol")
        numbers = sorted({number for own in points.values() for number in own})
        zone = self.zone
        notes: tuple[str | float, ...] = (
            event.plan.title,
            f"{event.plan.opens_at.astimezone(zone):%Y-%m-%d %H:%M %Z}",
            f"{event.plan.closes_at.astimezone(zone):%Y-%m-%d %H:%M %Z}",
            event.seal,
            kept.digest,
            kept.revision,
        )
        for name, value in zip(_NOTES[locale], notes, strict=True):
            _append(sheet, [name, value])
        sheet.append([])
        _append(sheet, [*_HEADS[locale], *(_TASK[locale].format(number) for number in numbers)])
        for it in kept.standings:
            own = points.get(it.line.training_id, {})
            line: list[str | float] = [it.place, it.line.name, it.line.variant, it.line.score, it.line.answered]
            _append(sheet, [*line, round(it.line.time_ms / 60_000, 2), *(own.get(number, 0.0) for number in numbers)])
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()


def _append(sheet: "WriteOnlyWorksheet", values: Sequence[str | float]) -> None:
    """Add a row whose texts stay texts, whatever they begin with."""
    from openpyxl.cell import WriteOnlyCell

    cells = []
    for value in values:
        cell = WriteOnlyCell(sheet, value=value)
        if isinstance(value, str):
            cell.data_type = "s"
        cells.append(cell)
    sheet.append(cells)
