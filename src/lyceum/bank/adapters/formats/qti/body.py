"""The body of an item: its text as HTML of ours, with marks where its interactions stand, and what else it says."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from lyceum.bank.adapters.formats.qti.names import attribute, children, first, name
from lyceum.bank.adapters.formats.reasons import Losses

PLAYABLE = frozenset(
    {
        "choice-interaction",
        "inline-choice-interaction",
        "text-entry-interaction",
        "extended-text-interaction",
        "order-interaction",
        "match-interaction",
    }
)
MARK = "\ufdd0{}\ufdd1"
MARKS = re.compile("\ufdd0(\\d+)\ufdd1")

_FENCES = re.compile("[\ufdd0\ufdd1]")
_EMPTY = re.compile(r"<(p|div|span)>\s*</\1>")
_VOID = frozenset({"img", "br", "hr", "col", "source", "wbr"})
_KEPT = frozenset(
    {"src", "alt", "href", "width", "height", "colspan", "rowspan", "align", "valign", "title", "lang", "dir", "start",
     "type", "value", "span", "scope", "headers", "border", "controls", "datetime", "reversed"}
)  # fmt: skip
_LINKS = {"img": "src", "audio": "src", "video": "src", "source": "src", "track": "src", "a": "href"}
_SILENT = frozenset({"stylesheet", "template-block", "template-inline", "catalog-info", "style", "script", "title"})
_FEEDBACK = frozenset({"feedback-inline", "feedback-block", "modal-feedback"})
_MATHML = "http://www.w3.org/1998/Math/MathML"
_FAR = ("http:", "https:", "mailto:", "attachment:", "#")


@dataclass(frozen=True, slots=True)
class Feedback:
    """A text that is shown when an outcome has (`shows`) or has not the value `identifier`."""

    outcome: str
    identifier: str
    shows: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    identifier: str
    text: str
    feedback: tuple[Feedback, ...] = ()
    most: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A place where something is answered. `sets` has one list of choices, or the two sides of a matching."""

    name: str
    response: str
    sets: tuple[tuple[Choice, ...], ...] = ()
    shuffle: bool = False
    most: int = 1
    prompt: str = ""

    @property
    def choices(self) -> tuple[Choice, ...]:
        return self.sets[0] if self.sets else ()


@dataclass(slots=True)
class Body:
    """What an item shows. `stem` holds `MARK`s, one for each interaction, whose number is its place in the list.

    `scorers` is what graders are told, `hint` what a tutor may say.
    """

    stem: str = ""
    interactions: list[Interaction] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    scorers: list[str] = field(default_factory=list)
    criteria: dict[str, str] = field(default_factory=dict)
    hint: str = ""
    is_cloze: bool = False
    strange: str = ""


