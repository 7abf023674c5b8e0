"""Bring the browser's packages into src/lyceum/platform/static/vendor, so that pages need no other host and no Node.

`uv run python scripts/vendor.py` fetches the versions named below with `npm pack`, checks npm's integrity against the
lock, takes the few files that pages use and writes `vendor.lock.json` and `LICENSES.txt`. The result is committed;
only who changes a version or adds an icon needs npm. `--update` accepts a new integrity for a changed version.
"""

import argparse
import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PLATFORM = Path(__file__).parents[1] / "src" / "lyceum" / "platform"
TARGET = PLATFORM / "static" / "vendor"
LOCK = TARGET / "vendor.lock.json"
ICONS = PLATFORM / "templates" / "icons.html"

# fmt: off
ICON_NAMES = (
    "adjustments-horizontal", "alert-circle", "alert-triangle", "archive", "arrow-back-up", "arrow-down",
    "arrow-left", "arrow-right", "arrow-up", "bell", "bolt", "bookmark", "books", "brand-telegram", "bulb",
    "calendar", "certificate", "chart-line", "check", "chevron-down", "chevron-left", "chevron-right",
    "chevron-up", "circle-check", "circle-half-2", "clock", "cloud-off", "copy", "database", "device-floppy",
    "dots", "download", "edit", "external-link", "eye", "eye-off", "file", "file-text", "filter", "flag", "flame",
    "grip-vertical", "hand-stop", "help-circle", "history", "home", "info-circle", "key", "keyboard", "language",
    "link", "list", "list-check", "lock", "login", "logout", "mail", "math", "menu-2", "minus", "moon",
    "paperclip", "photo", "player-pause", "player-play", "player-skip-forward", "player-stop", "plus", "refresh",
    "rotate", "school", "search", "send", "settings", "shopping-bag", "star", "sun", "table", "tag",
    "target-arrow", "trash", "trophy", "upload", "user", "users", "video", "volume", "world", "x",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package: `files` maps a path inside it (a glob) to a folder of the vendor directory."""

    name: str
    version: str
    files: Mapping[str, str]
    licences: tuple[str, ...] = ("LICENSE",)


PACKAGES = (
    Package("@tabler/core", "1.6.1", {"dist/css/tabler.min.css": "tabler"}, ()),
    Package("@tabler/icons", "3.51.0", {}),
    Package("@fontsource-variable/golos-text", "5.3.0", {"files/*-{script}-wght-normal.woff2": "fonts"}),
    Package(
        "@fontsource-variable/literata",
        "5.3.0",
        {"files/*-{script}-opsz-normal.woff2": "fonts", "files/*-{script}-opsz-italic.woff2": "fonts"},
    ),
    Package(
        "katex",
        "0.19.1",
        {
            "dist/katex.min.css": "katex",
            "dist/katex.min.js": "katex",
            "dist/contrib/auto-render.min.js": "katex",
            "dist/fonts/*.woff2": "katex/fonts",
        },
    ),
    Package("echarts", "6.1.0", {"dist/echarts.common.min.js": "echarts"}, ("LICENSE", "NOTICE")),
    Package("htmx.org", "4.0.1", {"dist/htmx.min.js": "htmx"}),
    Package(
        "swagger-ui-dist",
        "5.35.0",
        {
            "swagger-ui.css": "swagger-ui",
            "swagger-ui-bundle.js": "swagger-ui",
            "swagger-ui-standalone-preset.js": "swagger-ui",
        },
        ("LICENSE", "NOTICE"),
    ),
)
SCRIPTS = ("cyrillic", "latin")
STYLES_OF_FONTS = {
    "@fontsource-variable/golos-text": ("index.css",),
    "@fontsource-variable/literata": ("opsz.css", "opsz-italic.css"),
}

type Files = dict[str, bytes]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--update", action="store_true", help="accept the integrity of a changed version")
    update = arguments.parse_args().update
    known = {entry["package"]: entry for entry in json.loads(LOCK.read_text())["packages"]} if LOCK.exists() else {}
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    entries, licences, fonts = [], [], []
    for package in PACKAGES:
        files, integrity = fetch(package)
        check_lock(package, integrity, known.get(package.name), update=update)
        written = sorted(install(package, files))
        if package.name == "@tabler/icons":
            write_icons(files)
        fonts += [face for style in STYLES_OF_FONTS.get(package.name, ()) for face in faces(files[style].decode())]
        licences.append(licence_text(package, files))
        entries.append(
            {"package": package.name, "version": package.version, "integrity": integrity, "files": digests(written)}
        )
    css = TARGET / "fonts" / "fonts.css"
    css.write_text("\n".join(fonts) + "\n", encoding="utf-8")
    (TARGET / "LICENSES.txt").write_text("\n\n".join(licences) + "\n", encoding="utf-8")
    made = digests([css, TARGET / "LICENSES.txt", ICONS])
    LOCK.write_text(json.dumps({"packages": entries, "made": made}, indent=1) + "\n", encoding="utf-8")


def fetch(package: Package) -> tuple[Files, str]:
    """The files of a package as npm publishes it, and the integrity of its archive."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{package.name}@{package.version}", "--json", "--pack-destination", folder]
        subprocess.run(command, check=True, capture_output=True)
        archive = next(Path(folder).glob("*.tgz")).read_bytes()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    files: Files = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name.partition("/")[2]] = content.read()
    return files, integrity


