"""Start and stop the real server for a benchmark, on a database of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

POSTGRES = os.environ.get("LYCEUM_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def databases(kinds: list[str]) -> Iterator[dict[str, str]]:
    """Fresh databases by kind (`sqlite`, `postgres`); dropped at the end."""
    import asyncio

    with tempfile.TemporaryDirectory(prefix="lyceum-bench-") as folder:
        urls = {}
        name = f"lyceum_bench_{os.getpid()}"
        if "sqlite" in kinds:
            urls["sqlite"] = f"sqlite:///{folder}/lyceum.sqlite3"
        if "postgres" in kinds:
            asyncio.run(statement(f'CREATE DATABASE "{name}"'))
            urls["postgres"] = POSTGRES.rsplit("/", 1)[0] + f"/{name}"
        try:
            yield urls
        finally:
            if "postgres" in kinds:
                asyncio.run(statement(f'DROP DATABASE "{name}" WITH (FORCE)'))


async def statement(sql: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(POSTGRES)
    await connection.execute(sql)
    await connection.close()


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "lyceum", *words]


def environment(url: str, folder: Path, **extra: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM_")}
    return clean | {"LYCEUM_DATABASE_URL": url, "LYCEUM_DATA_DIR": str(folder), "LYCEUM_LOG_LEVEL": "warning"} | extra


@contextlib.contextmanager
def server(url: str, folder: Path, *options: str, **extra: str) -> Iterator[tuple[int, int]]:
    """A running `lyceum serve`; gives its port and process id."""
    port = free_port()
    process = subprocess.Popen(
        command("serve", "--port", str(port), *options),
        env=environment(url, folder, **extra),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_live(port, process)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_until_live(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server stopped with exit code {process.returncode} before it answered.")
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("The server did not answer in time.")


def peak_memory_mb(pid: int) -> float:
    """The largest resident size of a process so far, in MiB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far, in all its threads (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
