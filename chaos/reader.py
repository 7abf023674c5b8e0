"""The owner of imports, who has their pages open while their workers are killed."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from chaos.web import PAGE, Web

PAUSE = 0.15
NOW = re.compile(r'role="progressbar"[^>]*aria-valuenow="(\d+)"')
ATTEMPT = re.compile(r">\s*(\d+) of 5\s*<")
AT_WORK = re.compile(r"At work.*?(\d+)", re.S)
FRAGMENT = {"HX-Request": "true"}


@dataclass(slots=True)
class Reader:
    """Looks at the page of each import and of its task, as a browser does that has them open."""

    site: Web
    ids: Sequence[UUID]
    over: bool = False
    import_shares: dict[UUID, list[int]] = field(default_factory=lambda: defaultdict(list))
    task_shares: dict[tuple[UUID, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    attempts: dict[UUID, set[int]] = field(default_factory=lambda: defaultdict(set))
    at_work: int = 0
    looks: int = 0
    faults: list[str] = field(default_factory=list)
    ended: set[UUID] = field(default_factory=set)

    async def run(self) -> None:
        """Until nobody works any more and every page has shown the end."""
        async with self.site.client() as client:
            while not self.over:
                await self._look(client)
                await asyncio.sleep(PAUSE)
            for id in self.ids:
                await self._end(client, id)

    async def _get(self, client: httpx.AsyncClient, path: str, **headers: str) -> str:
        self.looks += 1
        try:
            answer = await client.get(path, headers=self.site.signed_in() | PAGE | headers)
        except httpx.HTTPError as error:
            self.faults.append(f"{path}: {error!r}")
            return ""
        if answer.status_code != 200 and not answer.is_redirect:
            self.faults.append(f"{path}: {answer.status_code}")
        return answer.text.replace("\xa0", " ")

    async def _look(self, client: httpx.AsyncClient) -> None:
        desk = await self._get(client, "/operator", **FRAGMENT)
        if found := AT_WORK.search(desk):
            self.at_work = max(self.at_work, int(found[1]))
        listed = await self._get(client, "/operator/tasks?status=in_progress", **FRAGMENT)
        for id in self.ids:
            if str(id) in listed:
                await self._one(client, id)

    async def _one(self, client: httpx.AsyncClient, id: UUID) -> None:
        state = await self._get(client, f"/author/imports/{id}/state", **FRAGMENT)
        if found := NOW.search(state):
            self.import_shares[id].append(int(found[1]))
        task = await self._get(client, f"/operator/tasks/{id}", **FRAGMENT)
        if attempt := ATTEMPT.search(task):
            self.attempts[id].add(int(attempt[1]))
            if found := NOW.search(task):
                self.task_shares[id, int(attempt[1])].append(int(found[1]))

    async def _end(self, client: httpx.AsyncClient, id: UUID) -> None:
        done = await self._get(client, f"/author/imports/{id}")
        task = await self._get(client, f"/operator/tasks/{id}")
        if attempt := ATTEMPT.search(task):
            self.attempts[id].add(int(attempt[1]))
        if "written" in done and "progressbar" not in done and "progressbar" not in task:
            self.ended.add(id)

    async def verdict(self, kills: Mapping[UUID, int]) -> tuple[dict[str, bool], dict[str, int | float]]:
        """What of the promise the pages kept, and how much was seen."""
        shares = [*self.import_shares.values(), *self.task_shares.values()]
        growing = [it for it in shares if len(set(it)) > 1]
        back = [it for it in self.task_shares.values() if it != sorted(it)]
        checks = {
            "no page failed": not self.faults,
            "the pages showed imports at work, and the operator's too": bool(self.import_shares) and self.at_work > 0,
            "the pages showed progress that grows": bool(growing),
            "the page of the task never showed progress going back within an attempt": not back,
            "the page of every task shows the attempt that its kills made of it": all(
                max(self.attempts[id], default=0) == 1 + kills.get(id, 0) for id in self.ids
            ),
            "every page showed the end": self.ended == set(self.ids),
        }
        seen: dict[str, int | float] = {
            "page_looks": self.looks,
            "imports_seen_at_work": len(self.import_shares),
            "runs_seen_growing": len(growing),
            "page_attempts": max((max(it) for it in self.attempts.values() if it), default=0),
        }
        return checks, seen