def check_lock(package: Package, integrity: str, known: Mapping[str, str] | None, *, update: bool) -> None:
    if known is None or known["integrity"] == integrity:
        return
    if known["version"] == package.version or not update:
        raise SystemExit(f"{package.name} {package.version}: its archive is not the one in the lock ({integrity}).")


def install(package: Package, files: Files) -> Iterator[Path]:
    for pattern, folder in package.files.items():
        for script in SCRIPTS if "{script}" in pattern else ("",):
            names = [name for name in files if re.fullmatch(as_regex(pattern, script), name)]
            if not names:
                raise SystemExit(f"{package.name} has no {pattern} any more.")
            for name in names:
                path = TARGET / folder / Path(name).name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(trim(path.suffix, files[name]))
                yield path


def as_regex(pattern: str, script: str) -> str:
    """A glob as a regex. The star stops at `latin-ext`: an extended script is a script of its own."""
    return re.escape(pattern.replace("{script}", script)).replace(r"\*", "(?:(?!-ext)[^/])+")


def trim(suffix: str, content: bytes) -> bytes:
    """Drop what a browser would ask for in vain: source maps, and font formats that are not vendored."""
    if suffix not in {".css", ".js"}:
        return content
    text = content.decode()
    text = re.sub(r"(?m)^\s*(/\*|//)[#@] sourceMappingURL=.*$", "", text)
    text = re.sub(r',\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("[^"]+"\)', "", text)
    return text.encode()


def faces(css: str) -> Iterator[str]:
    """The @font-face rules of the scripts that are vendored."""
    for name, rule in re.findall(r"/\* ([\w-]+) \*/\s*(@font-face \{.*?\})", css, re.DOTALL):
        if re.search(rf"-(?:{'|'.join(SCRIPTS)})-(?:wght|opsz)-", name) and "-ext-" not in name:
            yield re.sub(r"url\(\./files/", "url(", rule)


def write_icons(files: Files) -> None:
    """The outlines of the icons in use as a Jinja dictionary, and the macro `icon` over it."""
    lines = []
    for name in sorted(set(ICON_NAMES)):
        svg = files[f"icons/outline/{name}.svg"].decode()
        shapes = re.findall(r"<(?:path|circle|rect|line|polyline)[^>]*/>", svg.partition(">")[2])
        drawn = "".join(re.sub(r"\s*/>$", "/>", shape) for shape in shapes if 'd="M0 0h24v24H0z"' not in shape)
        lines.append(f"  '{name}': '{drawn}',")
    ICONS.write_text(ICON_MACRO.replace("@ICONS@", "\n".join(lines)), encoding="utf-8")


ICON_MACRO = """{#- Written by scripts/vendor.py from @tabler/icons (MIT): add a name there, do not edit here. -#}
{%- set shapes = {
@ICONS@
} -%}
{#- An icon beside a word, or alone inside a control that has its own name. -#}
{%- macro icon(name, class='') -%}
<svg class="ic{{ ' ' ~ class if class }}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" \
stroke-linejoin="round" aria-hidden="true">{{ shapes[name]|safe }}</svg>
{%- endmacro -%}
"""


def licence_text(package: Package, files: Files) -> str:
    head = f"{'=' * 78}\n{package.name} {package.version}\n{'=' * 78}\n"
    declared = json.loads(files["package.json"]).get("license", "")
    texts = [files[name].decode() for name in package.licences] or [
        f"Licence: {declared}. Copyright of its authors; the notice stands at the head of the file."
    ]
    return head + "\n".join(text.strip() for text in texts)


def digests(paths: list[Path]) -> dict[str, str]:
    return {str(path.relative_to(PLATFORM)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


if __name__ == "__main__":
    main()
