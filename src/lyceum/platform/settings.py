"""Every setting of the product: one environment variable each, also read from `.env`; see docs/settings.md."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TRUE = {"1", "true", "yes", "on", "force"}
NOT_SETTINGS = ("LYCEUM_TEST_", "LYCEUM_USER_PASSWORD")
"""Variables of the test suite, and of `lyceum user create`."""
MOST = 10**9
SOME = (1, MOST)
DAYS = (1, 36_500)
CLOCKS = ("manual", "calendar")
LOG_FORMATS = ("auto", "json", "text")
LOG_LEVELS = ("debug", "info", "warning", "error")
BROKERS = ("amqp://", "amqps://", "kafka://")
QUEUE = re.compile(r"[A-Za-z0-9._-]{1,200}")
FALSE = {"", "0", "false", "no", "off"}


class SettingsError(Exception):
    """A setting that cannot be used: names the variable, what is wrong and what would mend it."""


def setting[T](default: T, doc: str, *, within: tuple[int, int] = (0, MOST)) -> T:
    """A field with its default, the sentence that documents it, and the range of a number."""
    made: T = field(default=default, metadata={"doc": doc, "within": within})
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decides. Field `data_dir` is the variable `LYCEUM_DATA_DIR`, and so on."""

    data_dir: Path = setting(Path(".lyceum"), "Folder of the database, files and keys; made when missing.")
    database_url: str = setting(
        "",
        "`sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`. Empty: `lyceum.sqlite3` in the data folder.",
    )
    database_pool: int = setting(10, "Database connections that one process may hold.", within=SOME)
    host: str = setting("127.0.0.1", "Address to listen on.")
    port: int = setting(8000, "Port to listen on.", within=(1, 65_535))
    workers: int = setting(1, "Web processes of `lyceum web`; more than one needs PostgreSQL.", within=(1, 64))
    base_url: str = setting("", "Public address, such as `https://lyceum.example`. Empty: host and port.")
    open_api: str = setting("", "`1`: on a loopback address every caller is operator. `force`: on any (dangerous).")
    secret_key: str = setting("", "Signs tokens and links; 32 characters or more. Empty: made once in the data folder.")
    files_url: str = setting("", "`s3://BUCKET`: files in an S3-compatible store. Empty: a folder in the data folder.")
    s3_endpoint: str = setting("", "Address of the S3-compatible server; empty for Amazon's.")
    s3_region: str = setting("us-east-1", "Region of the bucket.")
    s3_access_key: str = setting("", "Access key id of the bucket.")
    s3_secret_key: str = setting("", "Secret access key of the bucket.")
    cache_url: str = setting("", "`redis://HOST:PORT/DB`: rate limits shared by processes. Empty: memory.")
    broker_url: str = setting(
        "",
        "`amqp://USER:PASSWORD@HOST:PORT/VHOST` (RabbitMQ) or `kafka://HOST:PORT[,HOST:PORT]`: messages from and to "
        "other systems. Empty: in this process alone.",
    )
    tasks_queue: str = setting("tasks", "Queue (Kafka: topic) of messages that make tasks.")
    link_seconds: int = setting(3600, "How long a link to a file stays valid, in seconds.", within=SOME)
    access_token_seconds: int = setting(900, "Lifetime of a bearer token, in seconds.", within=SOME)
    session_days: int = setting(
        30, "Lifetime of a page session or refresh token since its last use, in days.", within=DAYS
    )
    login_limit: int = setting(
        10, "Failed logins per account, and ten times as many per address, in 15 minutes.", within=SOME
    )
    signup_limit: int = setting(20, "Sign-ups per address in an hour.", within=SOME)
    max_body_mb: int = setting(10, "Largest request body in MiB, uploads of files apart.", within=SOME)
    max_upload_mb: int = setting(512, "Largest uploaded file in MiB.", within=SOME)
    time_zone: str = setting(
        "Europe/Moscow", "Time zone in which a day begins: of streaks, charts, the timetable and daily reports."
    )
    target_success: int = setting(
        75, "Likely success in percent of the unseen questions that are chosen, 50 to 95: lower is harder."
    )
    task_slots: int = setting(4, "Background tasks that one process runs at a time; 0: none, `lyceum worker` does.")
    schedule: bool = setting(
        default=True, doc="Keep the timetable of daily work in the web; `0`: `lyceum scheduler` does it."
    )
    task_lease_seconds: int = setting(30, "After how many seconds of silence a worker's tasks are given to others.")
    task_grace_seconds: int = setting(25, "How long `lyceum worker` lets tasks finish when told to stop, in seconds.")
    advertising_clock: str = setting(
        "manual",
        "`manual`: the day of ads is set by `POST /time/advance`; `calendar`: it follows the time zone's date.",
    )
    advertising_clock_may_rewind: bool = setting(
        default=False, doc="The day of ads may be set to an earlier one, for tests and demos."
    )
    advertising_repeat_when_exhausted: bool = setting(
        default=False, doc="A client who has seen every ad is shown the best of them again, free of charge."
    )
    advertising_self_sign_up: bool = setting(
        default=True, doc="Everybody with an account may become a sponsor; off: operators give the role."
    )
    advertising_every_questions: int = setting(
        10, "After how many questions of practice or review a learner sees an ad; 0: never.", within=(0, 1000)
    )
    advertising_wait_ms: int = setting(
        400, "How long a learner waits for an ad, in milliseconds; then the next question comes.", within=(1, 10_000)
    )
    advertising_overshoot: int = setting(
        0, "By how many percent the impressions of a campaign may exceed its limit; 0: never.", within=(0, 5)
    )
    advertising_weight_profit: int = setting(50, "Weight of the expected income in the choice of an ad, in percent.")
    advertising_weight_relevance: int = setting(25, "Weight of the relevance to the client, in percent.")
    advertising_weight_fulfilment: int = setting(15, "Weight of the lag behind an even schedule, in percent.")
    text_url: str = setting(
        "",
        "Address of an OpenAI-compatible API, such as `https://llm.example/v1`: writes texts of ads. Empty: templates.",
    )
    text_key: str = setting("", "Its key.")
    text_model: str = setting("gpt-4o-mini", "The model that writes.")
    text_timeout_seconds: int = setting(20, "How long a text may take, in seconds.", within=(1, 300))
    text_limit: int = setting(
        60, "Texts that one sponsor may have written by that API in an hour; templates know no limit.", within=SOME
    )
    metrics_port: int = setting(
        0,
        "Port of `/metrics` and `/health` of `lyceum worker` and `lyceum scheduler`; 0: none. The web has its own.",
        within=(0, 65_535),
    )
    prune_minutes: int = setting(60, "How often what is over is forgotten; `0`: only by `lyceum prune`.")
    keep_sessions_days: int = setting(30, "How long sessions that ended or ran out are kept, in days.", within=DAYS)
    keep_guests_days: int = setting(
        30, "How long guests who never answered are kept after their last visit, in days.", within=DAYS
    )
    keep_imports_days: int = setting(
        30, "How long files and reports of finished imports are kept, in days; exports too.", within=DAYS
    )
    keep_events_days: int = setting(7, "How long delivered events of the outbox are kept, in days.", within=DAYS)
    log_format: str = setting("auto", "`json`, `text`, or `auto`: text on a terminal.")
    log_level: str = setting("info", "`debug`, `info`, `warning` or `error`.")
    trust_proxy: bool = setting(
        default=False, doc="Take the client's address from `X-Forwarded-For` (behind a proxy only)."
    )

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")) -> Self:
        """Read `.env`, then the environment over it; raise SettingsError for a variable that is unknown or unusable."""
        values = _dotenv(dotenv) if dotenv is not None and dotenv.is_file() else {}
        values |= os.environ if environment is None else environment
        known = {f"LYCEUM_{item.name.upper()}": item for item in fields(cls)}
        given: dict[str, object] = {}
        for name, text in values.items():
            if not name.startswith("LYCEUM_") or name.startswith(NOT_SETTINGS):
                continue
            if name not in known:
                raise SettingsError(f"{name} is not a setting of Lyceum. See docs/settings.md for the list.")
            given[known[name].name] = _parse(name, text, known[name].default)
        settings = cls(**given)  # type: ignore[arg-type]
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse values and combinations that cannot work."""
        self._check_numbers()
        self._check_addresses()
        if self.log_format not in LOG_FORMATS:
            raise SettingsError(f"LYCEUM_LOG_FORMAT={self.log_format!r} is unknown; use {', '.join(LOG_FORMATS)}.")
        if self.log_level.lower() not in LOG_LEVELS:
            raise SettingsError(f"LYCEUM_LOG_LEVEL={self.log_level!r} is unknown; use {', '.join(LOG_LEVELS)}.")
        if self.advertising_clock not in CLOCKS:
            raise SettingsError(
                f"LYCEUM_ADVERTISING_CLOCK={self.advertising_clock!r} is unknown; use {', '.join(CLOCKS)}."
            )
        if self.secret_key and len(self.secret_key) < 32:
            raise SettingsError(
                "LYCEUM_SECRET_KEY is shorter than 32 characters; make one with `openssl rand -hex 32`."
            )
        if not 50 <= self.target_success <= 95:
            raise SettingsError("LYCEUM_TARGET_SUCCESS is a share in percent from 50 to 95; 75 is a good one.")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingsError(
                f"LYCEUM_TIME_ZONE={self.time_zone!r} is no time zone; use a name such as Europe/Moscow."
            ) from error
        if self.open_api and self.open_api not in TRUE:
            raise SettingsError("LYCEUM_OPEN_API takes 1, force or nothing.")
        if not 3 <= self.task_lease_seconds <= 3600:
            raise SettingsError("LYCEUM_TASK_LEASE_SECONDS takes 3 to 3600; less would end between two heartbeats.")
        if self.workers > 1 and not self.database_url.startswith("postgresql"):
            raise SettingsError("LYCEUM_WORKERS above 1 needs PostgreSQL: set LYCEUM_DATABASE_URL, or use one worker.")
        if self.open_api and self.open_api != "force" and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise SettingsError(
                f"LYCEUM_OPEN_API=1 makes every caller an operator and is refused on {self.host}. "
                "Listen on 127.0.0.1, or set LYCEUM_OPEN_API=force if the network is closed."
            )

    def _check_numbers(self) -> None:
        for item in fields(self):
            value, (least, most) = getattr(self, item.name), item.metadata["within"]
            if isinstance(value, int) and not isinstance(value, bool) and not least <= value <= most:
                raise SettingsError(f"LYCEUM_{item.name.upper()}={value} is out of range; use {least} to {most}.")

    def _check_addresses(self) -> None:
        if self.database_url and not self.database_url.startswith(("sqlite:///", "postgresql://")):
            raise SettingsError("LYCEUM_DATABASE_URL must begin with sqlite:/// or postgresql://.")
        if self.files_url and not self.files_url.startswith("s3://"):
            raise SettingsError("LYCEUM_FILES_URL must be empty or begin with s3://.")
        if self.cache_url and not self.cache_url.startswith("redis://"):
            raise SettingsError("LYCEUM_CACHE_URL must be empty or begin with redis://.")
        if self.broker_url and not self.broker_url.startswith(BROKERS):
            raise SettingsError("LYCEUM_BROKER_URL must be empty or begin with amqp://, amqps:// or kafka://.")
        if not QUEUE.fullmatch(self.tasks_queue):
            raise SettingsError("LYCEUM_TASKS_QUEUE takes 1 to 200 letters, digits, dots, dashes and underscores.")
        if self.files_url and not self.files_url.removeprefix("s3://").split("/")[0]:
            raise SettingsError("LYCEUM_FILES_URL names no bucket; write s3://BUCKET.")
        for name, url in (
            ("LYCEUM_BASE_URL", self.base_url),
            ("LYCEUM_S3_ENDPOINT", self.s3_endpoint),
            ("LYCEUM_TEXT_URL", self.text_url),
        ):
            if url and not url.startswith(("http://", "https://")):
                raise SettingsError(f"{name}={url!r} is no address; write it with http:// or https://.")
        for name, url in (
            ("LYCEUM_DATABASE_URL", self.database_url),
            ("LYCEUM_CACHE_URL", self.cache_url),
            ("LYCEUM_BROKER_URL", self.broker_url.partition(",")[0]),
        ):
            try:
                urlsplit(url).port  # noqa: B018 - raises for a port that is none
            except ValueError as error:
                raise SettingsError(f"{name} cannot be read: {error}.") from error

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'lyceum.sqlite3'}"

    @property
    def queues(self) -> Mapping[str, str]:
        """What message handlers call a queue, and its name at the broker."""
        return {"tasks": self.tasks_queue}

    @property
    def address(self) -> str:
        """The public address without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url.rstrip("/") or f"http://{host}:{self.port}"


def documentation() -> list[tuple[str, str, str]]:
    """Variable, default and meaning of every setting, in order."""
    return [(f"LYCEUM_{item.name.upper()}", str(item.default), str(item.metadata["doc"])) for item in fields(Settings)]


def _parse(name: str, text: str, default: object) -> object:
    if isinstance(default, bool):
        if text.lower() in TRUE | FALSE:
            return text.lower() in TRUE
        raise SettingsError(f"{name}={text!r} is neither on nor off; use 1 or 0.")
    if isinstance(default, int):
        if text.strip().isdigit() and int(text) < 10**9:
            return int(text)
        raise SettingsError(f"{name}={text!r} is not a whole number of 0 or more.")
    if isinstance(default, Path):
        return Path(text).expanduser()
    value = text.strip()
    return "" if name == "LYCEUM_OPEN_API" and value.lower() in FALSE else value


def _dotenv(path: Path) -> dict[str, str]:
    values: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"{path}, line {number}: expected NAME=VALUE, found {text[:40]!r}.")
        values[name.strip()] = value.strip().strip("\"'")
    return values
