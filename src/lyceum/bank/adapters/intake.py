"""The door of the bank for questions out of files: cleaned, completed by the author's choices, checked."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from lyceum.bank.adapters.formats.sanitize import clean
from lyceum.bank.domain.checking import check
from lyceum.bank.domain.drafts import Draft, Loss, MediaRole, Rejected, told
from lyceum.bank.domain.find_codes import new_find_code
from lyceum.bank.domain.hashing import content_hash
from lyceum.bank.domain.questions import EXAM, MAX_TASK, Passport, Status, write
from lyceum.bank.domain.transfers import Note, Transfer, loss_note
from lyceum.bank.transfer_ports import Incoming
from lyceum.kernel.errors import AppError
from lyceum.kernel.ids import QuestionId, uuid7
from lyceum.platform.files import safe_name
from lyceum.platform.media import DOCUMENT, PHOTO, SOUND, VIDEO, MediaRule
from lyceum.platform.media import check as check_media

RULES: Mapping[MediaRole, MediaRule] = {
    MediaRole.PHOTO: PHOTO,
    MediaRole.SOUND: SOUND,
    MediaRole.FILE: DOCUMENT,
    MediaRole.ANSWER_VIDEO: VIDEO,
    MediaRole.SOURCE: MediaRule({"text/plain": ("txt",)}, 10 << 20, "TXT, XML"),
}
FALLBACK_SUBJECT = "trivia"
TITLE = 255
TOPIC = 200
TOPICS = 20
WORDS = 2000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Taken:
    """A question that may come in, and what was lost on its way."""

    incoming: Incoming
    notes: list[Note]


@dataclass(frozen=True, slots=True)
class Intake:
    """Turns drafts into staged questions of one import. `subjects` maps ids and titles, casefolded, to subject ids."""

    transfer: Transfer
    subjects: Mapping[str, str]

    def take(self, draft: Draft) -> Taken | Rejected:
        draft = clean(draft)
        subject = self._subject(draft)
        if subject is None:
            return _refuse(
                draft,
                "unknown_subject",
                "There is no subject '{subject}'.",
                "Take a subject of the list, by its id.",
                subject=str(draft.subject)[:80],
            )
        refused = _refused_passport(draft, draft.exam or self.transfer.options.exam)
        if refused is not None:
            return refused
        problems = check(draft.content)
        if problems:
            first = problems[0]
            return _refuse(
                draft, first.code, "{loc}: {why}", "Mend the question in the file.", loc=first.loc, why=first.msg
            )
        refused = _refused_media(draft)
        if refused is not None:
            return refused
        question = write(
            id=QuestionId(uuid7()),
            find_code=new_find_code(secrets.randbelow),
            author_id=self.transfer.owner_id,
            passport=self._passport(draft, subject),
            content=draft.content,
            content_hash=content_hash(draft.content),
            at=datetime.now(UTC),
            status=Status.STAGED,
            import_id=self.transfer.id,
        )
        notes = [loss_note(draft, loss) for loss in (*draft.losses, *_cut(draft))]
        return Taken(Incoming(question=question, place=draft.place, media=draft.media), notes)

    def _subject(self, draft: Draft) -> str | None:
        wanted = draft.subject or self.transfer.options.subject or FALLBACK_SUBJECT
        return self.subjects.get(wanted.strip().casefold())

    def _passport(self, draft: Draft, subject: str) -> Passport:
        options = self.transfer.options
        topics = draft.topics or ((options.topic,) if options.topic else ())
        return Passport(
            subject=subject,
            title=draft.title[:TITLE],
            external_id=draft.external_id[:TITLE],
            exam=draft.exam or options.exam,
            exam_task_number=draft.exam_task_number,
            topics=tuple(dict.fromkeys(topic.strip()[:TOPIC] for topic in topics if topic.strip()))[:TOPICS],
            difficulty=draft.difficulty,
            source=draft.source or options.source,
            licence=draft.licence or options.licence,
        )


def _refused_passport(draft: Draft, exam: str | None) -> Rejected | None:
    """What stands around the content: the bank keeps it in columns of its own."""
    if exam is not None and not re.fullmatch(EXAM, exam):
        return _refuse(
            draft, "bad_exam", "This is no id of an exam.", "Write a short id in Latin letters, such as ege."
        )
    if draft.exam_task_number is not None and not 1 <= draft.exam_task_number <= MAX_TASK:
        return _refuse(draft, "bad_task_number", "There is no such task number.", "Write a number from 1 to 40.")
    texts = (draft.title, draft.external_id, draft.source, draft.licence, *draft.topics)
    if any(_CONTROL.search(text) for text in texts):
        return _refuse(
            draft, "control_character", "There are control characters in the text.", "Mend the question in the file."
        )
    if max(len(draft.source), len(draft.licence)) > WORDS:
        return _refuse(
            draft, "text_too_long", "The source or the licence has more than 2,000 characters.", "Shorten the text."
        )
    return None


def _cut(draft: Draft) -> list[Loss]:
    """What `Intake` shortens, named."""
    losses = []
    if len(draft.topics) > TOPICS or any(len(topic.strip()) > TOPIC for topic in draft.topics):
        losses.append(Loss(code="topics_cut", text="At most 20 topics of 200 characters are kept."))
    if len(draft.external_id) > TITLE:
        losses.append(Loss(code="id_cut", text="The id of the question was cut to 255 characters."))
    return losses


def _refused_media(draft: Draft) -> Rejected | None:
    """The first file of the question that is not what it should be."""
    for media in draft.media:
        try:
            check_media(RULES[media.role], safe_name(media.name), len(media.data), BytesIO(media.data), media.name)
        except AppError as error:
            return _refuse(draft, error.code, error.text, "Replace the file, or leave it out.", **error.facts)
    return None


def _refuse(draft: Draft, code: str, reason: str, fix: str, **facts: object) -> Rejected:
    return Rejected(place=draft.place, title=draft.title, code=code, reason=reason, fix=fix, facts=told(facts))
