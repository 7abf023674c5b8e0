"""Texts of ads from templates: the generator that needs no network.

The topic stands in the nominative or as it was written, so Russian needs no inflection; the same wish always gives the
same text, and the next variant another one.
"""

import hashlib
import random
import re
from dataclasses import dataclass

from lyceum.advertising.ports import Language, TextWish

EDUCATION = re.compile(
    r"егэ|огэ|экзамен|курс|урок|школ|репетит|учеб|учёб|занят|математик|физик|хими|истори|язык|информатик|литератур|"
    r"exam|course|lesson|school|tutor|class|learn|study|math|physics|language|english",
    re.IGNORECASE,
)
ENDS = re.compile(r"[.!?…]\Z")
ACRONYM = re.compile(r"\A[^\W\d_]*[A-ZА-ЯЁ][^\W\d_]*[A-ZА-ЯЁ]")

OPENINGS: dict[Language, tuple[str, ...]] = {
    Language.RU: (
        "{Topic} — понятно, по делу и в удобном темпе.",
        "{Topic}: выбор тех, кому важен результат.",
        "Знакомьтесь: {topic}.",
        "Давно собирались попробовать? {Topic} — самое время начать.",
        "Ищете то, чему можно доверять? Обратите внимание: {topic}.",
        "{Topic}. Просто, честно и без лишних слов.",
        "Есть вещи, которые не стоит откладывать. {Topic} — одна из них.",
    ),
    Language.EN: (
        "{Topic}: clear, practical and at your own pace.",
        "{Topic}: made for people who care about results.",
        "Meet {topic}.",
        "Been meaning to try something new? {Topic} is a good place to start.",
        "Looking for something you can rely on? Take a look: {topic}.",
        "{Topic}. Simple, honest, no small print.",
        "Some things are not worth putting off. {Topic} is one of them.",
    ),
}
MIDDLES: dict[tuple[Language, bool], tuple[str, ...]] = {
    (Language.RU, True): (
        "Разберём сложные темы шаг за шагом и закрепим их на практике.",
        "Видно, что уже получается и над чем ещё поработать.",
        "Короткие занятия легко встроить даже в плотную неделю.",
        "Преподаватели отвечают на вопросы и помогают не сбиться с пути.",
    ),
    (Language.RU, False): (
        "Всё продумано до мелочей, чтобы вам было удобно.",
        "Мы ценим ваше время и говорим прямо.",
        "Качество, которое заметно с первого дня.",
        "Поможем выбрать то, что подходит именно вам.",
    ),
    (Language.EN, True): (
        "We take hard topics step by step and make them stick with practice.",
        "You always see what works already and what to work on next.",
        "Short sessions fit even a busy week.",
        "Teachers answer your questions and keep you on track.",
    ),
    (Language.EN, False): (
        "Every detail is thought through to make things easy for you.",
        "We value your time and keep it straight.",
        "Quality that you notice from day one.",
        "We will help you choose what suits you best.",
    ),
}
CLOSINGS: dict[Language, tuple[str, ...]] = {
    Language.RU: (
        "Начните сегодня.",
        "Узнайте подробности на сайте.",
        "Первый шаг займёт пару минут.",
        "Присоединяйтесь!",
        "Попробуйте сами.",
    ),
    Language.EN: (
        "Start today.",
        "Find out more on our site.",
        "The first step takes a minute.",
        "Join us!",
        "See for yourself.",
    ),
}


@dataclass(frozen=True, slots=True)
class TemplateTexts:
    """`ports.TextGenerator` with no network."""

    async def write(self, wish: TextWish) -> str:
        return written(wish)


def written(wish: TextWish) -> str:
    """The text for a wish: an opening with the topic, what the sponsor adds, a line of substance, a call."""
    seed = "\x1f".join((wish.language, wish.topic, wish.additional or "", str(wish.variant)))
    chance = random.Random(hashlib.blake2b(seed.encode(), digest_size=8).digest())
    topic = " ".join(wish.topic.split()).rstrip(".!?… ") or wish.topic.strip()
    # The next variant opens otherwise, whatever the draw.
    openings = OPENINGS[wish.language]
    first = int.from_bytes(hashlib.blake2b(topic.encode(), digest_size=4).digest()) + wish.variant
    opening = openings[first % len(openings)].format(Topic=_capital(topic), topic=_inside(topic))
    sentences = [opening]
    if wish.additional and (more := " ".join(wish.additional.split())):
        sentences.append(_capital(more) if ENDS.search(more) else _capital(more) + ".")
    is_education = EDUCATION.search(f"{topic} {wish.additional or ''}") is not None
    sentences.append(chance.choice(MIDDLES[wish.language, is_education]))
    sentences.append(chance.choice(CLOSINGS[wish.language]))
    return " ".join(sentences)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _inside(text: str) -> str:
    """The topic in the middle of a sentence: names of one word and abbreviations keep their capital."""
    first = text.split(maxsplit=1)[0] if text else ""
    return text if ACRONYM.search(first) or " " not in text else text[:1].lower() + text[1:]
