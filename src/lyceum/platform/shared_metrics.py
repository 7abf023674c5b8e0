"""The folder through which worker processes share their numbers. Imports nothing heavy: it must come first."""

import os
from contextlib import suppress
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share_between_processes(folder: Path) -> None:
    """Make the numbers of all processes started from here add up; call it before anything else is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink(missing_ok=True)
    os.environ[VARIABLE] = str(folder)


def shared_folder() -> Path | None:
    """The folder, when numbers are shared at all."""
    name = os.environ.get(VARIABLE, "")
    return Path(name) if name else None


def forget_dead_processes(folder: Path) -> None:
    """Drop the present-moment numbers of processes that are gone; what they counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if not (pid.isdigit() and _alive(int(pid))):
            file.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
