"""Refusals: the four kinds of no that a caller can understand and act on.

A refusal states fact, cause and next step. `text` is an English template whose fields are the refusal's facts;
pages and the API translate the template, never the finished sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field. `loc` is a path such as `options/3/text`; `code` is stable."""

    loc: str
    code: str
    msg: str


class AppError(Exception):
    """A refusal. `code` is `<context>.<snake>` and never changes; `facts` are machine-readable."""

    code: ClassVar[str] = "lyceum.error"
    text: ClassVar[str] = "The request was refused."

    def __init__(self, *, problems: Sequence[FieldProblem] = (), **facts: object) -> None:
        self.facts = facts
        self.problems = tuple(problems)
        super().__init__(self.text.format_map(facts))


class NotFound(AppError):
    """There is no such thing, or the caller may not know of it (404)."""


class Conflict(AppError):
    """The thing's present state does not allow it (409)."""


class Forbidden(AppError):
    """The caller is known and may not do this (403)."""


class Invalid(AppError):
    """The request itself is wrong (422); `problems` says where."""


class Unreachable(AppError):
    """Something outside that the answer needs does not answer; nothing was changed (503)."""
