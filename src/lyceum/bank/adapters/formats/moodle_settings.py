"""Settings of a Moodle question that the bank does not keep: which of them are worth a word in the report."""

from collections.abc import Mapping

from lxml import etree

from lyceum.bank.adapters.formats.reasons import Losses

_KEPT_NAMES = """
name questiontext generalfeedback defaultgrade idnumber hint tags image image_base64 answer subquestion single
shuffleanswers usecase graderinfo gradingtype category info
"""
_HARMLESS_NAMES = """
shownumcorrect showstandardinstruction unitpenalty showunits unitsleft responserequired responsefieldlines showgrading
numberingstyle instructions instructionsformat
"""
_NEVER_NAMED = frozenset((_KEPT_NAMES + _HARMLESS_NAMES).split())
_HARMLESS: Mapping[str, frozenset[str]] = {
    "hidden": frozenset({"0", ""}),
    "answernumbering": frozenset({"abc", "none", ""}),
    "attachments": frozenset({"0", ""}),
    "attachmentsrequired": frozenset({"0", ""}),
    "responseformat": frozenset({"editor", "plain", "monospaced", ""}),
    "minwordlimit": frozenset({"0", ""}),
    "maxwordlimit": frozenset({"0", ""}),
    "filetypeslist": frozenset({""}),
    "maxbytes": frozenset({"0", ""}),
    "unitgradingtype": frozenset({"0", ""}),
    "layouttype": frozenset({"VERTICAL", "0", ""}),
    "selecttype": frozenset({"ALL", "0", ""}),
    "selectcount": frozenset({"0", ""}),
    "responsetemplate": frozenset({""}),
    "units": frozenset({""}),
}
_USUAL_FEEDBACK = frozenset(
    {
        "",
        "Your answer is correct.",
        "Your answer is partially correct.",
        "Your answer is incorrect.",
        "Ваш ответ верный.",
        "Ваш ответ частично правильный.",
        "Ваш ответ неправильный.",
    }
)
_WHOLE_FEEDBACK = frozenset({"correctfeedback", "partiallycorrectfeedback", "incorrectfeedback"})


def note_settings(question: etree._Element, type: str, losses: Losses) -> None:
    """Name, in one loss, what the question sets to something out of the ordinary and the bank does not keep."""
    found: list[str] = []
    for child in question:
        name = str(child.tag)
        if name in _NEVER_NAMED:
            continue
        text = " ".join(" ".join(str(part) for part in child.itertext()).split())
        if name in _WHOLE_FEEDBACK:
            if text.removeprefix("<p>").removesuffix("</p>").strip() not in _USUAL_FEEDBACK:
                losses.note(
                    "combined_feedback_lost", "The feedback to the answer as a whole ({name}) is not kept.", name=name
                )
        elif name == "penalty":
            if type != "truefalse" and not _usual_penalty(text):
                found.append(f"penalty={text[:20]}")
        elif text not in _HARMLESS.get(name, frozenset({""})):
            found.append(f"{name}={text[:40]}")
    found += ["hint options"] * any(hint.find("clearwrong") is not None for hint in question.findall("hint"))
    if found:
        losses.note("settings_lost", "These settings are not kept: {settings}.", settings=", ".join(found))


def _usual_penalty(text: str) -> bool:
    try:
        value = float(text or "0")
    except ValueError:
        return False
    return value in {0.0, 1.0} or abs(value - 0.3333333) < 0.005
