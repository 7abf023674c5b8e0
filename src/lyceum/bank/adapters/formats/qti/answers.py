"""The places where a question is answered, written as interactions with their scoring."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lyceum.bank.adapters.formats.building import option_id
from lyceum.bank.adapters.formats.numbers import exact_decimal
from lyceum.bank.adapters.formats.qti.markup import (
    add_score,
    base_value,
    chain,
    correct,
    is_correct,
    map_response,
    mapping,
    points,
    set_outcome,
    tag,
    variable,
)
from lyceum.bank.adapters.formats.qti.xhtml import Link, block, inline, is_inline, legal
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.content import Accepted, Content, Gap, Kind, Option, RuleName, ScoreRule, TextFormat

_WILDCARD = re.compile(r"(?<!\\)\*")


class CannotSay(Exception):
    """QTI has no words for the question; the message says why."""


@dataclass(slots=True)
class Answer:
    """One interaction: its declaration, its element, and what it adds to the score.

    `template` names the standard scoring when that says the same; `said` is feedback by its identifier.
    """

    identifier: str
    declaration: str = ""
    element: str = ""
    scoring: str = ""
    template: str = ""
    cardinality: str = "single"
    said: dict[str, str] = field(default_factory=dict)
    replies: str = ""
    """Rules that choose the feedback."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What all answers of a question have in common."""

    format: TextFormat
    link: Link
    losses: Losses

    def block(self, text: str) -> str:
        return block(text, self.format, self.link)

    def declare(self, answer: Answer, base_type: str, *inner: str) -> None:
        answer.declaration = tag(
            "response-declaration",
            *inner,
            identifier=answer.identifier,
            cardinality=answer.cardinality,
            base_type=base_type,
        )

    def choice(self, answer: Answer, options: Sequence[Option], key: Sequence[str], rule: ScoreRule, *, single: bool,
               most: float, shuffle: bool, in_text: bool = False) -> Answer:  # fmt: skip
        """`most`: what the best choice is worth."""
        ids = {option.id: option_id(n) for n, option in enumerate(options)}
        self._named(answer, [(ids[it.id], it.text) for it in options], single=single, shuffle=shuffle, in_text=in_text)
        right, shares = _shares(ids, key, rule, single=single)
        self._scored(answer, [*ids.values()], right, shares, most, single=single)
        answer.said = {ids[option.id]: self.block(option.feedback) for option in options if option.feedback}
        if answer.said:
            answer.replies = set_outcome(f"FEEDBACK_{answer.identifier}", variable(answer.identifier))
        return answer

    def _named(self, answer: Answer, options: Sequence[tuple[str, str]], *, single: bool, shuffle: bool,
               in_text: bool) -> None:  # fmt: skip
        texts = [(id, self.block(text)) for id, text in options]
        shuffled = str(shuffle).lower()
        if in_text and single and all(is_inline(text) for _, text in texts):
            lines = [tag("inline-choice", inline(text), identifier=id) for id, text in texts]
            answer.element = tag(
                "inline-choice-interaction", *lines, response_identifier=answer.identifier, shuffle=shuffled
            )
            return
        lines = [tag("simple-choice", text, identifier=id) for id, text in texts]
        answer.element = tag(
            "choice-interaction",
            *lines,
            response_identifier=answer.identifier,
            shuffle=shuffled,
            max_choices=int(single),
        )

    def _scored(self, answer: Answer, ids: Sequence[str], right: Sequence[str], shares: Mapping[str, float] | None,
                most: float, *, single: bool) -> None:  # fmt: skip
        answer.cardinality = "single" if single else "multiple"
        if shares is None:
            self.declare(answer, "identifier", correct(right))
            answer.template = "match_correct" if most == 1 else ""
            answer.scoring = chain([(is_correct(answer.identifier), add_score(base_value(points(most), "float")))])
            return
        entries = [(id, shares[id] * most) for id in ids if shares[id]]
        self.declare(answer, "identifier", correct(right), mapping(entries, bounds=(0.0, most)))
        answer.template = "map_response"
        answer.scoring = add_score(map_response(answer.identifier))

    def typed(self, answer: Answer, accepted: Sequence[Accepted], rule: ScoreRule, most: float) -> Answer:
        answer.element = tag("text-entry-interaction", response_identifier=answer.identifier)
        plain = rule.name is not RuleName.WORDS
        any_share = max((it.share for it in accepted if it.text == "*" and not plain), default=0.0)
        kept = [it for it in accepted if it.share > any_share and (plain or not _WILDCARD.search(it.text))]
        if len(kept) + bool(any_share) < len(accepted):
            self.losses.note("answer_lost", "Answers with wildcards, and answers that earn nothing, were left out.")
        if not kept and not any_share:
            raise CannotSay("no answer is left")
        texts = [(legal(it.text if plain else it.text.replace("\\*", "*")).strip(), it) for it in kept]
        inner = mapping(
            [(text, it.share * most) for text, it in texts],
            default=any_share * most,
            case_sensitive=rule.case_sensitive,
        )
        best = [text for text, it in texts if it.share == 1][:1]
        self.declare(answer, "string", correct(best), inner)
        answer.template, answer.scoring = "map_response", add_score(map_response(answer.identifier))
        cased = str(rule.case_sensitive).lower()
        self._replies(
            answer,
            [
                (tag("string-match", variable(answer.identifier), base_value(text, "string"), case_sensitive=cased), it)
                for text, it in texts
            ],
        )
        return answer

    def truth(self, answer: Answer, content: Content) -> Answer:
        """The choices are called `true` and `false`, by which the question is known again."""
        by_id = {option.id: option for option in content.options}
        texts = [(id, by_id[id].text if id in by_id else word) for id, word in (("true", "True"), ("false", "False"))]
        self._named(answer, texts, single=True, shuffle=content.shuffle, in_text=False)
        self._scored(answer, ["true", "false"], content.key, None, content.max_score, single=True)
        answer.said = {id: self.block(it.feedback) for id, it in by_id.items() if it.feedback}
        if answer.said:
            answer.replies = set_outcome("FEEDBACK_RESPONSE", variable("RESPONSE"))
        return answer

    def _replies(self, answer: Answer, conditions: Iterable[tuple[str, Accepted]]) -> None:
        branches = []
        for number, (condition, accepted) in enumerate(conditions, 1):
            if accepted.feedback:
                name = f"answer{number}"
                answer.said[name] = self.block(accepted.feedback)
                outcome = set_outcome(f"FEEDBACK_{answer.identifier}", base_value(name, "identifier"))
                branches.append((condition, outcome))
        answer.replies = chain(branches)

    def number(self, answer: Answer, accepted: Sequence[Accepted], rule: ScoreRule, most: float) -> Answer:
        answer.element = tag("text-entry-interaction", response_identifier=answer.identifier)
        earning = [it for it in accepted if it.share > 0]
        if len(earning) < len(accepted):
            self.losses.note("answer_lost", "Answers with wildcards, and answers that earn nothing, were left out.")
        written = [found for it in earning if (found := _as_decimal(it, self.losses)) is not None]
        if not written:
            raise CannotSay("no answer is left")
        ordered = sorted(written, key=lambda it: -it.share)
        named = [it.text for it in ordered if it.text != "*"][:1]
        self.declare(answer, "float", correct(named))
        conditions = [(self._is_near(answer, it, relative=rule.relative), it) for it in ordered]
        answer.scoring = chain(
            (condition, add_score(base_value(points(it.share * most), "float"))) for condition, it in conditions
        )
        self._replies(answer, conditions)
        return answer

    def _is_near(self, answer: Answer, it: Accepted, *, relative: bool) -> str:
        given = variable(answer.identifier)
        if it.text == "*":
            return tag("not", tag("is-null", given))
        width = float(it.tolerance or "0") * (100 if relative else 1)
        mode = "exact" if width == 0 else "relative" if relative else "absolute"
        tolerance = None if width == 0 else f"{points(width)} {points(width)}"
        return tag("equal", base_value(it.text, "float"), given, tolerance_mode=mode, tolerance=tolerance)

    def gap(self, gap: Gap, number: int, most: float) -> Answer:
        answer = Answer(f"RESPONSE{number}")
        if gap.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
            single = gap.kind is Kind.SINGLE_CHOICE
            return self.choice(
                answer, gap.options, gap.key, gap.rule, single=single, most=most, shuffle=gap.shuffle, in_text=True
            )
        if gap.kind is Kind.NUMERIC:
            return self.number(answer, gap.accepted, gap.rule, most)
        return self.typed(answer, gap.accepted, gap.rule, most)

    def matching(self, content: Content) -> Answer:
        answer = Answer("RESPONSE", cardinality="multiple")
        lefts = {item.id: f"i{n}" for n, item in enumerate(content.items, 1)}
        rights = {option.id: option_id(n) for n, option in enumerate(content.options)}
        pairs = [f"{lefts[item]} {rights[option]}" for item, option in content.pairs.items()]
        if content.rule.name is RuleName.EXACT:
            self.declare(answer, "directedPair", correct(pairs))
            answer.template = "match_correct" if content.max_score == 1 else ""
            worth = base_value(points(content.max_score), "float")
            answer.scoring = chain([(is_correct("RESPONSE"), add_score(worth))])
        else:
            part = content.max_score / max(len(pairs), 1)
            self.declare(answer, "directedPair", correct(pairs), mapping([(pair, part) for pair in pairs]))
            answer.template, answer.scoring = "map_response", add_score(map_response("RESPONSE"))
        answer.element = tag(
            "match-interaction",
            self._side(content.items, lefts, 1),
            self._side(content.options, rights, len(lefts)),
            response_identifier="RESPONSE",
            shuffle=str(content.shuffle).lower(),
            max_associations=len(lefts),
        )
        return answer

    def _side(self, options: Sequence[Option], ids: Mapping[str, str], most: int) -> str:
        lines = (
            tag("simple-associable-choice", self.block(it.text), identifier=ids[it.id], match_max=most)
            for it in options
        )
        return tag("simple-match-set", *lines)

    def ordering(self, content: Content) -> Answer:
        answer = Answer("RESPONSE", cardinality="ordered")
        ids = {item.id: option_id(n) for n, item in enumerate(content.items)}
        order = [ids[id] for id in content.key]
        self.declare(answer, "identifier", correct(order))
        if content.rule.name is RuleName.EXACT:
            answer.template = "match_correct" if content.max_score == 1 else ""
            worth = base_value(points(content.max_score), "float")
            answer.scoring = chain([(is_correct("RESPONSE"), add_score(worth))])
        else:
            part = base_value(points(content.max_score / max(len(order), 1)), "float")
            places = (
                tag("match", tag("index", variable("RESPONSE"), n=n), base_value(id, "identifier"))
                for n, id in enumerate(order, 1)
            )
            answer.scoring = "".join(chain([(place, add_score(part))]) for place in places)
        lines = (tag("simple-choice", self.block(it.text), identifier=ids[it.id]) for it in content.items)
        answer.element = tag(
            "order-interaction", *lines, response_identifier="RESPONSE", shuffle=str(content.shuffle).lower()
        )
        return answer


