"""The fields of an answer form, read into a response of the question's kind."""

from litestar.datastructures import FormMultiDict

from lyceum.bank.api import Kind, PlayedQuestion, Response

FIELD = "answer"


def response_of(question: PlayedQuestion, form: FormMultiDict) -> Response:
    """What was answered, in the shape of the kind; grading refuses what cannot be an answer."""
    given = _texts(form, FIELD)
    match question.kind:
        case Kind.MULTIPLE_CHOICE | Kind.ORDERING:
            return given
        case Kind.TRUE_FALSE:
            return {"true": True, "false": False}.get(given[0] if given else "", "")
        case Kind.MATCHING:
            chosen = {item.id: _texts(form, f"{FIELD}.{item.id}") for item in question.items}
            return {id: values[0] for id, values in chosen.items() if values and values[0]}
        case Kind.CLOZE:
            return {gap.id: value for gap in question.gaps if (value := _gap(gap.kind, gap.id, form))}
        case Kind.DESCRIPTION:
            return None
    return given[0] if given else ""


def _gap(kind: Kind, id: str, form: FormMultiDict) -> str | list[str]:
    values = [value for value in _texts(form, f"{FIELD}.{id}") if value]
    if kind is Kind.MULTIPLE_CHOICE:
        return values
    return values[0] if values else ""


def _texts(form: FormMultiDict, name: str) -> list[str]:
    return [value for value in form.getall(name, []) if isinstance(value, str)]
