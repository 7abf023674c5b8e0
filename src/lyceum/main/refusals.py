"""Every refusal of the product, for the documentation and its test."""

import importlib
import pkgutil
from collections.abc import Iterator

import lyceum
from lyceum.kernel.errors import AppError


def all_refusals() -> dict[str, type[AppError]]:
    """Code → refusal, for every refusal that any module declares."""
    for module in pkgutil.walk_packages(lyceum.__path__, "lyceum."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {refusal.code: refusal for refusal in sorted(_below(AppError), key=lambda kind: kind.code)}


def _below(kind: type[AppError]) -> Iterator[type[AppError]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("lyceum.") and "code" in vars(child):
            yield child
        yield from _below(child)
