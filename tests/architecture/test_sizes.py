"""Files and functions stay small enough to be read in one sitting."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "lyceum"
FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_above_600_lines_and_no_function_above_40(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 600, f"{path.name} outgrew its room: split it by what it decides."
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 40, f"{path.name}:{node.lineno} {node.name} has {length} lines; 40 is the limit."


FORBIDDEN = {"utils.py", "helpers.py", "common.py", "misc.py", "base.py"}


def test_no_file_is_named_after_nothing() -> None:
    assert not [path for path in FILES if path.name in FORBIDDEN]
