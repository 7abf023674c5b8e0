"""The real command, a real browser. Servers run in processes of their own, on free ports and fresh data folders."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.screen import WIDTHS, Screen
from tests.needs import chromium, need

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lyceum(*words: str) -> list[str]:
    return [sys.executable, "-m", "lyceum", *words]


def clean_environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM_")}
    return kept | {"NO_COLOR": "1", "COLUMNS": "200"} | extra


@dataclass(slots=True)
class Served:
    """A running `lyceum serve` and what it printed."""

    folder: Path
    options: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "serve.log").read_text(encoding="utf-8", errors="replace")

    @property
    def announcements(self) -> int:
        """How often this server, over its restarts, has printed where to go."""
        path = self.folder / "serve.log"
        return path.read_bytes().count(b"Lyceum is up:") if path.exists() else 0

    def start(self) -> float:
        """Start, wait until it answers and has said so; the seconds that took."""
        self.port = self.port or free_port()
        begun = time.monotonic()
        told = self.announcements
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                lyceum("serve", "--port", str(self.port), "--data-dir", str(self.folder / "data"), *self.options),
                env=clean_environment(**self.extra),
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        while time.monotonic() - begun < 60:
            if self.process.poll() is not None:
                raise AssertionError(f"serve stopped with {self.process.returncode}:\n{self.log[-3000:]}")
            with contextlib.suppress(OSError), urlopen(f"{self.url}/health/live", timeout=1):
                if self.announcements > told:
                    return time.monotonic() - begun
            time.sleep(0.05)
        raise AssertionError(f"serve did not answer:\n{self.log[-3000:]}")

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, seconds: float = 35) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(20)
            if self.process.poll() is None:
                self.process.kill()

    def credentials(self, role: str) -> tuple[str, str]:
        """E-mail and password of a demo user, as printed."""
        found = re.search(rf"{role}\s+(\S+@\S+)\s+(\S+)", self.log)
        assert found, self.log
        return found[1], found[2]


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server with demo content for all browser journeys; each makes its own users."""
    served = Served(
        tmp_path_factory.mktemp("served"),
        ("--demo",),
        {"LYCEUM_SIGNUP_LIMIT": "10000", "LYCEUM_ADVERTISING_EVERY_QUESTIONS": "3"},
    )
    served.start()
    yield served
    served.stop()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of one test's own, not started yet."""
    served = Served(tmp_path)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module only: while it is open its event loop runs in this thread, and no asynchronous test could."""
    path = chromium()
    need("chromium", found=path is not None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, demo_server: Served) -> Iterator[Page]:
    """A fresh Russian-speaking visitor on a desktop; fails the test on any error of the page's own scripts."""
    context = browser.new_context(base_url=demo_server.url, locale="ru-RU", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def screen(browser: Browser, demo_server: Served) -> Iterator[Screen]:
    context = browser.new_context(
        base_url=demo_server.url,
        locale="ru-RU",
        viewport={"width": WIDTHS[0], "height": 900},
        color_scheme="light",
        reduced_motion="reduce",  # colours change at once
        bypass_csp=True,  # the checker is a script of the test's own
    )
    context.add_init_script(Axe().axe_script)
    screen = Screen(context, context.new_page())
    yield screen
    context.close()
    assert screen.wrong == [], "\n".join(screen.wrong)
