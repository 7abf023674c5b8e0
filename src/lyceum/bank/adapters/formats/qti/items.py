"""One item on its way to a draft."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from lyceum.bank.adapters.formats import building
from lyceum.bank.adapters.formats.building import Answer, Choice, GapParts, Raw, without_placeholders
from lyceum.bank.adapters.formats.drafting import Defaults, language_of, make_draft, read_labels
from lyceum.bank.adapters.formats.numbers import snapped
from lyceum.bank.adapters.formats.qti import scoring
from lyceum.bank.adapters.formats.qti.body import MARK, MARKS, PLAYABLE, Body, Interaction, Texts, tidied
from lyceum.bank.adapters.formats.qti.feedback import Feedbacks, gathered
from lyceum.bank.adapters.formats.qti.interpreter import Program, Unsupported, number_of
from lyceum.bank.adapters.formats.qti.media import ItemMedia
from lyceum.bank.adapters.formats.qti.names import attribute, children, first
from lyceum.bank.adapters.formats.qti.package import Entry, Folder
from lyceum.bank.adapters.formats.qti.processing import program_of
from lyceum.bank.adapters.formats.qti.scoring import NoEqual, Scored
from lyceum.bank.adapters.formats.qti.values import BadValue, Value
from lyceum.bank.adapters.formats.reasons import Losses, Refuse, rejected
from lyceum.bank.adapters.formats.texts import EMPTY, Text
from lyceum.bank.domain.content import Content, Criterion, Kind, RuleName, ScoreRule, TextFormat
from lyceum.bank.domain.drafts import Draft, Rejected

MOST_POINTS = 100
_REMARKS = frozenset({"fractions_sum", "file_renamed", "tag_not_understood"})
"""What is told of an item though nothing of it is lost."""
_LANGUAGES = frozenset({"ru", "en"})
_TAG = re.compile(r"<[^<>]*>")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_GAPS = frozenset({"choice-interaction", "inline-choice-interaction", "text-entry-interaction"})


def draft_of(item: etree._Element, entry: Entry, folder: Folder, place: str, defaults: Defaults) -> Draft | Rejected:
    """What an item asks. Its XML is kept beside the question when anything of it is lost."""
    title = " ".join(attribute(item, "title").split())
    losses = Losses()
    media = ItemMedia(folder, losses)
    labels = read_labels(entry.labels, losses)
    spoken = (item.get(_XML_LANG) or "").partition("-")[0].lower()
    labels.language = labels.language or (spoken if spoken in _LANGUAGES else None)
    try:
        _require_constant(item)
        content = _Reading(item, losses, media, language_of(labels, defaults)).content()
        media.add(entry.files)
    except Refuse as error:
        return rejected(error, place=place, title=title)
    lost = any(loss.code not in _REMARKS for loss in losses)
    return make_draft(
        content,
        labels,
        defaults,
        place=place,
        losses=losses,
        title=title,
        external_id=entry.external_id,
        topics=entry.topics,
        media=media.with_source(etree.tostring(item, encoding="utf-8")) if lost else media.media,
    )


def _require_constant(item: etree._Element) -> None:
    if attribute(item, "adaptive") == "true":
        raise Refuse("adaptive_item", "The item is adaptive: it changes while it is answered.")
    if first(item, "template-processing") is not None or first(item, "template-declaration") is not None:
        raise Refuse("template_item", "The item draws its values by rules of its own (template processing).")


@dataclass(slots=True)
class _Reading:
    item: etree._Element
    losses: Losses
    media: ItemMedia
    language: str
    body: Body = field(init=False)
    program: Program = field(init=False)

    def content(self) -> Content:
        texts = Texts(self.media.link, self.losses)
        self.body = texts.read(first(self.item, "item-body"))
        self.body.feedback += [texts.feedback(modal) for modal in children(self.item, "modal-feedback")]
        if first(self.item, "stylesheet") is not None:
            self.losses.note("stylesheet_lost", "The stylesheet of the item is not kept.")
        try:
            self.program = program_of(self.item)
        except (BadValue, RecursionError) as error:
            raise Refuse("bad_item", "The item contradicts itself: {why}.", why=error) from error
        raw = Raw(stem=_html(""), hint=_html(self.body.hint), language=self.language, losses=self.losses)
        strange = self._not_playable()
        if strange:
            self.losses.note(
                "not_playable", "'{kind}' cannot be played here; its text is kept, and its source.", kind=strange
            )
            raw.stem = self._bare_stem()
            return building.description(raw)
        if not self.body.interactions:
            raw.stem, raw.explanation = self._bare_stem(), _joined(it.text for it in self.body.feedback)
            return building.description(raw)
        try:
            return self._answered(raw)
        except (NoEqual, Unsupported) as error:
            self.losses.note(
                "manual_grading", "The item is scored in a way of its own ({why}); a person grades it.", why=error
            )
            return self._by_people(raw)

    def _not_playable(self) -> str:
        if self.body.strange:
            return self.body.strange
        return next((it.name for it in self.body.interactions if it.name not in PLAYABLE), "")

    def _answered(self, raw: Raw) -> Content:
        found = self.body.interactions
        if all(it.name == "extended-text-interaction" for it in found):
            return self._essay(raw)
        if len(found) > 1 or self._is_inside():
            return self._cloze(raw)
        raw.stem = self._bare_stem()
        raw.shuffle = found[0].shuffle if found[0].sets else True
        return _BUILDERS[found[0].name](self, raw, scoring.scored(self.program, found[0], {}))

    def _is_inside(self) -> bool:
        """Whether the one interaction is a gap of its text, rather than what follows it."""
        only = self.body.interactions[0]
        if only.name == "inline-choice-interaction" or self.body.is_cloze:
            return True
        after = self.body.stem.partition(MARK.format(0))[2]
        return only.name == "text-entry-interaction" and bool(_TAG.sub("", after).strip())

    def _bare_stem(self) -> Text:
        """The text without its interactions, and then what they ask."""
        stem = tidied(MARKS.sub("", self.body.stem))
        prompts = [it.prompt for it in self.body.interactions if it.prompt]
        if stem or len(prompts) > 1:
            stem += "".join(f"<p>{prompt}</p>" for prompt in prompts)
        return _html(stem or "".join(prompts))

    def _feedback(self, right: Mapping[str, Value | None], wrong: Sequence[Mapping[str, Value | None]], raw: Raw,
                  *, told_apart: bool) -> Feedbacks:  # fmt: skip
        found, explained = gathered(self.program, self.body.feedback, right, wrong, self.losses, told_apart=told_apart)
        raw.explanation = _joined(explained)
        return found

    def _worth(self, raw: Raw, best: float) -> None:
        raw.max_score = round(best, 9)
        if raw.max_score > MOST_POINTS:
            self.losses.note(
                "score_rescaled",
                "The item is worth {points} points; {most} are the most.",
                points=f"{best:g}",
                most=MOST_POINTS,
            )
            raw.max_score = float(MOST_POINTS)

    def choice(self, raw: Raw, it: Scored) -> Content:
        single = it.interaction.most == 1
        found = scoring.single(it) if single else scoring.multiple(it)
        ids = [choice.identifier for choice in it.interaction.choices]
        if not single and 0 < it.interaction.most < len(ids) and not found.exact:
            self.losses.note(
                "choice_limit_lost", "That at most {most} may be chosen is not kept.", most=it.interaction.most
            )
        self._worth(raw, found.best)
        key = it.response.identifier
        right = {key: it.response.value(*found.key)}
        said = self._feedback(right, [{key: it.response.value(id)} for id in ids], raw, told_apart=True)
        choices = self._choices(it, found.shares, said)
        if single and sorted(ids) == ["false", "true"] and found.exact is False and len(found.key) == 1:
            by_id = dict(zip(ids, choices, strict=True))
            return building.true_false(
                raw, truth=found.key == ("true",), when_true=by_id["true"], when_false=by_id["false"]
            )
        return building.choice(raw, choices, single=single, exact=found.exact)

    def _choices(self, it: Scored, shares: Mapping[str, float], said: Feedbacks) -> list[Choice]:
        if any(share < 0 for share in shares.values()) and it.interaction.most == 1:
            self.losses.note("negative_share", "A wrong answer cannot earn less than nothing; it earns nothing.")
        key = it.response.identifier
        return [
            Choice(
                text=_html(choice.text),
                share=max(-1.0, min(1.0, snapped(shares[choice.identifier]))),
                feedback=_joined(said.to({key: it.response.value(choice.identifier)}, choice.feedback)),
            )
            for choice in it.interaction.choices
        ]

    def typed(self, raw: Raw, it: Scored) -> Content:
        found = scoring.typed(it, self.program)
        self._worth(raw, found.best)
        key = it.response.identifier
        values = self._values(it, found)
        said = self._feedback({key: values[0]}, [{}], raw, told_apart=True)
        answers = [
            replace(answer, feedback=_joined(said.to({key: value})))
            for answer, value in zip(found.answers, values, strict=True)
        ]
        if found.numeric:
            return building.numeric(raw, answers, relative=found.relative)
        return building.short_text(raw, answers, case_sensitive=found.case_sensitive)

    def _values(self, it: Scored, found: scoring.TypedScore) -> list[Value]:
        texts = (answer.text for answer in found.answers)
        return [it.response.value(scoring.meant(text, numeric=found.numeric)) for text in texts]

    def ordering(self, raw: Raw, it: Scored) -> Content:
        found = scoring.ordering(it)
        self._worth(raw, found.best)
        self._feedback({it.response.identifier: it.response.value(*found.order)}, [{}], raw, told_apart=False)
        texts = {choice.identifier: _html(choice.text) for choice in it.interaction.choices}
        return building.ordering(raw, [texts[id] for id in found.order], found.rule)

    def matching(self, raw: Raw, it: Scored) -> Content:
        found = scoring.matching(it)
        self._worth(raw, found.best)
        self._feedback({it.response.identifier: it.response.correct}, [{}], raw, told_apart=False)
        items, options = reversed(it.interaction.sets) if found.turned else it.interaction.sets
        texts = {choice.identifier: _html(choice.text) for choice in options}
        if any(choice.identifier not in found.pairs for choice in items):
            self.losses.note("unpaired_item_lost", "An item without a partner was left out.")
        pairs = [(_html(it.text), texts[found.pairs[it.identifier]]) for it in items if it.identifier in found.pairs]
        pairs += [(EMPTY, text) for id, text in texts.items() if id not in found.pairs.values()]
        content = building.matching(raw, pairs)
        return replace(content, rule=ScoreRule(name=found.rule))

    def _essay(self, raw: Raw) -> Content:
        if len(self.body.interactions) > 1:
            self.losses.note("answers_merged", "Several long answers became one.")
        raw.stem = self._bare_stem()
        self._worth(raw, self._maximum())
        self._feedback({}, [{}], raw, told_apart=False)
        return self._graded(raw)

    def _graded(self, raw: Raw) -> Content:
        """An essay with the criteria that the item names, or with one for all that graders are told."""
        content = building.essay(raw, _joined(self.body.scorers))
        named = [it for it in self.program.outcomes.values() if it.by_people and it.identifier in self.body.criteria]
        criteria = tuple(
            Criterion(
                id=it.identifier,
                title=it.title or it.identifier,
                max=it.maximum or 1.0,
                description=self.body.criteria[it.identifier],
            )
            for it in named
        )
        rule = ScoreRule(name=RuleName.CRITERIA, criteria=criteria)
        return replace(content, rule=rule) if criteria else content

    def _maximum(self) -> float:
        """What the item says it is worth; 1 when it does not."""
        score, most = self.program.outcomes["SCORE"], self.program.outcomes.get("MAXSCORE")
        return score.maximum or number_of(most.default if most else None) or 1.0

    def _by_people(self, raw: Raw) -> Content:
        sides = (side for it in self.body.interactions for side in it.sets)
        lists = ("<ul>" + "".join(f"<li>{choice.text}</li>" for choice in side) + "</ul>" for side in sides)
        raw.stem = _html(self._bare_stem().text + "".join(lists))
        raw.explanation, raw.shuffle = EMPTY, True
        self._worth(raw, self._maximum())
        return self._graded(raw)

    def _cloze(self, raw: Raw) -> Content:
        found = self.body.interactions
        if any(it.name not in _GAPS for it in found):
            raise NoEqual(f"{found[0].name} beside another interaction")
        alone = [scoring.scored(self.program, it, {}) for it in found]
        right = {it.response.identifier: scoring.ideal(it) for it in alone}
        whole = self.program.score(right) - self.program.score({})
        apart = sum(it.earns(right[it.response.identifier]) for it in alone)
        together = abs(apart - whole) > 1e-6
        if together:
            alone = [scoring.scored(self.program, it, _without(right, it)) for it in found]
        said = self._feedback(right, [{}], raw, told_apart=True)
        gaps = [self._gap(it, said) for it in alone]
        if together:
            gaps = [replace(gap, weight=1.0) for gap in gaps]
        raw.stem = _html(self._stem_with_gaps())
        content = building.cloze(raw, gaps)
        self._worth(raw, whole if together else content.max_score)
        rule = ScoreRule(name=RuleName.EXACT) if together else content.rule
        return replace(content, rule=rule, max_score=raw.max_score)

    def _stem_with_gaps(self) -> str:
        parts: list[str] = []
        at = 0
        for mark in MARKS.finditer(self.body.stem):
            number = int(mark[1])
            prompt = self.body.interactions[number].prompt
            parts += [without_placeholders(self.body.stem[at : mark.start()], self.losses), prompt and f"{prompt} "]
            parts.append(f"[[{number + 1}]]")
            at = mark.end()
        parts.append(without_placeholders(self.body.stem[at:], self.losses))
        return "".join(parts)

    def _gap(self, it: Scored, said: Feedbacks) -> GapParts:
        shuffle = it.interaction.shuffle
        if it.interaction.name == "text-entry-interaction":
            typed = scoring.typed(it, self.program)
            key, values = it.response.identifier, self._values(it, typed)
            answers = (
                Answer(text=a.text, share=a.share, tolerance=a.tolerance, feedback=_joined(said.to({key: value})))
                for a, value in zip(typed.answers, values, strict=True)
            )
            kind = Kind.NUMERIC if typed.numeric else Kind.SHORT_TEXT
            return GapParts(
                kind=kind,
                weight=round(typed.best, 9),
                answers=tuple(answers),
                case_sensitive=typed.case_sensitive,
                relative=typed.relative,
            )
        single = it.interaction.name == "inline-choice-interaction" or it.interaction.most == 1
        found = scoring.single(it) if single else scoring.multiple(it)
        kind = Kind.SINGLE_CHOICE if single else Kind.MULTIPLE_CHOICE
        choices = tuple(self._choices(it, found.shares, said))
        return GapParts(kind=kind, weight=round(found.best, 9), choices=choices, exact=found.exact, shuffle=shuffle)


def _without(given: Mapping[str, Value | None], interaction: Interaction) -> dict[str, Value | None]:
    return {name: value for name, value in given.items() if name != interaction.response}


def _html(text: str) -> Text:
    return Text(text, TextFormat.HTML)


def _joined(texts: Iterable[str]) -> Text:
    return _html("<hr>".join(dict.fromkeys(text for text in texts if text)))


_BUILDERS: Mapping[str, Callable[[_Reading, Raw, Scored], Content]] = {
    "choice-interaction": _Reading.choice,
    "text-entry-interaction": _Reading.typed,
    "order-interaction": _Reading.ordering,
    "match-interaction": _Reading.matching,
}
