"""Write docs/errors.md from the refusals themselves."""

from pathlib import Path

from lyceum.main.refusals import all_refusals
from lyceum.platform.http_errors import status_of
from lyceum.platform.i18n import translator

HEAD = """# Refusals

Every error of the API is a problem document (RFC 9457) with a `code` that never changes. `detail` is in the caller's
language. Written by `uv run python scripts/error_docs.py`; a test keeps it true.

| code | status | says |
|---|---|---|
"""


def rows() -> list[str]:
    lines = []
    for code, refusal in all_refusals().items():
        status = status_of(refusal.__new__(refusal))
        lines.append(f"| `{code}` | {status} | {refusal.text}<br>{translator('ru').gettext(refusal.text)} |")
    return lines


if __name__ == "__main__":
    page = Path(__file__).parents[1] / "docs" / "errors.md"
    page.write_text(HEAD + "\n".join(rows()) + "\n", encoding="utf-8")
