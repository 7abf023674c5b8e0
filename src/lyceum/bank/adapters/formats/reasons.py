"""Why a file, or one question of it, is not taken, and what would mend it."""

from collections.abc import Mapping

from lyceum.bank.domain.drafts import Loss, Rejected, told
from lyceum.kernel.errors import Invalid


class UnknownFormat(Invalid):
    code = "bank.unknown_format"
    text = (
        "The file '{name}' is no question file that can be read: {why}. "
        "Send GIFT, Moodle XML, QTI, Aiken, Anki, CSV, XLSX, OpenTriviaQA or our JSON."
    )


class FileRefused(Invalid):
    code = "bank.file_refused"
    text = "The file was refused for safety at {place}: {why}. Export it again without that."


class FileTruncated(Invalid):
    code = "bank.file_truncated"
    text = "The file breaks off at {place}. Export or download it again."


class FileMalformed(Invalid):
    code = "bank.file_malformed"
    text = "The file cannot be read beyond {place}: {why}. Mend that place, or export the file again."


class HeaderMissing(Invalid):
    code = "bank.header_missing"
    text = "The first row names no column '{column}'. Take the template and keep its first row."


FIX: Mapping[str, str] = {
    "adaptive_item": "Make an item of it that stays the same while it is answered.",
    "answer_not_found": "Make the right answer one of the options, letter for letter.",
    "bad_item": "Check the item with the program that made it, or export it again.",
    "bad_fraction": "Give each answer a share between -100 and 100 per cent.",
    "bad_number": "Write the answer as a number, such as -9.81.",
    "bad_value": "Take one of the values that the template shows.",
    "block_too_long": "Leave an empty line after each question.",
    "broken_record": "Compare the record with one that this site has exported.",
    "empty_answer": "Write the right answer.",
    "empty_option": "Write a text for each option, or delete the option.",
    "empty_stem": "Write the text of the question or attach a picture.",
    "field_too_large": "Close the quotation mark, or shorten the cell.",
    "gap_broken": "Check the braces and the answers of each gap.",
    "gift_braces": "Write \\{ and \\} for braces that are part of the text.",
    "gift_pair": "Write each pair as =left -> right.",
    "item_missing": "Put the file into the package, or take it out of the manifest.",
    "media_too_large": "Make the pictures and sounds of this question smaller.",
    "no_right_answer": "Mark at least one answer as right.",
    "stray_text": "Begin each question with #Q.",
    "template_item": "Save some of its variants as items of their own.",
    "text_too_long": "Shorten the text, or move it into an attached file.",
    "too_few_options": "Give at least two different options.",
    "too_few_pairs": "Give at least two pairs.",
    "too_many_options": "Keep at most 100 options.",
    "unsupported_kind": "Change the type of the question to one of those that the help lists.",
}


class Refuse(Exception):
    """One question cannot be taken; its reader turns this into a `Rejected` and goes on."""

    def __init__(self, code: str, reason: str, /, **facts: object) -> None:
        """`reason` names its facts in braces."""
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.facts = told(facts)


def rejected(error: Refuse, *, place: str, title: str = "") -> Rejected:
    return Rejected(
        place=place,
        title=title[:255],
        code=error.code,
        reason=error.reason,
        fix=FIX[error.code],
        facts=error.facts,
    )


class Losses(list[Loss]):
    """What a question lost so far; the same sentence is kept once."""

    def note(self, code: str, text: str, /, **facts: object) -> None:
        loss = Loss(code=code, text=text, facts=told(facts))
        if loss not in self:
            self.append(loss)
