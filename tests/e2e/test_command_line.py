"""What a real process says to nonsense: a line with the cause and the way on, an exit code, never a traceback."""

import os
import subprocess
from pathlib import Path

from tests.bank.hostile_packages import HOSTILE
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


def test_hostile_packages_are_refused_one_by_one_and_nothing_comes_in(tmp_path: Path) -> None:
    folder = tmp_path / "packages"
    folder.mkdir()
    for number, (name, body, _) in enumerate(HOSTILE.values()):
        (folder / f"{number:02}-{name}").write_bytes(body)
    done = run("import", str(folder), "--data-dir", "data", folder=tmp_path)
    text = told(done)
    assert done.returncode == 1
    assert text.count(": refused.") == len(HOSTILE)
    assert f"{len(HOSTILE)} files were refused" in text
    assert "0 came in" in text
    assert not [path for path in tmp_path.rglob("*") if path.name in {"evil.xml", "passwd"}]


def test_what_is_exported_is_imported_elsewhere_once(tmp_path: Path) -> None:
    lines = "\n\n".join(f"::Q{n}:: {n} + 1? {{#{n + 1}}}" for n in range(5))
    (tmp_path / "five.gift").write_text(f"{lines}\n\n::C:: Столица? {{=Москва ~Рим}}\n", encoding="utf-8")
    assert run("import", "five.gift", "--data-dir", "one", folder=tmp_path).returncode == 0
    for format in ("json", "moodle_xml", "qti", "gift", "csv", "xlsx"):
        assert "6 of 6 questions are in" in told(
            run("export", f"all.{format}", "--format", format, "--data-dir", "one", folder=tmp_path)
        )
    names = ["all.moodle_xml", "all.qti", "all.gift", "all.csv", "all.xlsx", "all.json"]
    assert "12 questions found: 6 came in" in told(run("import", *names[4:], "--data-dir", "two", folder=tmp_path))
    again = told(run("import", *names, "--data-dir", "two", folder=tmp_path))
    assert "36 questions found: 0 came in" in again
