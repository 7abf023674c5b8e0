"""Reading small files in tests."""

import io
from pathlib import Path

from lyceum.bank.adapters.formats.drafting import NO_DEFAULTS, Defaults
from lyceum.bank.adapters.formats.formats import open_reader
from lyceum.bank.domain.drafts import Draft, Rejected

TRICKY = Path(__file__).parents[2] / "data" / "tricky"


def read(text: str | bytes, name: str, defaults: Defaults = NO_DEFAULTS) -> list[Draft | Rejected]:
    data = text.encode() if isinstance(text, str) else text
    return list(open_reader(io.BytesIO(data), name, "auto", defaults)[1])


def drafts(text: str | bytes, name: str) -> list[Draft]:
    items = read(text, name)
    assert all(isinstance(item, Draft) for item in items), items
    return [item for item in items if isinstance(item, Draft)]


def draft(text: str | bytes, name: str) -> Draft:
    found = drafts(text, name)
    assert len(found) == 1
    return found[0]


def rejection(text: str | bytes, name: str) -> Rejected:
    items = read(text, name)
    assert len(items) == 1
    assert isinstance(items[0], Rejected), items[0]
    return items[0]


def codes(item: Draft) -> set[str]:
    return {loss.code for loss in item.losses}


def quiz(*questions: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><quiz>{"".join(questions)}</quiz>'


def question(type: str, inner: str, stem: str = "Вопрос?") -> str:
    return (
        f'<question type="{type}"><name><text>Имя</text></name><questiontext format="html">'
        f"<text>{stem}</text></questiontext>{inner}</question>"
    )
