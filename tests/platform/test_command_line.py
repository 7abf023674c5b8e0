"""Commands refuse nonsense with the cause and the way on."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner, Result

from lyceum.kernel.errors import AppError
from lyceum.main.cli import app
from lyceum.main.failures import cause
from lyceum.platform.settings import SettingsError

NOWHERE = "postgresql://nobody:secret-word@127.0.0.1:1/nothing"
S3_AWAY = {"LYCEUM_FILES_URL": "s3://bucket", "LYCEUM_S3_ENDPOINT": "http://127.0.0.1:1"}
S3_KEYS = {"LYCEUM_S3_ACCESS_KEY": "key", "LYCEUM_S3_SECRET_KEY": "secret-word"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "a.gift").write_text("Столица России? {=Москва ~Рим}", encoding="utf-8")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "lyceum.sqlite3").write_text("garbage" * 1000)
    return tmp_path


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(app, words, env=environment)


def refusal(result: Result) -> str:
    """What `main` prints for it, and leaves with exit code 2."""
    if isinstance(result.exception, AppError):
        return f"{result.exception} {[problem.msg for problem in result.exception.problems]}"
    if isinstance(result.exception, SettingsError):
        return str(result.exception)
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split())


WORDS: Mapping[str, str] = {
    "import {0}/nothere.gift": "does not exist",
    "import {0}/empty": "There is no file",
    "import {0}/a.gift --format word": "Take one of: auto, gift",
    "import {0}/a.gift --subject alchemy": "There is no subject 'alchemy'",
    "import {0}/a.gift --exam ЕГЭ": "exam",
    "export {0}/nowhere/all.json": "There is no folder",
    "export {0}/all.json --format word": "Take one of: json",
    "migrate 9999": "There is no revision '9999'",
    "user grant nobody@example.org king": "Take one of",
    "user entitle nobody@example.org wings": "Take one of: no_ads",
    "user entitle nobody@example.org no_ads": "There is no registered user nobody@example.org",
    "user entitle nobody@example.org no_ads --until soon": "is not a day",
    "serve --host 203.0.113.9": "Cannot listen on 203.0.113.9",
}


@pytest.mark.parametrize("words", WORDS)
def test_words_that_mean_nothing_are_refused(folder: Path, words: str) -> None:
    result = run(*words.format(folder).split(), "--data-dir", str(folder / "data"))
    assert WORDS[words] in refusal(result)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_port_in_use_is_named_with_its_setting(folder: Path, taken_port: int) -> None:
    result = run("serve", "--port", str(taken_port), "--data-dir", str(folder / "data"))
    assert f"127.0.0.1:{taken_port}" in refusal(result)
    assert "LYCEUM_PORT" in refusal(result)


@pytest.mark.parametrize(
    ("data", "said", "environment"),
    [
        ("file", "LYCEUM_DATA_DIR", {}),
        ("/proc/nowhere", "LYCEUM_DATA_DIR", {}),
        ("broken", "file is not a database", {}),
        ("data", "LYCEUM_DATABASE_URL", {"LYCEUM_DATABASE_URL": NOWHERE}),
        ("data", "LYCEUM_DATABASE_URL", {"LYCEUM_DATABASE_URL": "sqlite:////proc/nowhere/x.sqlite3"}),
    ],
)
def test_what_cannot_be_used_is_named_with_its_setting(
    folder: Path, data: str, said: str, environment: dict[str, str]
) -> None:
    for command in ("serve", "migrate", "prune"):
        told = refusal(run(command, "--data-dir", str(folder / data), **environment))
        assert said in told, command
        assert "secret-word" not in told


def test_several_processes_want_a_schema_that_is_up_to_date(folder: Path) -> None:
    assert "Run `lyceum migrate`" in refusal(run("web", LYCEUM_DATA_DIR=str(folder / "data")))


@pytest.mark.parametrize(
    ("part", "said", "environment"),
    [
        ("database", "LYCEUM_DATABASE_URL", {"LYCEUM_DATABASE_URL": NOWHERE}),
        ("cache", "LYCEUM_CACHE_URL", {"LYCEUM_CACHE_URL": "redis://127.0.0.1:1/0"}),
        ("files", "LYCEUM_FILES_URL", S3_AWAY),
        ("files", "LYCEUM_FILES_URL", S3_AWAY | S3_KEYS),
    ],
    ids=["database", "cache", "files without keys", "files"],
)
def test_the_doctor_names_the_part_that_is_not_well(
    folder: Path, capfd: pytest.CaptureFixture[str], part: str, said: str, environment: dict[str, str]
) -> None:
    result = run("doctor", "--data-dir", str(folder / "data"), **environment)
    told = " ".join((result.output + capfd.readouterr().out).split())
    assert (result.exit_code, f"bad {part}" in told, said in told) == (1, True, True), told
    assert "secret-word" not in told


def test_the_doctor_tells_that_nobody_is_up_and_how_to_start_them(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("migrate", "--data-dir", str(folder / "data")).exit_code == 0
    result = run("doctor", "--data-dir", str(folder / "data"))
    told = " ".join((result.output + capfd.readouterr().out).split())
    assert result.exit_code == 0, told
    assert "-- tasks no worker is up" in told
    assert "Start `lyceum worker`" in told
    assert "-- timetable no scheduler is up" in told


def test_the_broom_says_what_it_forgot(folder: Path) -> None:
    result = run("prune", "--data-dir", str(folder / "data"))
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Forgotten: 0 sessions, 0 links, 0 guests")


def test_a_cause_is_one_line_without_the_layers_it_went_through() -> None:
    inner = Exception("<class 'asyncpg.exceptions.X'>: role \"nobody\" does not exist\nmore")
    assert cause(OperationalError("SELECT 1", {}, inner)) == 'role "nobody" does not exist'
    assert cause(OSError(28, "No space left on device", "/x")) == "No space left on device: /x"
    assert cause(TimeoutError()) == "TimeoutError"
