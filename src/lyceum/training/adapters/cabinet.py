"""The personal cabinet, counted for showing: calendar, weeks, levels, the weakest topics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lyceum.training.adapters.forecasts import ForecastView
from lyceum.training.adapters.progress import OwnProgress
from lyceum.training.adapters.queries import AbilityPoint, DayProgress, SubjectProgress, Sums
from lyceum.training.domain.ability import START, chance

WEEKS = 13
ENOUGH = 5
"""Answers below which a share says nothing and a dash is shown."""
ENOUGH_OF_TOPIC = 3
WEAK = 0.8
WEAKEST = 4
POINTS = 30
BY_DAY = timedelta(days=20)
BUSY, BUSIEST = 10, 20


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar; `look` is its class: d1 to d3 by answers, dt today, dx to come."""

    day: date
    answered: int
    look: str


@dataclass(frozen=True, slots=True)
class Point:
    """Answers of a day or of the week that begins with it; `accuracy` is null when there were none."""

    begins: date
    answered: int
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Course:
    """How accuracy went, by days or by weeks."""

    points: Sequence[Point]
    by_week: bool

    @property
    def counted(self) -> Sequence[Point]:
        return [point for point in self.points if point.answered]

    @property
    def halves(self) -> tuple[float, float]:
        """Accuracy over the first and over the second half of the points with answers; the middle one is in both."""
        middle = (len(self.counted) + 1) // 2
        return _accuracy(self.counted[:middle]), _accuracy(self.counted[-middle:])


@dataclass(frozen=True, slots=True)
class Level:
    """Ability in words: how many of ten questions of middle difficulty are solved, with the error's bounds."""

    likely: int
    low: int
    high: int

    @classmethod
    def of(cls, subject: SubjectProgress) -> "Level":
        def of_ten(ability: float) -> int:
            return round(10 * chance(ability, START, 0))

        return cls(
            of_ten(subject.ability),
            of_ten(subject.ability - subject.ability_error),
            of_ten(subject.ability + subject.ability_error),
        )


@dataclass(frozen=True, slots=True)
class Weak:
    subject: str
    topic: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Cabinet:
    """What the page of progress shows; `chosen` is the subject under the glass."""

    progress: OwnProgress
    seconds: float
    calendar: Sequence[Cell]
    course: Course
    weakest: Sequence[Weak]
    chosen: SubjectProgress | None
    levels: Mapping[str, Level]

    @property
    def measured(self) -> Sequence[SubjectProgress]:
        return [it for it in self.progress.subjects if it.subject in self.levels]

    @property
    def begun(self) -> Sequence[SubjectProgress]:
        """Subjects with too few answers to say a level."""
        return [it for it in self.progress.subjects if it.subject not in self.levels]

    @property
    def forecasts(self) -> Sequence[ForecastView]:
        """Of the subject under the glass, the most telling first."""
        return [it for it in self.progress.forecasts if self.chosen and it.subject == self.chosen.subject]

    @property
    def abilities(self) -> Sequence[AbilityPoint]:
        """How the ability in the subject under the glass went; by weeks, once there are many days."""
        return by_week(self.chosen.abilities) if self.chosen else ()

    @property
    def active_days(self) -> int:
        return sum(cell.answered > 0 for cell in self.calendar)

    @property
    def days(self) -> int:
        return sum(cell.look != "dx" for cell in self.calendar)

    @property
    def today(self) -> int:
        return next((cell.answered for cell in self.calendar if "dt" in cell.look), 0)


def cabinet(progress: OwnProgress, today: date, elapsed_ms: int, subject: str) -> Cabinet:
    chosen = next((it for it in progress.subjects if it.subject == subject), None)
    return Cabinet(
        progress=progress,
        seconds=elapsed_ms / 1000,
        calendar=calendar(progress.days, today),
        course=course(progress.days),
        weakest=weakest(progress.subjects),
        chosen=chosen or next(iter(progress.subjects), None),
        levels={it.subject: Level.of(it) for it in progress.subjects if it.total.answered >= ENOUGH},
    )


def by_week(points: Sequence[AbilityPoint]) -> Sequence[AbilityPoint]:
    """The last of each week, under its day, once the days are many."""
    if len(points) <= POINTS:
        return points
    return list({_monday(point.day): point for point in points}.values())


def heat(sums: Sums) -> int:
    """0 for too few answers, else 1 (weak) to 4 (strong)."""
    if sums.answered < ENOUGH or sums.accuracy is None:
        return 0
    return 1 + sum(sums.accuracy >= bound for bound in (0.4, 0.6, 0.8))


def calendar(days: Sequence[DayProgress], today: date) -> Sequence[Cell]:
    """Thirteen whole weeks from Monday to Sunday, this one last."""
    begins = _monday(today) - timedelta(weeks=WEEKS - 1)
    answered = {day.day: day.answered for day in days}
    dates = [begins + timedelta(days=number) for number in range(7 * WEEKS)]
    return [Cell(day, answered.get(day, 0), _look(answered.get(day, 0), day, today)) for day in dates]


def _look(answered: int, day: date, today: date) -> str:
    if day > today:
        return "dx"
    step = 0 if not answered else 1 + (answered >= BUSY) + (answered >= BUSIEST)
    return " ".join(name for name in (f"d{step}" if step else "", "dt" if day == today else "") if name)


def course(days: Sequence[DayProgress]) -> Course:
    """By days while they are few, by weeks then; gaps between stay."""
    if not days:
        return Course((), by_week=False)
    first, last = days[0].day, days[-1].day
    by_week = last - first > BY_DAY
    step = timedelta(weeks=1) if by_week else timedelta(days=1)
    begins = _monday(first) if by_week else first
    groups: dict[date, list[DayProgress]] = {}
    for day in days:
        groups.setdefault(_monday(day.day) if by_week else day.day, []).append(day)
    count = (last - begins) // step + 1
    return Course([_point(begins + step * number, groups) for number in range(count)], by_week)


def _point(begins: date, groups: Mapping[date, Sequence[DayProgress]]) -> Point:
    counted = [day for day in groups.get(begins, ()) if day.accuracy is not None]
    return Point(begins, sum(day.answered for day in counted), _accuracy(counted) if counted else None)


def _accuracy(parts: Sequence[Point] | Sequence[DayProgress]) -> float:
    """By answers, for want of the points of each day."""
    answered = sum(part.answered for part in parts)
    return sum(part.answered * (part.accuracy or 0.0) for part in parts) / answered if answered else 0.0


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weakest(subjects: Sequence[SubjectProgress]) -> Sequence[Weak]:
    found = [
        Weak(subject.subject, topic, sums)
        for subject in subjects
        for topic, sums in subject.topics.items()
        if topic and sums.answered >= ENOUGH_OF_TOPIC and (sums.accuracy or 0.0) < WEAK
    ]
    return sorted(found, key=lambda it: (it.sums.accuracy or 0.0, -it.sums.answered, it.topic))[:WEAKEST]
