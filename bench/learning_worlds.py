"""Made-up schools for checking a learner model on logs that nobody has tuned it to.

Each world is a family of response logs with a truth of its own: how ability spreads, what is learned and forgotten, how
questions are laid out. A world and a seed give the same log on every machine. Answers come learner by learner, each in
the order of time.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from bench.response_logs import Response

DAY = 86400.0
MINUTE = 60.0


def _chance(logit: float, guess: float = 0.0, slip: float = 0.0) -> float:
    return guess + (1 - guess - slip) / (1 + math.exp(-logit))


def _seconds(source: Random, gap: float) -> float:
    """How long an answer takes: longer the harder it is for the learner, long-tailed."""
    return math.exp(source.gauss(3.0 - 0.15 * max(-3.0, min(3.0, gap)), 0.6))


@dataclass(frozen=True, slots=True)
class _Item:
    name: str
    skill: int
    difficulty: float
    guess: float


def _bank(source: Random, skills: int, per_skill: int, *, spread: float, guess: float) -> list[list[_Item]]:
    bank = []
    for skill in range(skills):
        middle, size = source.gauss(-0.2, 1.0), max(4, int(source.lognormvariate(math.log(per_skill), 0.5)))
        bank.append(
            [
                _Item(f"{skill}-{n}", skill, source.gauss(middle, spread), source.uniform(0.3, 1.7) * guess)
                for n in range(size)
            ]
        )
    return bank


def skill_builders(seed: int, learners: int) -> Iterator[Response]:
    """Homework by skill until three right answers in a row: learning, forgetting, strands, classes, careless spells."""
    source = Random(seed)
    bank = _bank(source, 110, 40, spread=1.1, guess=0.1)
    strand = [source.randrange(6) for _ in bank]
    plans = [source.sample(range(110), 60) for _ in range(12)]
    for learner in range(learners):
        plan = plans[learner % len(plans)]
        able, rate = source.gauss(0.4, 1.1), source.lognormvariate(math.log(0.12), 0.6)
        by_strand = [source.gauss(0, 0.6) for _ in range(6)]
        known = {skill: by_strand[strand[skill]] + source.gauss(0, 0.7) for skill in plan}
        seen: dict[int, float] = {}
        at, careless = source.uniform(0, 30) * DAY, False
        for skill in plan[: max(2, int(source.lognormvariate(math.log(14), 0.7)))]:
            if source.random() < 0.4:
                at += source.lognormvariate(math.log(2), 0.8) * DAY
            for it in (source.choice(plan), skill) if seen and source.random() < 0.3 else (skill,):
                row = 0
                for _ in range(12 if it == skill else 3):
                    item = source.choice(bank[it])
                    careless = source.random() < (0.7 if careless else 0.015)
                    gone = 0.25 * math.log1p((at - seen[it]) / DAY) if it in seen else 0.0
                    logit = -1.2 if careless else able + known.setdefault(it, 0.0) - gone - item.difficulty
                    right = source.random() < _chance(logit, item.guess, 0.06)
                    took = source.uniform(2, 6) if careless else _seconds(source, logit)
                    at += took + source.uniform(2, 20)
                    yield Response(str(learner), item.name, str(it), right, at, took * 1000)
                    seen[it] = at
                    known[it] += rate * (1.0 if right else 0.6) / (1 + max(0.0, known[it]))
                    row = row + 1 if right else 0
                    if row == 3 or source.random() < 0.02:
                        break


def paper_forms(seed: int, learners: int) -> Iterator[Response]:
    """Fixed papers without topics or times: a question wants several skills at once, which build on each other."""
    source = Random(seed)
    skills, length = 9, 24
    before = [[other for other in range(skill) if source.random() < 0.35] for skill in range(skills)]
    easy = [source.gauss(0.3, 0.8) for _ in range(skills)]
    papers = [
        [
            (source.sample(range(skills), source.choice((1, 1, 2, 2, 3))), source.uniform(0.02, 0.2))
            for _ in range(length)
        ]
        for _ in range(4)
    ]
    slips = [[source.uniform(0.03, 0.2) for _ in range(length)] for _ in papers]
    for learner in range(learners):
        able = source.gauss(0, 1.1)
        knows: list[bool] = []
        for skill in range(skills):
            ready = all(knows[other] for other in before[skill])
            knows.append(source.random() < _chance(1.5 * able + easy[skill] + (0.8 if ready else -1.8)))
        for paper in source.sample(range(len(papers)), 2):
            for place, (wanted, guess) in enumerate(papers[paper]):
                can = all(knows[skill] for skill in wanted)
                right = source.random() < (1 - slips[paper][place] if can else guess)
                yield Response(str(learner), f"{paper}-{place}", "", right)


def word_drills(seed: int, learners: int) -> Iterator[Response]:
    """The same facts again and again over weeks: recall halves with time, and each success slows the loss."""
    source = Random(seed)
    facts = [(source.gauss(0.3, 0.7), unit) for unit in range(20) for _ in range(15)]
    for learner in range(learners):
        talent, at = source.gauss(0, 0.5), source.uniform(0, 20) * DAY
        memory: dict[int, tuple[float, float]] = {}
        unit = source.randrange(20)
        for _ in range(max(2, int(source.lognormvariate(math.log(6), 0.6)))):
            if source.random() < 0.4:
                unit = (unit + 1) % 20
            pool = [n for n, fact in enumerate(facts) if fact[1] == unit or (n in memory and source.random() < 0.15)]
            for fact in source.sample(pool, min(len(pool), 15)):
                ease, topic = facts[fact]
                if fact in memory:
                    half, last = memory[fact]
                    recall = 0.97 * 2 ** (-(at - last) / DAY / half) + 0.02
                else:
                    half, recall = 1.2 * math.exp(talent + ease), _chance(talent + ease - 0.9, 0.1)
                right = source.random() < recall
                took = _seconds(source, 3 * recall - 1.5)
                at += took + 2
                memory[fact] = (max(0.2, half * (1.9 if right else 0.6)), at)
                yield Response(str(learner), str(fact), str(topic), right, at, took * 1000)
            at += source.lognormvariate(math.log(2), 0.9) * DAY


def sudden_mastery(seed: int, learners: int) -> Iterator[Response]:
    """A skill is known or not, and comes at once: the world of Bayesian knowledge tracing, with no times."""
    source = Random(seed)
    skills = [
        (source.uniform(0.1, 0.6), source.uniform(0.05, 0.3), source.uniform(0.1, 0.3), source.uniform(0.03, 0.2))
        for _ in range(80)
    ]
    for learner in range(learners):
        able = source.gauss(0, 0.8)
        for skill in source.sample(range(80), source.randint(3, 20)):
            start, learn, guess, slip = skills[skill]
            known = source.random() < _chance(math.log(start / (1 - start)) + able)
            for _ in range(source.randint(4, 12)):
                right = source.random() < (1 - slip if known else guess)
                yield Response(str(learner), f"{skill}-{source.randrange(25)}", str(skill), right)
                known = known or source.random() < _chance(math.log(learn / (1 - learn)) + 0.5 * able)


def chosen_by_level(seed: int, learners: int) -> Iterator[Response]:
    """A trainer that already asks what suits: most learners are new, and three of four answers are right anyway."""
    source = Random(seed)
    bank = [item for some in _bank(source, 40, 60, spread=1.0, guess=0.15) for item in some]
    bank.sort(key=lambda item: item.difficulty)
    for learner in range(learners):
        able, at = source.gauss(0, 0.9), source.uniform(0, 60) * DAY
        parts = [source.gauss(0, 0.6) for _ in range(40)]
        level, form = 0.0, 0.0
        for n in range(max(3, int(source.lognormvariate(math.log(25), 1.0)))):
            if n % 12 == 0:
                at, form = at + source.lognormvariate(0, 1) * DAY, source.gauss(0, 0.4)
            place = sum(item.difficulty < level - 0.9 for item in bank[::50]) * 50 + source.randrange(-600, 600)
            item = bank[max(0, min(len(bank) - 1, place))]
            logit = able + parts[item.skill] + form - item.difficulty
            right = source.random() < _chance(logit, item.guess, 0.03)
            took = _seconds(source, logit)
            at += took + 5
            yield Response(str(learner), item.name, str(item.skill), right, at, took * 1000)
            level += 0.5 / (1 + 0.1 * n) * (right - 0.75)
            parts[item.skill] += 0.03


WORLDS: Mapping[str, tuple[Callable[[int, int], Iterator[Response]], int]] = {
    "skill builders": (skill_builders, 1000),
    "paper forms": (paper_forms, 1500),
    "word drills": (word_drills, 800),
    "sudden mastery": (sudden_mastery, 900),
    "chosen by level": (chosen_by_level, 1500),
}
"""Each world with as many learners as a check takes."""