class Texts:
    """Makes HTML of elements; `link` says by which address of ours a file of the package is known."""

    def __init__(self, link: Callable[[str], str], losses: Losses) -> None:
        self._link = link
        self._losses = losses
        self.body = Body()
        self._choice_feedback: list[Feedback] | None = None

    def read(self, element: etree._Element | None) -> Body:
        if element is None:
            return self.body
        blocks = [child for child in children(element) if name(child) not in {"rubric-block", *PLAYABLE}]
        for child in children(element):
            if "cloze" in attribute(child, "class").split():
                self.body.is_cloze = True
        wrapper = blocks[0] if len(blocks) == 1 and name(blocks[0]) == "div" else None
        self.body.stem = tidied(self.inner(element, wrapper))
        return self.body

    def inner(self, element: etree._Element, wrapper: etree._Element | None = None) -> str:
        """What an element holds, as HTML; of a `wrapper` among its children only what that holds."""
        parts = [_escaped(element.text)]
        for child in element:
            parts += [self.inner(child) if child is wrapper else self._element(child), _escaped(child.tail)]
        return "".join(parts)

    def content(self, element: etree._Element) -> str:
        """What an element holds; when that is one block, what the block holds."""
        alone = len(element) == 1 and not (element.text or "").strip() and not (element[0].tail or "").strip()
        wrapper = element[0] if alone and name(element[0]) in {"div", "p"} else None
        return tidied(self.inner(element, wrapper))

    def _element(self, element: etree._Element) -> str:
        tag = name(element)
        if tag.endswith("-interaction"):
            return self._interaction(element, tag)
        if tag in _FEEDBACK:
            return self._keep_feedback(element)
        if tag == "rubric-block":
            return self._rubric(element)
        if tag in {"printed-variable", "template-block", "template-inline"}:
            self.body.strange = tag
            return ""
        if tag in _SILENT:
            if tag == "stylesheet":
                self._losses.note("stylesheet_lost", "The stylesheet of the item is not kept.")
            return ""
        if tag == "object":
            return self._object(element)
        if _MATHML in str(element.tag):
            return self._plain(element, str(etree.QName(element).localname))
        if str(etree.QName(element).localname).startswith("qti-") or "-" in tag:
            return self.inner(element)
        return self._plain(element, tag)

    def _plain(self, element: etree._Element, tag: str) -> str:
        said = {str(key): str(value) for key, value in element.attrib.items()}
        if _LINKS.get(tag) in said:
            said[_LINKS[tag]] = self._address(said[_LINKS[tag]])
        math = _MATHML in str(element.tag)
        kept = "".join(
            f' {key}="{html.escape(value)}"' for key, value in said.items() if key in _KEPT or (math and key.isalpha())
        )
        inner = self.inner(element)
        return f"<{tag}{kept}>" if tag in _VOID else f"<{tag}{kept}>{inner}</{tag}>"

    def _address(self, written: str) -> str:
        return written if written.lower().startswith(_FAR) else self._link(written)

    def _object(self, element: etree._Element) -> str:
        """The general container of 2.x, as the element that is meant."""
        data, kind = attribute(element, "data"), attribute(element, "type").lower()
        if not data:
            return self.inner(element)
        address, said = html.escape(self._address(data)), "".join(str(part) for part in element.itertext()).strip()
        sizes = "".join(
            f' {key}="{html.escape(value)}"' for key in ("width", "height") if (value := attribute(element, key))
        )
        if kind.startswith("image/"):
            return f'<img src="{address}" alt="{html.escape(said)}"{sizes}>'
        if kind.startswith(("audio/", "video/")):
            tag = kind[:5]
            return f'<{tag} src="{address}" controls=""></{tag}>'
        return f'<a href="{address}">{html.escape(said or data, quote=False)}</a>'

    def _keep_feedback(self, element: etree._Element) -> str:
        found = self.feedback(element)
        (self.body.feedback if self._choice_feedback is None else self._choice_feedback).append(found)
        return ""

    def feedback(self, element: etree._Element) -> Feedback:
        return Feedback(
            attribute(element, "outcome-identifier"),
            attribute(element, "identifier"),
            attribute(element, "show-hide", "show") != "hide",
            self.content(_content(element)),
        )

    def _rubric(self, element: etree._Element) -> str:
        views = set(attribute(element, "view", "candidate").split())
        use = attribute(element, "use")
        text = self.content(_content(element))
        if use == "ext:hint":
            self.body.hint = text
        elif use == "scoring" and attribute(element, "id"):
            self.body.criteria[attribute(element, "id")] = text
        elif "candidate" in views:
            return f"<div>{text}</div>"
        elif "scorer" in views:
            self.body.scorers.append(text)
        elif text:
            self._losses.note("rubric_lost", "A note for {readers} is not kept.", readers=", ".join(sorted(views))[:80])
        return ""

    def _interaction(self, element: etree._Element, tag: str) -> str:
        prompt = first(element, "prompt")
        asked = "" if prompt is None else tidied(self.inner(prompt))
        sets = tuple(self._choices(holder, tag) for holder in _holders(element, tag))
        most = attribute(element, "max-choices", "1" if tag == "choice-interaction" else "0")
        found = Interaction(
            name=tag,
            response=attribute(element, "response-identifier"),
            sets=sets,
            shuffle=attribute(element, "shuffle", "false") == "true",
            most=int(most) if most.isdigit() and len(most) < 6 else 1,
            prompt=asked,
        )
        self.body.interactions.append(found)
        return MARK.format(len(self.body.interactions) - 1)

    def _choices(self, holder: etree._Element, tag: str) -> tuple[Choice, ...]:
        wanted = {
            "choice-interaction": "simple-choice",
            "order-interaction": "simple-choice",
            "inline-choice-interaction": "inline-choice",
            "match-interaction": "simple-associable-choice",
        }.get(tag, "")
        return tuple(self._choice(child) for child in children(holder, wanted))

    def _choice(self, element: etree._Element) -> Choice:
        outer, self._choice_feedback = self._choice_feedback, []
        text = self.content(element)
        feedback, self._choice_feedback = tuple(self._choice_feedback), outer
        if attribute(element, "fixed") == "true":
            self._losses.note(
                "fixed_choice_lost", "A choice that keeps its place among shuffled ones is shuffled, too."
            )
        most = attribute(element, "match-max", "1")
        identifier = attribute(element, "identifier")
        return Choice(identifier=identifier, text=text, feedback=feedback, most=int(most) if most.isdigit() else 1)


def _holders(element: etree._Element, tag: str) -> list[etree._Element]:
    return [*children(element, "simple-match-set")] if tag == "match-interaction" else [element]


def _content(element: etree._Element) -> etree._Element:
    """Version 3.0 puts the content of feedback and rubrics into an element of its own."""
    found = first(element, "content-body")
    return element if found is None else found


def _escaped(text: str | None) -> str:
    return html.escape(_FENCES.sub("", text), quote=False) if text else ""


def tidied(text: str) -> str:
    """Without blocks that are left empty and without space at the ends."""
    for _ in range(4):
        shorter = _EMPTY.sub("", text)
        if shorter == text:
            break
        text = shorter
    return text.strip()
