"""The columns of question tables: their names in English and Russian, and the words that their cells may hold."""

import re
from collections.abc import Mapping

from lyceum.bank.domain.content import Kind
from lyceum.bank.domain.drafts import Difficulty

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "kind": ("вид", "тип", "тип вопроса", "вид вопроса", "type", "question type"),
    "title": ("название", "заголовок", "имя", "name"),
    "subject": ("предмет",),
    "exam": ("экзамен",),
    "task_number": ("номер задания", "задание", "exam task number", "exam_task_number", "task"),
    "topics": ("темы", "тема", "topic", "category", "категория"),
    "difficulty": ("сложность", "трудность"),
    "stem": ("вопрос", "текст вопроса", "условие", "текст", "question", "text", "question text"),
    "format": ("формат", "формат текста", "stem_format", "stem format", "text format"),
    "options": ("варианты", "варианты ответа", "варианты ответов", "choices"),
    "items": ("элементы", "левый столбец", "elements"),
    "answer": ("ответ", "правильный ответ", "верный ответ", "ответы", "answers", "correct answer", "correct", "key"),
    "feedback": ("отзывы", "отзыв", "комментарии"),
    "explanation": ("пояснение", "объяснение", "решение", "разбор", "solution"),
    "hint": ("подсказка",),
    "score": ("балл", "баллы", "max_score", "max score", "points", "mark"),
    "shuffle": ("перемешивать",),
    "rule": ("правило", "правило оценки", "score_rule", "score rule"),
    "parameters": ("параметры", "template"),
    "language": ("язык",),
    "source": ("источник",),
    "licence": ("лицензия", "license"),
    "external_id": ("идентификатор", "id", "idnumber", "внешний идентификатор"),
}
"""Each column's own name and, first, its Russian name in the template."""

LETTERS = "abcdefghij"
_RUSSIAN_LETTERS = "абвгдежзик"
_SPACES = re.compile(r"[\s_]+")
_OPTION = re.compile(r"(?:option|choice|answer|вариант|ответ)?[ ]?([a-jабвгдежзик])$")
_KNOWN: Mapping[str, str] = {
    _SPACES.sub(" ", name): column for column, names in COLUMNS.items() for name in (column, *names)
}

KINDS: Mapping[str, Kind] = {
    **{kind.value: kind for kind in Kind},
    **{kind.value.replace("_", " "): kind for kind in Kind},
    "один ответ": Kind.SINGLE_CHOICE,
    "одиночный выбор": Kind.SINGLE_CHOICE,
    "несколько ответов": Kind.MULTIPLE_CHOICE,
    "множественный выбор": Kind.MULTIPLE_CHOICE,
    "верно/неверно": Kind.TRUE_FALSE,
    "краткий ответ": Kind.SHORT_TEXT,
    "текст": Kind.SHORT_TEXT,
    "число": Kind.NUMERIC,
    "соответствие": Kind.MATCHING,
    "порядок": Kind.ORDERING,
    "последовательность": Kind.ORDERING,
    "пропуски": Kind.CLOZE,
    "эссе": Kind.ESSAY,
    "развёрнутый ответ": Kind.ESSAY,
    "развернутый ответ": Kind.ESSAY,
    "описание": Kind.DESCRIPTION,
}
DIFFICULTIES: Mapping[str, Difficulty] = {
    **{difficulty.value: difficulty for difficulty in Difficulty},
    "лёгкий": Difficulty.EASY,
    "легкий": Difficulty.EASY,
    "лёгкая": Difficulty.EASY,
    "легкая": Difficulty.EASY,
    "легко": Difficulty.EASY,
    "средний": Difficulty.MEDIUM,
    "средняя": Difficulty.MEDIUM,
    "трудный": Difficulty.HARD,
    "трудная": Difficulty.HARD,
    "сложный": Difficulty.HARD,
    "сложная": Difficulty.HARD,
    "трудно": Difficulty.HARD,
}
YES = frozenset({"true", "t", "yes", "1", "верно", "да", "истина", "правда", "и"})
NO = frozenset({"false", "f", "no", "0", "неверно", "нет", "ложь", "л"})


def column(header: str) -> str | None:
    """The column that a header cell names: one of `COLUMNS`, or a letter a..j for an option; None if unknown."""
    name = _SPACES.sub(" ", header.strip().lower())
    if name in _KNOWN:
        return _KNOWN[name]
    if match := _OPTION.match(name):
        letter = match[1]
        return letter if letter in LETTERS else LETTERS[_RUSSIAN_LETTERS.index(letter)]
    return None


def delimiter_of(line: str) -> str:
    """The most frequent of `;`, `,` and tab outside quotation marks; `;` when there is none."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(";,\t", key=bare.count)


def names_columns(line: str) -> bool:
    """Whether a first line is the header of a question table."""
    if line.startswith("sep=") and len(line.strip()) == 5:
        return True
    cells = [cell.strip().strip('"') for cell in line.rstrip("\r").split(delimiter_of(line))]
    found = {column(cell) for cell in cells if len(cell) < 60}
    return "stem" in found and len(found - {None}) >= 2
