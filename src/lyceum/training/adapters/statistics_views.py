"""Question statistics as the API shows them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec

from lyceum.bank.api import Content, Kind
from lyceum.training.domain.question_signs import Sign, Solved, popular_mistake, signs, solved
from lyceum.training.domain.statistics import (
    NO_RESPONSE,
    Cell,
    Cells,
    Chosen,
    Group,
    Measures,
    distractors,
    random_guess,
    score_groups,
)

TRUE_FALSE = ("true", "false")


class OptionStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """How often an option was chosen (`share` of all answers), and how well those did on the other questions (`rest`,
    0..1). `option` is empty for no choice."""

    option: str
    right: bool
    count: int
    share: float
    rest: float | None


class GroupStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Learners of about one strength, by their score on the other questions (`low`..`high`, 0..1): how they did here,
    and how many chose which option."""

    low: float
    high: float
    answered: int
    facility: float
    options: Mapping[str, int]


class VersionStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a question by itself."""

    version: int
    answered: int
    facility: float | None
    discrimination: float | None


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Over first answers in finished trainings. `facility`, `deviation` and `random_guess` are 0..1, `discrimination`
    (100 times the correlation of the mark with the rest score) and `efficiency` at most 100; null where undefined.
    `measured` answers have a rest score. `rating` is in Elo points, with its standard error."""

    answered: int
    measured: int
    facility: float | None
    deviation: float | None
    discrimination: float | None
    efficiency: float | None
    random_guess: float | None
    rating: float
    rating_error: float
    signs: Sequence[Sign]
    options: Sequence[OptionStatistics]
    groups: Sequence[GroupStatistics]
    versions: Sequence[VersionStatistics]


class QuestionStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What others make of a question. `solved` is null as long as too few have answered. `popular_mistake`, a wrong
    option that many choose, is told to those who have answered; `numbers` to the author and operators."""

    question_id: UUID
    solved: Solved | None
    popular_mistake: str | None = None
    numbers: Numbers | None = None


class ListedStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """A question of a list with its statistics; `efficiency` may lag behind by a fiftieth of the answers."""

    question_id: UUID
    subject: str
    answered: int
    measured: int
    facility: float | None
    discrimination: float | None
    efficiency: float | None
    signs: Sequence[Sign]


class SetItemStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """A question in its set. `weight`: what per cent of the spread of totals comes from it, null where it goes against
    the rest."""

    question_id: UUID
    max_score: float
    facility: float
    weight: float | None


class ListedSet(msgspec.Struct, frozen=True, kw_only=True):
    """A list of questions that `learners` answered as a whole. `kind`: list, pack, mock_exam or event; `source_id` is
    the pack. `alpha` is Cronbach's, null where it is undefined."""

    id: UUID
    kind: str
    source_id: UUID | None
    size: int
    learners: int
    mean: float | None
    deviation: float | None
    alpha: float | None


class SetStatistics(ListedSet, frozen=True, kw_only=True):
    """A set with its questions."""

    items: Sequence[SetItemStatistics]


def choices_of(content: Content) -> Sequence[str]:
    """What can be chosen, in the author's order; empty for kinds without options."""
    if content.kind is Kind.TRUE_FALSE:
        return TRUE_FALSE
    return tuple(it.id for it in content.options) if content.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE} else ()


def key_of(content: Content) -> Collection[str]:
    return content.key if choices_of(content) else ()


def words_of(id: UUID, cells: Cells, content: Content, *, knows: bool) -> QuestionStatistics:
    """For a learner, who `knows` the answer once they have answered."""
    measures = Measures.of(cells)
    mistake = popular_mistake(distractors(cells), key_of(content)) if knows else None
    return QuestionStatistics(
        question_id=id, solved=solved(measures.facility, measures.answered), popular_mistake=mistake
    )


def numbers_of(cells: Cells, content: Content, options: int, rating: float, rating_error: float) -> Numbers:
    """For the author."""
    measures, chosen = Measures.of(cells), distractors(cells)
    guess, choices, key = random_guess(content.kind, options), choices_of(content), key_of(content)
    return Numbers(
        answered=measures.answered,
        measured=measures.measured,
        facility=measures.facility,
        deviation=measures.deviation,
        discrimination=measures.discrimination,
        efficiency=measures.efficiency,
        random_guess=guess,
        rating=rating,
        rating_error=rating_error,
        signs=signs(measures, guess, chosen, choices, key),
        options=_options(chosen, choices, key),
        groups=[_group(it) for it in score_groups(cells)],
        versions=_versions(cells),
    )


def _options(chosen: Sequence[Chosen], choices: Sequence[str], key: Collection[str]) -> Sequence[OptionStatistics]:
    """All options of the current version in its order, then those of older versions, then no choice."""
    if not choices:
        return ()
    found = {it.option: it for it in chosen}
    older = [option for option in found if option not in choices and option != NO_RESPONSE]
    last = [NO_RESPONSE] if NO_RESPONSE in found else []
    nothing = Chosen(option="", count=0, share=0.0, rest=None, facility=0.0)
    rows = ((option, found.get(option, nothing)) for option in (*choices, *older, *last))
    return [
        OptionStatistics(option=option, right=option in key, count=it.count, share=it.share, rest=it.rest)
        for option, it in rows
    ]


def _group(group: Group) -> GroupStatistics:
    return GroupStatistics(
        low=group.low, high=group.high, answered=group.answered, facility=group.facility, options=group.options
    )


def _versions(cells: Cells) -> Sequence[VersionStatistics]:
    by_version: dict[int, Counter[Cell]] = {}
    for cell, n in cells.items():
        by_version.setdefault(cell.version, Counter())[cell] += n
    found = []
    for version, own in sorted(by_version.items()):
        measures = Measures.of(own)
        found.append(
            VersionStatistics(
                version=version,
                answered=measures.answered,
                facility=measures.facility,
                discrimination=measures.discrimination,
            )
        )
    return found
