"""docs/errors.md lists every refusal with its status, and each says fact and next step in both languages."""

import re
from pathlib import Path

import pytest

from lyceum.kernel.errors import AppError
from lyceum.main.refusals import all_refusals
from lyceum.platform.i18n import translator

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_every_refusal_is_listed() -> None:
    listed = re.findall(r"^\| `([\w.]+)` \| (\d{3}) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [code for code, _ in listed] == list(all_refusals()), "Run `uv run python scripts/error_docs.py`."


@pytest.mark.parametrize("code", all_refusals())
def test_a_refusal_has_a_code_of_its_context_and_a_sentence_in_russian(code: str) -> None:
    refusal: type[AppError] = all_refusals()[code]
    room = refusal.__module__.split(".")[1]
    assert code.split(".")[0] in {room, "lyceum"}, f"{code} is declared in {refusal.__module__}"
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", code)
    russian = translator("ru").gettext(refusal.text)
    assert re.search("[а-яё]", russian), f"{code} has no Russian text: {refusal.text}"
    assert set(re.findall(r"{(\w+)", russian)) <= set(re.findall(r"{(\w+)", refusal.text)), russian
