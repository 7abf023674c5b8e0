"""The form of a question that exists: what the editor's fields hold when it is opened."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from lyceum.bank.adapters.editor_form import ROWS, TEXTS, TICKS, EditorForm, Row
from lyceum.bank.adapters.views import QuestionView
from lyceum.bank.api import AttachmentView
from lyceum.bank.domain.content import Content, Gap, Kind, Template


def of_view(view: QuestionView, content: Content, external_id: str) -> EditorForm:
    """The form of a question that exists, for whoever may edit it."""
    form, files = of_content(content), files_of(view)
    return replace(
        form,
        texts={**form.texts, **_passport(view), "external_id": external_id},
        rows={**form.rows, "files": tuple({"name": file.name, "alt": file.alt} for file in files)},
        keep=frozenset(file.name for file in files),
    )


def of_content(content: Content) -> EditorForm:
    """What a question says and what counts as right, as the fields of the form."""
    options = _option_rows(content)
    lists = {
        "options": options,
        "items": _item_rows(content),
        "accepted": _accepted_rows(content),
        "criteria": _criteria_rows(content),
        **_gap_rows(content.gaps),
        **_template_rows(content.template),
    }
    return EditorForm(
        texts={**TEXTS, **_texts(content)},
        flags=_flags(content),
        rows={name: lists.get(name, ()) for name in ROWS},
        right=frozenset(row["token"] for row in options if row["id"] in content.key),
        ticks=_gap_ticks(content.gaps),
    )


def files_of(view: QuestionView) -> list[AttachmentView]:
    """All files of a question."""
    attached = view.attachments
    video = [attached.answer_video] if attached.answer_video else []
    return [*attached.photos, *attached.sounds, *attached.files, *video]


def _passport(view: QuestionView) -> dict[str, str]:
    return {
        "version": str(view.version),
        "subject": view.subject,
        "title": view.title,
        "exam": view.exam or "",
        "exam_task_number": str(view.exam_task_number or ""),
        "topics": "\n".join(view.topics),
        "difficulty": view.difficulty.value,
        "source": view.source,
        "licence": view.licence,
        "extra": _pretty(view.extra) if view.extra else "",
    }


def _texts(content: Content) -> dict[str, str]:
    rule = content.rule
    return {
        "kind": content.kind.value,
        "language": content.language,
        "stem_format": content.stem_format.value,
        "stem": content.stem,
        "explanation": content.explanation,
        "hint": content.hint,
        "max_score": _plain(content.max_score),
        "rule": rule.name.value,
        "points": " ".join(map(_plain, rule.points)),
        "precision": "" if rule.precision is None else str(rule.precision),
        "truth": content.key[0] if content.kind is Kind.TRUE_FALSE and content.key else "",
    }


def _flags(content: Content) -> frozenset[str]:
    rule = content.rule
    flags = {
        "shuffle": content.shuffle,
        "case_sensitive": rule.case_sensitive,
        "distinguish": not rule.fold_lookalikes,
        "relative": rule.relative,
    }
    return frozenset(name for name, is_on in flags.items() if is_on)


def _accepted_rows(content: Content) -> tuple[Row, ...]:
    return tuple(
        {
            "token": str(number),
            "text": it.text,
            "share": _plain(it.share),
            "tolerance": it.tolerance,
            "feedback": it.feedback,
        }
        for number, it in enumerate(content.accepted)
    )


def _criteria_rows(content: Content) -> tuple[Row, ...]:
    return tuple(
        {"token": str(number), "id": it.id, "title": it.title, "max": _plain(it.max), "description": it.description}
        for number, it in enumerate(content.rule.criteria)
    )


def _option_rows(content: Content) -> tuple[Row, ...]:
    """Choices; of a matching only those that are no item's right answer, which stand beside the items."""
    paired = set(content.pairs.values()) if content.kind is Kind.MATCHING else set()
    weights = content.rule.weights
    return tuple(
        {
            "token": str(number),
            "id": option.id,
            "text": option.text,
            "feedback": option.feedback,
            "weight": _plain(weights[option.id]) if option.id in weights else "",
        }
        for number, option in enumerate(option for option in content.options if option.id not in paired)
    )


