"""What the browser gets comes from this repository alone, and is what the lock says it is."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PLATFORM = Path(__file__).parents[2] / "src" / "lyceum" / "platform"
STATIC = PLATFORM / "static"
VENDOR = STATIC / "vendor"
LOCK = json.loads((VENDOR / "vendor.lock.json").read_text(encoding="utf-8"))
OWN = sorted(
    path
    for folder in (STATIC, *PLATFORM.parent.glob("*/adapters/templates"), PLATFORM / "templates")
    for path in folder.rglob("*")
    if path.suffix in {".css", ".js", ".html", ".svg"} and VENDOR not in path.parents
)
MIB = 1024 * 1024


def locked() -> Iterator[tuple[str, str]]:
    for package in LOCK["packages"]:
        yield from package["files"].items()
    yield from LOCK["made"].items()


def test_every_vendored_file_has_the_bytes_of_the_lock() -> None:
    wrong = [name for name, digest in locked() if hashlib.sha256((PLATFORM / name).read_bytes()).hexdigest() != digest]
    assert not wrong, f"Run scripts/vendor.py instead of editing: {wrong}"


def test_nothing_is_vendored_past_the_lock() -> None:
    known = {PLATFORM / name for name, _ in locked()} | {VENDOR / "vendor.lock.json"}
    assert not [path for path in VENDOR.rglob("*") if path.is_file() and path not in known]


def test_every_package_names_its_version_integrity_and_licence() -> None:
    licences = (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")
    for package in LOCK["packages"]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["integrity"].startswith("sha512-")
        assert f"\n{package['package']} {package['version']}\n" in licences


def test_the_vendored_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file()) < 6 * MIB


def test_no_vendored_script_or_style_asks_for_a_source_map() -> None:
    assert not [
        path.name
        for path in VENDOR.rglob("*")
        if path.suffix in {".js", ".css"} and b"sourceMappingURL=" in path.read_bytes()
    ]


@pytest.mark.parametrize("path", list(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_refers_only_to_files_that_are_here(path: Path) -> None:
    css = path.read_text(encoding="utf-8")
    assert "@import" not in css
    for address in re.findall(r"url\(\s*[\"']?([^)\"']+)", css):
        assert address.startswith(("data:", "#", "%23")) or (path.parent / address).is_file(), address


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_our_own_files_name_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
    assert not re.search(r"https?://|[\"'(=]//[\w.-]+", text)


@pytest.mark.parametrize(
    "path", [path for path in OWN if path.suffix == ".html"], ids=lambda path: f"{path.parts[-4]}/{path.name}"
)
def test_a_template_keeps_to_the_content_security_policy(path: Path) -> None:
    """No inline script, no inline handler, nothing that would need eval."""
    text = path.read_text(encoding="utf-8")
    inline = [
        tag for tag in re.findall(r"<script\b[^>]*>", text) if "src=" not in tag and "application/json" not in tag
    ]
    assert not inline
    assert not re.search(r"\son[a-z]+\s*=|hx-on|javascript:|hx-vals=[\"']js:|hx-trigger=[\"'][^\"']*\[", text)