def _as_decimal(accepted: Accepted, losses: Losses) -> Accepted | None:
    """The answer with its numbers as XML writes them; None for one that is no decimal, such as 1/3."""
    if accepted.text.strip() == "*":
        return replace(accepted, text="*", tolerance="0")
    value, tolerance = exact_decimal(accepted.text), exact_decimal(accepted.tolerance or "0")
    if value is None or tolerance is None:
        losses.note("bad_number", "The answer '{text}' is not a number and was left out.", text=accepted.text[:40])
        return None
    return replace(accepted, text=value, tolerance=tolerance.lstrip("-"))


def _shares(ids: Mapping[str, str], key: Sequence[str], rule: ScoreRule, *,
            single: bool) -> tuple[list[str], Mapping[str, float] | None]:  # fmt: skip
    """The right options, and what each option earns where that is not all or nothing."""
    right = [ids[id] for id in key if id in ids]
    if rule.name is RuleName.WEIGHTED_OPTIONS:
        shares = {new: rule.weights.get(old, 0.0) for old, new in ids.items()}
        if single:
            shares = {id: max(0.0, share) for id, share in shares.items()}
        best = max(shares.values(), default=0.0)
        right = [id for id, share in shares.items() if (share == best if single else share > 0)]
        return right[: 1 if single else None], shares
    if not single and rule.name in {RuleName.PER_ELEMENT, RuleName.POSITIONS}:
        part = 1 / max(len(right), 1)
        return right, {id: part if id in right else -part for id in ids.values()}
    return right, None