def _item_rows(content: Content) -> tuple[Row, ...]:
    by_id = {item.id: item for item in content.items}
    items = [by_id[id] for id in content.key] if content.kind is Kind.ORDERING else list(content.items)
    options = {option.id: option for option in content.options}
    rows = []
    for number, item in enumerate(items):
        pair = options.get(content.pairs.get(item.id, ""))
        rows.append(
            {
                "token": str(number),
                "id": item.id,
                "text": item.text,
                "feedback": item.feedback,
                "pair": pair.text if pair else "",
                "pair_id": pair.id if pair else "",
                "pair_feedback": pair.feedback if pair else "",
            }
        )
    return tuple(rows)


def _gap_rows(gaps: Sequence[Gap]) -> dict[str, tuple[Row, ...]]:
    rows = tuple(
        {
            "token": str(number),
            "id": gap.id,
            "kind": gap.kind.value,
            "weight": _plain(gap.weight),
            "rule": gap.rule.name.value,
            "precision": "" if gap.rule.precision is None else str(gap.rule.precision),
            "points": " ".join(map(_plain, gap.rule.points)),
        }
        for number, gap in enumerate(gaps)
    )
    options = tuple(
        {
            "token": f"{number}-{at}",
            "gap": str(number),
            "id": option.id,
            "text": option.text,
            "feedback": option.feedback,
            "weight": _plain(gap.rule.weights[option.id]) if option.id in gap.rule.weights else "",
        }
        for number, gap in enumerate(gaps)
        for at, option in enumerate(gap.options)
    )
    accepted = tuple(
        {
            "token": f"{number}-{at}",
            "gap": str(number),
            "text": answer.text,
            "share": _plain(answer.share),
            "tolerance": answer.tolerance,
            "feedback": answer.feedback,
        }
        for number, gap in enumerate(gaps)
        for at, answer in enumerate(gap.accepted)
    )
    return {"gaps": rows, "gap_options": options, "gap_accepted": accepted}


def _gap_ticks(gaps: Sequence[Gap]) -> dict[str, frozenset[str]]:
    ticked: dict[str, set[str]] = {name: set() for name in TICKS}
    for number, gap in enumerate(gaps):
        ticked["gap_right"] |= {f"{number}-{at}" for at, option in enumerate(gap.options) if option.id in gap.key}
        boxes = {
            "gap_shuffle": gap.shuffle,
            "gap_case_sensitive": gap.rule.case_sensitive,
            "gap_distinguish": not gap.rule.fold_lookalikes,
            "gap_relative": gap.rule.relative,
        }
        for name, is_on in boxes.items():
            ticked[name] |= {str(number)} if is_on else set()
    return {name: frozenset(tokens) for name, tokens in ticked.items()}


def _template_rows(template: Template | None) -> dict[str, tuple[Row, ...]]:
    if template is None:
        return {}
    parameters = tuple(
        {
            "token": str(number),
            "name": it.name,
            "kind": it.kind.value,
            "low": it.low,
            "high": it.high,
            "step": it.step,
            "values": "\n".join(it.values),
        }
        for number, it in enumerate(template.parameters)
    )
    derived = tuple(
        {
            "token": str(number),
            "name": it.name,
            "expression": it.expression,
            "decimals": "" if it.decimals is None else str(it.decimals),
        }
        for number, it in enumerate(template.derived)
    )
    conditions = tuple({"token": str(number), "expression": it} for number, it in enumerate(template.conditions))
    return {"parameters": parameters, "derived": derived, "conditions": conditions}


def _plain(number: float) -> str:
    return f"{number:.15g}"


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
