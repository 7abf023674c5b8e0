"""The guards of impressions and clicks, each to be taken off: what a race loses then is what the guard keeps."""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

from lyceum.advertising.adapters import ledger_postgres, ledger_sqlite

GUARDS: Mapping[str, Sequence[tuple[ModuleType, str, str, str]]] = {
    "none": (),
    "pair": (
        (
            ledger_postgres, "SHOW", "ON CONFLICT DO NOTHING",
            "ON CONFLICT (client_id, campaign_id) DO UPDATE SET day = excluded.day",
        ),
        (
            ledger_sqlite, "VIEW", "ON CONFLICT DO NOTHING",
            "ON CONFLICT (client_id, campaign_id) DO UPDATE SET day = excluded.day",
        ),
    ),
    "limit": (
        (
            ledger_postgres, "SHOW", "<= c.impressions_limit + c.impressions_limit * $4::int / 100 AS fits",
            "> 0 AND $4::int >= 0 AS fits",
        ),
        (
            ledger_sqlite, "CAMPAIGN", "t.impressions < c.impressions_limit + c.impressions_limit * :overshoot / 100",
            ":overshoot >= 0",
        ),
    ),
    "lock": ((ledger_postgres, "SHOW", " FOR UPDATE", ""),),
    "click": (
        (ledger_postgres, "CLICK", " AND v.click_day IS NULL", ""),
        (ledger_sqlite, "CLICK", " AND click_day IS NULL", ""),
    ),
}  # fmt: skip
"""By name: where a statement stands, what guards in it, and what stands there without."""


def take_off(name: str, put: Callable[[ModuleType, str, str], object]) -> None:
    """Rewrite the statements of one guard; `put` is `setattr` or `monkeypatch.setattr`."""
    for module, statement, guard, without in GUARDS[name]:
        text = getattr(module, statement)
        assert guard in text, f"{name}: {module.__name__}.{statement} no longer holds {guard!r}"
        put(module, statement, text.replace(guard, without))
