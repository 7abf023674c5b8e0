"""What a real process says to nonsense: a line with the cause and the way on, an exit code, never a traceback."""

import os
import subprocess
from pathlib import Path

from tests.e2e.conftest import clean_environment, lyceum


def run(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        lyceum(*words),
        cwd=folder,
        env={**clean_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def told(done: subprocess.CompletedProcess[str]) -> str:
    """What was said, with its lines joined; a traceback is nothing to say."""
    text = " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in text, done.stderr[-2000:]
    return text


def test_paths_that_cannot_be_imported_are_named_and_the_others_come_in(tmp_path: Path) -> None:
    folder = tmp_path / "questions"
    folder.mkdir()
    (folder / "a.gift").write_text("Столица России? {=Москва ~Рим}", encoding="utf-8")
    (folder / "b.gift").symlink_to("/proc/self/mem")
    (folder / "gone.gift").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.gift")
    done = run("import", str(folder), "--data-dir", "data", folder=tmp_path)
    text = told(done)
    assert done.returncode == 1
    assert "1 came in" in text
    assert "b.gift: refused" in text
    assert "1 files were refused" in text
    piped = run("import", "pipe.gift", "--data-dir", "data", folder=tmp_path)
    assert (piped.returncode, "cannot be read: it is no file" in told(piped)) == (1, True)


def test_a_command_that_ends_by_itself_says_its_own_words_alone(tmp_path: Path) -> None:
    (tmp_path / "a.gift").write_text("Столица России? {=Москва ~Рим}", encoding="utf-8")
    done = run("import", "a.gift", "--data-dir", "data", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    loud = run("import", "a.gift", "--data-dir", "data", folder=tmp_path, LYCEUM_LOG_LEVEL="debug")
    assert "jobs.attempt_ended" in loud.stderr


def test_a_fault_of_the_surroundings_is_one_line(tmp_path: Path) -> None:
    done = run("serve", "--data-dir", "data", folder=tmp_path, LYCEUM_DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert (done.returncode, "LYCEUM_DATABASE_URL" in told(done)) == (2, True)
