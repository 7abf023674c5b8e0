"""Write docs/settings.md from the settings themselves."""

from pathlib import Path

from lyceum.platform.settings import documentation

HEAD = """# Settings

Each setting is an environment variable; a file `.env` in the working folder is read below the environment.
An unknown or unusable `LYCEUM_…` variable stops the start with a line that names it.
Written by `uv run python scripts/settings_docs.py`; a test keeps it true.

| variable | default | meaning |
|---|---|---|
"""

rows = [
    f"| `{name}` | `{default or ' '}` | {meaning.replace('|', chr(92) + '|')} |"
    for name, default, meaning in documentation()
]
Path(__file__).parents[1].joinpath("docs", "settings.md").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
