"""docs/settings.md lists every setting with its default and meaning, and nothing else."""

import re
from pathlib import Path

import pytest

from lyceum.platform.settings import Settings, SettingsError, documentation

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented_as_it_is() -> None:
    rows = re.findall(r"^\| `(LYCEUM_\w+)` \| (.*?) \| (.*?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = [(name, default.strip("`"), meaning) for name, default, meaning in rows]
    assert told == [(name, default or " ", meaning.replace("|", "\\|")) for name, default, meaning in documentation()]


def test_an_unknown_setting_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="LYCEUM_PROT is not a setting"):
        Settings.load({"LYCEUM_PROT": "8000"}, dotenv=None)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("LYCEUM_PORT", "http", "whole number"),
        ("LYCEUM_DATABASE_URL", "mysql://x", "must begin"),
        ("LYCEUM_SECRET_KEY", "short", "32"),
        ("LYCEUM_WORKERS", "4", "PostgreSQL"),
        ("LYCEUM_TRUST_PROXY", "maybe", "neither on nor off"),
        ("LYCEUM_OPEN_API", "maybe", "force"),
    ],
)
def test_an_unusable_setting_is_refused_with_the_way_to_mend_it(name: str, value: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        Settings.load({name: value}, dotenv=None)


def test_the_open_api_is_refused_off_loopback_unless_forced() -> None:
    with pytest.raises(SettingsError, match=r"0\.0\.0\.0"):
        Settings.load({"LYCEUM_OPEN_API": "1", "LYCEUM_HOST": "0.0.0.0"}, dotenv=None)
    assert Settings.load({"LYCEUM_OPEN_API": "force", "LYCEUM_HOST": "0.0.0.0"}, dotenv=None).open_api == "force"


def test_a_dotenv_file_is_read_below_the_environment(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('# comment\nexport LYCEUM_PORT=9001\nLYCEUM_HOST="::1"\n', encoding="utf-8")
    settings = Settings.load({"LYCEUM_PORT": "9002"}, dotenv=file)
    assert (settings.port, settings.host) == (9002, "::1")
