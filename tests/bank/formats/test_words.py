"""Everything that the formats advise and refuse can be said in Russian, and every code in use has its advice."""

import re
from pathlib import Path

import pytest

from lyceum.bank.adapters.formats import reasons
from lyceum.bank.adapters.formats.columns import COLUMNS
from lyceum.bank.adapters.formats.reasons import FIX
from lyceum.bank.adapters.formats.templates import HELP
from lyceum.kernel.errors import Invalid
from lyceum.platform.i18n import translator

SOURCE = Path(reasons.__file__).parent
REFUSALS = [item for item in vars(reasons).values() if isinstance(item, type) and issubclass(item, Invalid)]


@pytest.mark.parametrize("text", [*FIX.values(), *HELP.values(), *(refusal.text for refusal in REFUSALS)])
def test_each_advice_and_refusal_is_translated(text: str) -> None:
    translated = translator("ru").gettext(text)
    assert translated != text
    assert set(re.findall(r"\{\w+\}", translated)) == set(re.findall(r"\{\w+\}", text))


def test_each_rejection_in_use_has_its_advice_and_no_advice_is_idle() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path.name != "reasons.py")
    assert set(re.findall(r'Refuse\(\s*"(\w+)"', code)) == set(FIX)


def test_each_column_is_explained() -> None:
    assert set(HELP) == set(COLUMNS)
