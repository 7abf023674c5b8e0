"""Decision records: each has a number of its own, and says it in its title."""

from collections import Counter
from pathlib import Path

RECORDS = sorted((Path(__file__).parents[2] / "docs" / "adr").glob("*.md"))


def test_no_number_is_used_twice() -> None:
    used = Counter(path.name[:4] for path in RECORDS)
    assert [number for number, count in used.items() if count > 1] == []


def test_the_title_has_the_number_of_the_file() -> None:
    wrong = [path.name for path in RECORDS[1:] if not path.read_text("utf-8").startswith(f"# {path.name[:4]}. ")]
    assert wrong == []
