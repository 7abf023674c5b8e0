"""A PostgreSQL cluster of one's own, to be killed, restarted, or given a clock that jumps."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
QUICK = "-c fsync=on -c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=64MB"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Cluster:
    """`clock`, when there is one, is the file that libfaketime reads the cluster's clock from."""

    folder: Path
    port: int
    clock: Path | None = None

    @property
    def url(self) -> str:
        return f"postgresql://root@127.0.0.1:{self.port}/postgres"

    def set_clock(self, offset: float) -> None:
        """So many seconds ahead of the machine's clock, a moment later."""
        assert self.clock is not None
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(f"{offset:+.0f}", encoding="ascii")
        fresh.replace(self.clock)

    def start(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        if self.clock is not None:
            env |= {
                "LD_PRELOAD": str(FAKETIME[0]),
                "FAKETIME_TIMESTAMP_FILE": str(self.clock),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        options = f"-p {self.port} -k {self.folder} {QUICK}"
        self._pg("pg_ctl", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options, "start", env=env)

    def stop(self, mode: str = "immediate") -> None:
        self._pg("pg_ctl", "-w", "-m", mode, "stop")

    async def restart(self) -> None:
        """As after a crash: every connection is cut, and the log is replayed."""
        await asyncio.to_thread(self.stop)
        await asyncio.to_thread(self.start)

    def _pg(self, program: str, *words: str, env: dict[str, str] | None = None) -> None:
        user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        done = subprocess.run(
            [PROGRAMS[-1] / program, "-D", self.folder / "data", *words],
            env=env,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {words}: {done.stderr.decode()[-1000:]}")


@contextmanager
def cluster(*, with_clock: bool = False) -> Iterator[Cluster]:
    """A fresh cluster, running; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lyceum-cluster-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        made = Cluster(folder, free_port(), folder / "clock" if with_clock else None)
        if with_clock:
            made.set_clock(0)
        made._pg("initdb", "-U", "root", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
