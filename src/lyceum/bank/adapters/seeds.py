"""What an empty bank starts with: the subjects of ЕГЭ and ОГЭ, and the exam profiles known so far."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, insert, select

from lyceum.bank.adapters.catalogue import profile_row
from lyceum.bank.adapters.tables import exam_profiles, subjects
from lyceum.bank.domain.catalogue import ExamProfile

PROFILES = Path(__file__).parent / "data" / "exam_profiles.json"
SUBJECTS = (
    ("russian", "Русский язык", "Russian"),
    ("math_profile", "Математика, профильный уровень", "Mathematics, profile level"),
    ("math_base", "Математика, базовый уровень", "Mathematics, base level"),
    ("math", "Математика", "Mathematics"),
    ("physics", "Физика", "Physics"),
    ("chemistry", "Химия", "Chemistry"),
    ("biology", "Биология", "Biology"),
    ("informatics", "Информатика", "Informatics"),
    ("history", "История", "History"),
    ("social", "Обществознание", "Social studies"),
    ("geography", "География", "Geography"),
    ("literature", "Литература", "Literature"),
    ("english", "Английский язык", "English"),
    ("german", "Немецкий язык", "German"),
    ("french", "Французский язык", "French"),
    ("spanish", "Испанский язык", "Spanish"),
    ("chinese", "Китайский язык", "Chinese"),
    ("trivia", "Общая эрудиция", "General knowledge"),
)


def seed(connection: Connection) -> None:
    """Add the subjects and exam profiles that are missing; run as often as you like."""
    present = set(connection.scalars(select(subjects.c.id)))
    rows = [
        {"id": id, "title_ru": ru, "title_en": en, "position": position, "fields_schema": "{}", "version": 1}
        for position, (id, ru, en) in enumerate(SUBJECTS, 1)
        if id not in present
    ]
    if rows:
        connection.execute(insert(subjects), rows)
    known = {
        tuple(row)
        for row in connection.execute(select(exam_profiles.c.exam, exam_profiles.c.subject, exam_profiles.c.year))
    }
    now = datetime.now(UTC)
    missing = [
        profile_row(profile, now)
        for profile in known_profiles()
        if (profile.exam, profile.subject, profile.year) not in known
    ]
    if missing:
        connection.execute(insert(exam_profiles), missing)


def known_profiles() -> list[ExamProfile]:
    """Profiles whose facts we have, each with its source and whether somebody has compared it with the papers."""
    return msgspec.json.decode(PROFILES.read_bytes(), type=list[ExamProfile])
