"""An S3 server for tests: nanio, over a folder, on a free port."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lyceum.platform.settings import Settings

ACCESS_KEY = "lyceum-tests"
SECRET_KEY = "lyceum-tests-secret"
BUCKET = "lyceum"


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server; its objects and unfinished uploads are files below `folder`."""

    endpoint: str
    folder: Path

    def settings(self) -> Settings:
        return Settings(
            files_url=f"s3://{BUCKET}",
            s3_endpoint=self.endpoint,
            s3_access_key=ACCESS_KEY,
            s3_secret_key=SECRET_KEY,
        )


def s3_installed() -> bool:
    return importlib.util.find_spec("nanio") is not None


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Serve the bucket `lyceum` below `folder` until the block ends."""
    (folder / BUCKET).mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "nanio", "serve", "--data-dir", str(folder), "--host", "127.0.0.1", "--port", str(port)],
        env=os.environ | {"NANIO_ACCESS_KEY": ACCESS_KEY, "NANIO_SECRET_KEY": SECRET_KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port)
        yield S3Server(f"http://127.0.0.1:{port}", folder)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"The S3 server did not start (exit code {process.poll()}).")
