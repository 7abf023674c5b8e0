"""One question written as an item of QTI 3.0."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from lyceum.bank.adapters.formats.cloze import PLACEHOLDER
from lyceum.bank.adapters.formats.qti.answers import Answer, CannotSay, Writing
from lyceum.bank.adapters.formats.qti.body import MARK, MARKS
from lyceum.bank.adapters.formats.qti.markup import TEMPLATES, base_value, points, tag, values
from lyceum.bank.adapters.formats.qti.xhtml import Link, legal, serialised, tree_of
from lyceum.bank.adapters.formats.reasons import Losses
from lyceum.bank.domain.content import Content, Criterion, Kind
from lyceum.bank.domain.drafts import Draft

NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
SCHEMA = "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd"
_LETTERS = "-_."


@dataclass(slots=True)
class ItemWriter:
    """`link` gives the address of a file of the question. Raise CannotSay for what QTI has no words for."""

    draft: Draft
    link: Link
    losses: Losses

    def item(self, identifier: str) -> str:
        content = self.draft.content
        if content.template is not None:
            raise CannotSay("its numbers change")
        writing = Writing(content.stem_format, self.link, self.losses)
        answers, body = self._cloze(writing) if content.kind is Kind.CLOZE else self._plain(writing)
        rest = [
            *(answer.declaration for answer in answers),
            *self._outcomes(answers),
            tag("item-body", body, self._rubrics(writing)),
            _processing(answers),
            *self._feedback(writing, answers),
        ]
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<qti-assessment-item xmlns="{NAMESPACE}" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="{NAMESPACE} {SCHEMA}" identifier={quoteattr(identifier)} '
            f'title={quoteattr(legal(self.draft.title))} xml:lang={quoteattr(content.language)} adaptive="false" '
            f'time-dependent="false">{"".join(rest)}</qti-assessment-item>\n'
        )

    def _plain(self, writing: Writing) -> tuple[list[Answer], str]:
        content = self.draft.content
        stem = serialised(tree_of(content.stem, content.stem_format, self.link))
        answer = self._answer(writing, content)
        answers = [answer] if answer else []
        return answers, stem + "".join(answer.element for answer in answers)

    def _answer(self, writing: Writing, content: Content) -> Answer | None:
        answer, most = Answer("RESPONSE"), content.max_score
        match content.kind:
            case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
                single = content.kind is Kind.SINGLE_CHOICE
                return writing.choice(
                    answer,
                    content.options,
                    content.key,
                    content.rule,
                    single=single,
                    most=most,
                    shuffle=content.shuffle,
                )
            case Kind.TRUE_FALSE:
                return writing.truth(answer, content)
            case Kind.SHORT_TEXT:
                return _after(writing.typed(answer, content.accepted, content.rule, most))
            case Kind.NUMERIC:
                return _after(writing.number(answer, content.accepted, content.rule, most))
            case Kind.MATCHING:
                return writing.matching(content)
            case Kind.ORDERING:
                return writing.ordering(content)
            case Kind.ESSAY:
                writing.declare(answer, "string")
                answer.element = tag("extended-text-interaction", response_identifier="RESPONSE")
                return answer
            case _:
                return None

    def _cloze(self, writing: Writing) -> tuple[list[Answer], str]:
        """The gaps go into the text where it names them; other double brackets are put apart."""
        content = self.draft.content
        gaps = {gap.id: gap for gap in content.gaps}
        order: list[str] = []
        root = tree_of(content.stem, content.stem_format, self.link)

        def marked(text: str | None) -> str | None:
            parts, at = [], 0
            for found in PLACEHOLDER.finditer(text or ""):
                id = found[1].strip()
                fresh = id in gaps and id not in order
                if fresh:
                    order.append(id)
                parts += [
                    (text or "")[at : found.start()],
                    MARK.format(len(order) - 1) if fresh else f"[ [{found[1]}]]",
                ]
                at = found.end()
            return "".join((*parts, (text or "")[at:])) or None

        for element in root.iter():
            element.text = marked(element.text)
            for child in element:
                child.tail = marked(child.tail)
        if not order:
            raise CannotSay("its text mentions no gap")
        total = sum(gaps[id].weight for id in order) or 1.0
        answers = [
            writing.gap(gaps[id], n, gaps[id].weight / total * content.max_score) for n, id in enumerate(order, 1)
        ]
        root.set("class", "cloze")
        return answers, MARKS.sub(lambda mark: answers[int(mark[1])].element, serialised(root))

    def _outcomes(self, answers: Sequence[Answer]) -> list[str]:
        content = self.draft.content
        most = points(content.max_score)
        score = tag("default-value", values(["0.0"]))
        found = [_outcome("SCORE", "float", score, normal_maximum=most)]
        found.append(_outcome("MAXSCORE", "float", tag("default-value", values([most]))))
        found += [
            _outcome(f"FEEDBACK_{answer.identifier}", "identifier", cardinality=answer.cardinality)
            for answer in answers
            if answer.said
        ]
        if content.explanation:
            found.append(_outcome("EXPLANATION", "identifier", tag("default-value", values(["shown"]))))
        for id, criterion in self._criteria():
            title = legal(criterion.title)
            said = {"external_scored": "human", "interpretation": title, "normal_maximum": points(criterion.max)}
            found.append(_outcome(id, "float", **said))
        return found

    def _criteria(self) -> list[tuple[str, Criterion]]:
        """The lines of a grader's sheet with identifiers; none when one line says it all."""
        content = self.draft.content
        criteria = content.rule.criteria if content.kind is Kind.ESSAY else ()
        if len(criteria) == 1 and criteria[0].title == "Total" and criteria[0].max == content.max_score:
            return []
        named = [it.id if _is_name(it.id) else f"C{n}" for n, it in enumerate(criteria, 1)]
        return list(zip(named, criteria, strict=True))

    def _rubrics(self, writing: Writing) -> str:
        content = self.draft.content
        parts = []
        if content.hint:
            parts.append(_rubric(writing.block(content.hint), view="tutor", use="ext:hint"))
        named = self._criteria()
        if content.kind is Kind.ESSAY and not named and content.rule.criteria and content.rule.criteria[0].description:
            parts.append(_rubric(writing.block(content.rule.criteria[0].description), view="scorer", use="scoring"))
        parts += [_rubric(writing.block(it.description), view="scorer", use="scoring", id=id) for id, it in named]
        return "".join(parts)

    def _feedback(self, writing: Writing, answers: Sequence[Answer]) -> list[str]:
        found = [
            _modal(f"FEEDBACK_{answer.identifier}", name, text)
            for answer in answers
            for name, text in answer.said.items()
        ]
        if self.draft.content.explanation:
            found.append(_modal("EXPLANATION", "shown", writing.block(self.draft.content.explanation)))
        return found


