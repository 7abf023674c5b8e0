"""The template of question tables: the header, and an example of every kind."""

import io
from collections.abc import Callable, Mapping, Sequence

from lyceum.bank.adapters.formats.columns import COLUMNS
from lyceum.bank.adapters.formats.csv_format import line
from lyceum.bank.adapters.formats.xlsx_format import save
from lyceum.platform.i18n import translator

_COLUMNS = (
    "kind", "subject", "exam", "task_number", "topics", "difficulty", "stem", "a", "b", "c", "d", "options", "items",
    "answer", "feedback", "explanation", "hint", "score", "title", "rule", "format", "shuffle", "language", "source",
    "licence", "external_id",
)  # fmt: skip

_EXAMPLES: tuple[Mapping[str, str], ...] = (
    {
        "kind": "single_choice",
        "subject": "geography",
        "exam": "ege",
        "task_number": "1",
        "topics": "Россия | Города",
        "difficulty": "easy",
        "stem": "Какой город — столица России?",
        "a": "Казань",
        "b": "Москва",
        "c": "Омск",
        "d": "Тверь",
        "answer": "b",
        "explanation": "Москва — столица с 1918 года.",
        "score": "1",
        "language": "ru",
    },
    {
        "kind": "multiple_choice",
        "subject": "math_base",
        "topics": "Делимость",
        "stem": "Какие числа чётные?",
        "options": "2 | 3 | 4 | 5",
        "answer": "a | c",
        "hint": "Чётное число делится на 2.",
        "score": "2",
    },
    {
        "kind": "multiple_choice",
        "subject": "math_base",
        "topics": "Делимость",
        "stem": "Какие числа простые? (с долями баллов)",
        "options": "2 | 3 | 4",
        "answer": "a=50% | b=50% | c=-100%",
        "feedback": "верно | верно | 4 = 2 · 2",
        "score": "2",
    },
    {"kind": "true_false", "subject": "physics", "stem": "Свет быстрее звука.", "answer": "true"},
    {
        "kind": "short_text",
        "subject": "literature",
        "stem": "Кто написал «Капитанскую дочку»?",
        "answer": "Пушкин | А.С. Пушкин | Александр Пушкин",
    },
    {
        "kind": "numeric",
        "subject": "physics",
        "stem": r"Ускорение свободного падения, \(м/с^2\)?",
        "answer": "9,81 ± 0,01 | 10 ± 0,5 =50%",
    },
    {
        "kind": "matching",
        "subject": "geography",
        "stem": "Установите соответствие страны и столицы.",
        "items": "Россия | Франция",
        "options": "Париж | Москва | Рим",
        "answer": "1-b | 2-a",
        "score": "2",
    },
    {
        "kind": "ordering",
        "subject": "history",
        "stem": "Расположите события по времени.",
        "items": "Крещение Руси | Куликовская битва | Полтавская битва",
        "answer": "1 | 2 | 3",
    },
    {
        "kind": "cloze",
        "subject": "russian",
        "stem": "Столица России — {1:SHORTANSWER:=Москва}, на реке {1:MULTICHOICE:=Москве~Волге~Оке}.",
    },
    {"kind": "essay", "subject": "russian", "stem": "Напишите сочинение по тексту.", "score": "21"},
    {"kind": "description", "subject": "russian", "stem": "Прочитайте текст и выполните задания 1–3."},
)


HELP: Mapping[str, str] = {
    "kind": (
        "single_choice, multiple_choice, true_false, short_text, numeric, matching, ordering, cloze, essay or "
        "description; guessed by the other cells when empty."
    ),
    "stem": r"The question. Formulas stand in \( \), gaps of a cloze are written {1:SHORTANSWER:=answer}.",
    "options": "Options separated by |, or each in a column of its own, a to j. A bar inside of an option is ||.",
    "items": "Left sides of a matching or elements of an ordering, separated by |.",
    "answer": (
        "Choice: letters of the right options, perhaps with shares: a=50% | b=50%. Text: accepted answers separated "
        "by |. Number: 9.81 ± 0.01. Matching: 1-b | 2-a. Ordering: 2 | 1 | 3."
    ),
    "feedback": "What is said to each option or accepted answer, separated by |.",
    "explanation": "Why the answer is right; shown after answering.",
    "hint": "Shown on demand before answering.",
    "score": "Points for a full answer; 1 when empty.",
    "subject": "Id or title of the subject.",
    "exam": "ege, oge or another exam.",
    "task_number": "Number of the exam task, 1 to 40.",
    "topics": "Topics, separated by |.",
    "difficulty": "easy, medium or hard.",
    "title": "A name for the author's own lists.",
    "rule": "Name of the score rule, or JSON with its details; the usual rule of the kind when empty.",
    "parameters": "JSON of parameters, for questions whose numbers change.",
    "format": "plain, html or markdown; found out when empty.",
    "shuffle": "no, when the order of options must stay.",
    "language": "Language of the question: ru, en …",
    "source": "Where the question comes from.",
    "licence": "On what terms others may use it.",
    "external_id": "An id of your own: a later import with the same id updates the question.",
}
"""What each column means."""


def _rows(language: str) -> list[Sequence[str]]:
    header = [_named(name, language) for name in _COLUMNS]
    return [header, *([example.get(name, "") for name in _COLUMNS] for example in _EXAMPLES)]


def _named(name: str, language: str) -> str:
    return COLUMNS[name][0] if language == "ru" and name in COLUMNS else name


def _help(language: str) -> list[Sequence[str]]:
    words = translator(language)
    rows = [(_named(name, language), words.gettext(text)) for name, text in HELP.items()]
    return [(words.gettext("Column"), words.gettext("Meaning")), *rows]


def template_csv(language: str = "en") -> bytes:
    """The template with English or Russian (`ru`) names of columns; both are read."""
    return b"\xef\xbb\xbf" + b"".join(line(cells) for cells in _rows(language))


def template_xlsx(language: str = "en") -> bytes:
    """As `template_csv`, as a workbook with a second sheet that explains the columns."""
    packed = io.BytesIO()
    save(_rows(language), packed, {"Help" if language == "en" else "Справка": _help(language)})
    return packed.getvalue()


TEMPLATES: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "csv": (template_csv, "text/csv; charset=utf-8"),
    "xlsx": (template_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""By format: what makes the template, and its media type."""
