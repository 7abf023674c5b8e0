"""Settings that cannot be used stop the start with a line that names the variable."""

import pytest

from lyceum.platform.settings import Settings, SettingsError

BAD_SETTINGS = {
    "LYCEUM_PORT": ("abc", "99999", "0", "-1"),
    "LYCEUM_COLOUR": ("red",),
    "LYCEUM_LOG_LEVEL": ("loud",),
    "LYCEUM_LOG_FORMAT": ("xml",),
    "LYCEUM_DATABASE_URL": ("mysql://x", "postgresql://a@host:port/x"),
    "LYCEUM_DATABASE_POOL": ("0",),
    "LYCEUM_FILES_URL": ("ftp://x", "s3://"),
    "LYCEUM_S3_ENDPOINT": ("localhost:9000",),
    "LYCEUM_CACHE_URL": ("memcached://x",),
    "LYCEUM_BASE_URL": ("lyceum.example",),
    "LYCEUM_SECRET_KEY": ("short",),
    "LYCEUM_TIME_ZONE": ("Mars/Olympus",),
    "LYCEUM_OPEN_API": ("perhaps",),
    "LYCEUM_KEEP_GUESTS_DAYS": ("0",),
    "LYCEUM_WORKERS": ("4",),
}


@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_a_bad_setting_is_named(name: str) -> None:
    for value in BAD_SETTINGS[name]:
        with pytest.raises(SettingsError, match=name):
            Settings.load({name: value}, dotenv=None)


def test_the_ends_of_a_range_are_within_it() -> None:
    for name, value in (
        ("PORT", 1),
        ("PORT", 65_535),
        ("PRUNE_MINUTES", 0),
        ("KEEP_GUESTS_DAYS", 1),
        ("TASK_SLOTS", 0),
    ):
        loaded = Settings.load({f"LYCEUM_{name}": str(value)}, dotenv=None)
        assert getattr(loaded, name.lower()) == value
