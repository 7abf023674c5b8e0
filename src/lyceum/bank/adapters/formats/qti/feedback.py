"""Which feedback an item gives to which response, by its own rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lyceum.bank.adapters.formats.qti.body import Feedback
from lyceum.bank.adapters.formats.qti.interpreter import Program
from lyceum.bank.adapters.formats.qti.values import Value
from lyceum.bank.adapters.formats.reasons import Losses

type Given = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class Feedbacks:
    """All feedback of an item. `general` is what is said whatever the answer: the explanation."""

    program: Program
    all: Sequence[Feedback]
    general: frozenset[Feedback] = frozenset()

    def to(self, given: Given, own: Sequence[Feedback] = ()) -> list[str]:
        """What is said to a response in particular. `own`: feedback that stands inside of a choice."""
        outcomes = self.program.run(given)
        shown = (it for it in (*own, *self.all) if it not in self.general and is_shown(it, outcomes))
        return [it.text for it in shown if it.text]


def is_shown(feedback: Feedback, outcomes: Given) -> bool:
    value = outcomes.get(feedback.outcome)
    return (value is not None and feedback.identifier in map(str, value.members)) == feedback.shows


def gathered(program: Program, all: Sequence[Feedback], right: Given, wrong: Sequence[Given], losses: Losses,
             *, told_apart: bool) -> tuple[Feedbacks, list[str]]:  # fmt: skip
    """The feedback of an item, and its explanation.

    `told_apart`: each response gets what is said to it; otherwise what is said to the right one joins the explanation.
    """
    outcomes = [program.run(given) for given in ({}, right, *wrong)]
    answered = outcomes[1:]
    general = frozenset(it for it in all if all_shown(it, answered))
    texts = [it.text for it in all if it in general and it.text]
    if not told_apart:
        rest = [it for it in all if it not in general and it.text]
        texts += [it.text for it in rest if is_shown(it, outcomes[1])]
        if rest:
            losses.note("combined_feedback_lost", "Feedback to a whole answer joins the explanation, or is lost.")
    return Feedbacks(program, all, general), texts


def all_shown(feedback: Feedback, outcomes: Sequence[Given]) -> bool:
    return all(is_shown(feedback, one) for one in outcomes)
