"""Render every part of the pages in every state, to look at: `uv run python scripts/gallery.py [--port 8100 | FOLDER]`.

With a port it serves them under the product's Content-Security-Policy; with a folder it writes the files there.
"""

import argparse
import functools
import http.server
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from jinja2 import ChoiceLoader, FileSystemLoader

from lyceum.bank.api import AttachmentView, Choice, GapView, PlayedQuestion
from lyceum.bank.domain.content import Kind
from lyceum.bank.domain.drafts import Difficulty
from lyceum.kernel.ids import QuestionId
from lyceum.platform.i18n import Locale
from lyceum.platform.pages import STATIC, AnswerState, Pages, Viewer, templates

FIGURE = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 390 200'><rect width='390' height='200' fill='#fff'/>"
    "<path d='M50 180 122 48H230L338 180' fill='none' stroke='#4b3b92' stroke-width='3'/>"
    "<path d='M50 190V14M38 180H366' stroke='#5b5764' fill='none'/></svg>"
)
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A question with one answer to it and what the grader would say."""

    title: str
    q: PlayedQuestion
    state: AnswerState | None = None
    verdict: str = ""
    score: float = 0.0
    max_score: float = 1.0
    why: str = ""
    feedback: tuple[str, ...] = ()
    explanation_html: str = ""
    explanation_media: tuple[AttachmentView, ...] = field(default=())


def choices(*texts: str) -> tuple[Choice, ...]:
    return tuple(Choice(id="abcdefgh"[number], html=text) for number, text in enumerate(texts))


def question(kind: Kind, stem: str, *, code: str, task: int = 3, most: float = 1, **parts: object) -> PlayedQuestion:
    return PlayedQuestion(
        id=QuestionId(UUID(int=0)),
        version=1,
        find_code=code,
        kind=kind,
        language="ru",
        exam="ege",
        subject="physics",
        subject_title="физика",
        exam_task_number=task,
        topics=("работа и энергия",),
        difficulty=Difficulty.MEDIUM,
        max_score=most,
        stem_html=stem,
        **parts,  # type: ignore[arg-type]
    )


PICTURE = AttachmentView(
    name="graph.svg",
    role="photo",
    mime="image/svg+xml",
    size=512,
    url="figure.svg",
    alt="Скорость растёт, стоит, падает",
)
SOUND = AttachmentView(
    name="talk.wav", role="sound", mime="audio/wav", size=512, url="silence.wav", alt="Диалог в кассе"
)
PAPER = AttachmentView(name="table.xlsx", role="file", mime="application/xlsx", size=2048, url="figure.svg")

SINGLE = question(
    Kind.SINGLE_CHOICE,
    r"<p>Тело массой \(m = 2\) кг движется вдоль оси \(Ox\). На рисунке показана зависимость проекции его скорости "
    r"\(v_x\) от времени \(t\). Чему равна работа равнодействующей всех сил, приложенных к телу, на интервале "
    r"от 5 до 8 с?</p>",
    code="K7Q2M4RX",
    options=choices("36 Дж", "−36 Дж", "−18 Дж", "−72 Дж", "0 Дж"),
    media=(PICTURE,),
)
MULTIPLE = question(
    Kind.MULTIPLE_CHOICE,
    "<p>Какие из этих утверждений о фотоэффекте верны?</p>",
    code="M3R7AX9T",
    task=18,
    most=2,
    options=choices(
        r"Энергия фотоэлектронов растёт с частотой света: \(E = h\nu - A\)",
        r"При \(U_\text{з} = \frac{h\nu_1 + h\nu_2 + h\nu_3 + h\nu_4 + h\nu_5 + h\nu_6 + h\nu_7}{e}\) ток растёт",
        "У каждого металла есть красная граница",
        "Свет выбивает электроны через несколько секунд после включения",
        "Запирающее напряжение зависит от частоты",
    ),
)
TRUTH = question(Kind.TRUE_FALSE, "<p>Вода при 4 °C плотнее, чем при 0 °C.</p>", code="T9F2CH4K", task=1)
TEXT = question(
    Kind.SHORT_TEXT,
    "<p>Прослушайте диалог и напишите одним словом, куда едет герой.</p>",
    code="M5TQX3AN",
    task=7,
    media=(SOUND, PAPER),
)
NUMBER = question(
    Kind.NUMERIC,
    r"<p>Найдите наименьшее значение функции \(y = x^3 - 27x + 5\) на отрезке \([0;\,4]\).</p>"
    r"\[\int_0^4 \left(x^3 - 27x + 5\right)\,dx + \sum_{k=1}^{n} \frac{k^2 + 2k + 1}{k^4 + 4k^3 + 6k^2 + 4k + 1} = y\]",
    code="D4W9XE7P",
    task=12,
)
MATCH = question(
    Kind.MATCHING,
    r"<p>Груз массой \(m\) на пружине колеблется по закону \(x(t) = A\cos\omega t\). Установите соответствие между "
    "величинами и формулами их зависимости от времени.</p>",
    code="R2H8TL5Y",
    task=6,
    most=2,
    options=choices(
        r"\(-A\omega\sin\omega t\)",
        r"\(-A\omega^2\cos\omega t\)",
        r"\(\dfrac{mA^2\omega^2}{2}\sin^2\omega t\)",
        r"\(\dfrac{mA^2\omega^2}{2}\cos^2\omega t\)",
    ),
    items=(
        Choice(id="1", html="Проекция скорости груза"),
        Choice(id="2", html="Проекция ускорения груза"),
        Choice(id="3", html="Кинетическая энергия груза"),
    ),
)
ORDER = question(
    Kind.ORDERING,
    "<p>Расставьте события в порядке, в котором они происходили.</p>",
    code="Q6F3LW9D",
    task=2,
    most=2,
    items=(
        Choice(id="1", html="Отмена крепостного права"),
        Choice(id="2", html="Ледовое побоище"),
        Choice(id="3", html="Полтавская битва"),
        Choice(id="4", html="Первый полёт человека в космос, который продолжался 108 минут"),
    ),
)
CLOZE = question(
    Kind.CLOZE,
    r"<p>Сила Ампера равна \(F = BIl\sin\alpha\). При \(\alpha = 90^\circ\) она [[g1]], а при \(\alpha = 0\) равна "
    r"[[g2]] Н. Её направление даёт правило [[g3]] руки. Формула энергии катушки: [[g4]]. "
    "Векторные величины: [[g5]].</p>",
    code="C8K4PJ2M",
    task=16,
    most=3,
    gaps=(
        GapView(id="g1", kind=Kind.SINGLE_CHOICE, options=choices("наибольшая", "наименьшая", "равна нулю")),
        GapView(id="g2", kind=Kind.NUMERIC),
        GapView(id="g3", kind=Kind.SHORT_TEXT),
        GapView(id="g4", kind=Kind.SINGLE_CHOICE, options=choices(r"\(\frac{LI^2}{2}\)", r"\(\frac{CU^2}{2}\)")),
        GapView(id="g5", kind=Kind.MULTIPLE_CHOICE, options=choices("сила", "работа", "индукция")),
    ),
)
ESSAY = question(
    Kind.ESSAY,
    "<p>Напишите сочинение-рассуждение: почему человеку важно понимать законы природы?</p>",
    code="E4H7YR3C",
    task=27,
    most=5,
    criteria=("Позиция автора понята и названа", "Приведены два примера из текста", "Нет ошибок в фактах"),
)
READING = question(
    Kind.DESCRIPTION,
    "<p>Прочитайте условие, общее для трёх следующих вопросов.</p><pre><code>a = [3, 1, 2]\nfor x in sorted(a):\n"
    "    print(x)</code></pre><table><tr><th>Число</th><th>Квадрат</th></tr><tr><td>3</td><td>9</td></tr></table>",
    code="N2D5KT8F",
    task=1,
)
EXPLAINED = (
    r"<ol><li>По теореме о кинетической энергии работа равнодействующей равна изменению кинетической энергии: "
    r"\(A = \Delta E_\text{к}\).</li><li>Конечная энергия равна нулю, поэтому "
    r"\[A = 0 - \frac{m v_x^2(5)}{2} = -\frac{2 \cdot 6^2}{2} = -36\ \text{Дж}\]</li></ol>"
)


def answered(q: PlayedQuestion, response: object, right: object, verdict: str, score: float, **more: object) -> Shown:
    elements: dict[str, bool] = dict(more.pop("elements", {}))  # type: ignore[call-overload]
    state = AnswerState(
        response=response, right=right, verdict=verdict, score=score, max_score=q.max_score, elements=elements
    )
    return Shown(
        title=f"{q.kind}: {verdict}",
        q=q,
        state=state,
        verdict=verdict,
        score=score,
        max_score=q.max_score,
        explanation_html=EXPLAINED,
        **more,  # type: ignore[arg-type]
    )


WHY = "Потерян знак. Тело тормозит, значит равнодействующая направлена против движения и её работа отрицательна."
ORDERED, PAIRS = ["2", "3", "1", "4"], {"1": "a", "2": "b", "3": "c"}
GAPS = {"g1": "a", "g2": "0", "g3": "левой", "g4": "a", "g5": ["a", "c"]}
LOCKED = (
    answered(SINGLE, "a", "b", "wrong", 0, why=WHY),
    answered(SINGLE, "b", "b", "correct", 1, why="За 1 мин 48 с. Ваш рейтинг 1490 → 1502."),
    answered(SINGLE, None, "b", "skipped", 0),
    answered(MULTIPLE, ["a", "b", "e"], ["a", "c", "e"], "partial", 1, feedback=("Яркость меняет число электронов.",)),
    answered(MULTIPLE, ["a", "c", "e"], ["a", "c", "e"], "correct", 2),
    answered(TRUTH, "false", "true", "wrong", 0),
    answered(TEXT, "вокзал", "аэропорт", "wrong", 0),
    answered(TEXT, "Аэропорт", "аэропорт", "correct", 1),
    answered(NUMBER, "−49", "-49", "correct", 1),
    answered(NUMBER, "49", "-49", "wrong", 0),
    answered(MATCH, {"1": "a", "2": "b", "3": "d"}, PAIRS, "partial", 1, elements={"1": True, "2": True, "3": False}),
    answered(MATCH, PAIRS, PAIRS, "correct", 2, elements={"1": True, "2": True, "3": True}),
    answered(ORDER, ["2", "1", "3", "4"], ORDERED, "partial", 1),
    answered(ORDER, ORDERED, ORDERED, "correct", 2),
    answered(
        CLOZE,
        {"g1": "b", "g2": "0", "g3": "правой", "g4": "b", "g5": ["a", "c"]},
        GAPS,
        "partial",
        1.5,
        elements={"g1": False, "g2": True, "g3": False, "g4": False, "g5": True},
    ),
    answered(CLOZE, GAPS, GAPS, "correct", 3, elements=dict.fromkeys(GAPS, True)),
    answered(ESSAY, "Законы природы помогают человеку.\n\nВо-первых, …", None, "pending", 0),
)
OPEN = tuple(
    Shown(title=f"{q.kind}", q=q) for q in (SINGLE, MULTIPLE, TRUTH, TEXT, NUMBER, MATCH, ORDER, CLOZE, ESSAY, READING)
)

SILENCE = b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0@\x1f\0\0\1\0\x08\0data\0\0\0\0"


def render(folder: Path) -> None:
    """Write the gallery, its pages named `<page>-<locale>.html`."""
    own = FileSystemLoader(Path(__file__).parent / "gallery")
    pages = Pages(ChoiceLoader([own, templates()]))
    shutil.copytree(STATIC, folder / "static", dirs_exist_ok=True)
    (folder / "figure.svg").write_text(FIGURE, encoding="utf-8")
    (folder / "silence.wav").write_bytes(SILENCE)
    author = frozenset({"author"})
    locales: tuple[Locale, ...] = ("ru", "en")
    for locale in locales:
        learner = Viewer(locale=locale, name="Аня Коваль", path="/train", is_signed_in=True)
        guest = Viewer(locale=locale, path="/nowhere")
        teacher = Viewer(locale=locale, name="Игорь Львов", roles=author, path="/author/imports", is_signed_in=True)
        sheets = {"open": OPEN, "locked": LOCKED}
        whole = {
            "train": pages.render("train.html", learner, shown=OPEN[0]),
            "verdict": pages.render("verdict.html", learner, shown=LOCKED[0]),
            "next": pages.render("next.html", learner, shown=OPEN[1]),
            "parts": pages.render("parts.html", teacher, now=datetime.now(UTC), hour=timedelta(hours=1)),
            **{name: pages.render("kinds.html", learner, sheets=shown) for name, shown in sheets.items()},
            **{
                str(status): pages.render(
                    "error.html", guest, status=status, detail="", trace_id="8f2c11" * (status == 500)
                )
                for status in (401, 403, 404, 409, 413, 422, 429, 500, 503)
            },
        }
        for name, html in whole.items():
            (folder / f"{name}-{locale}.html").write_text(html, encoding="utf-8")


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_POST(self) -> None:
        """What a form gets: the file it names."""
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="lyceum-gallery-"))
    folder.mkdir(parents=True, exist_ok=True)
    render(folder)
    if arguments.port:
        address = ("127.0.0.1", arguments.port)
        with http.server.ThreadingHTTPServer(address, functools.partial(Handler, directory=str(folder))) as server:
            server.serve_forever()


if __name__ == "__main__":
    main()