def _after(answer: Answer) -> Answer:
    answer.element = f"<div>{answer.element}</div>"
    return answer


def _outcome(identifier: str, base_type: str, *inner: str, cardinality: str = "single", **more: str) -> str:
    return tag(
        "outcome-declaration", *inner, identifier=identifier, cardinality=cardinality, base_type=base_type, **more
    )


def _processing(answers: Sequence[Answer]) -> str:
    rules = "".join(answer.scoring + answer.replies for answer in answers)
    if not rules:
        return ""
    alone = len(answers) == 1 and answers[0].identifier == "RESPONSE" and not answers[0].replies
    if alone and answers[0].template:
        return tag("response-processing", template=TEMPLATES + answers[0].template)
    return tag("response-processing", tag("set-outcome-value", base_value("0.0", "float"), identifier="SCORE"), rules)


def _rubric(text: str, **attributes: str) -> str:
    return tag("rubric-block", tag("content-body", text), **attributes)


def _modal(outcome: str, identifier: str, text: str) -> str:
    return tag(
        "modal-feedback",
        tag("content-body", text),
        outcome_identifier=outcome,
        identifier=identifier,
        show_hide="show",
    )


def _is_name(text: str) -> bool:
    """Whether a text may be an identifier in XML."""
    reserved = {"SCORE", "MAXSCORE", "EXPLANATION", "RESPONSE"}
    plain = all(char.isalnum() or char in _LETTERS for char in text)
    return bool(text) and text not in reserved and plain and (text[0].isalpha() or text[0] == "_")
