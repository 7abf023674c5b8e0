"""How good predictions are: AUC, log-loss, calibration, and the picture of it."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

BINS = 20
SMALLEST = 1e-9
INK, GRID, LINE, BARS = "#1f2937", "#e5e7eb", "#2563eb", "#bfdbfe"
WIDTH, HEIGHT, LEFT, TOP, SIDE = 900, 760, 90, 70, 560


@dataclass(slots=True)
class Predictions:
    """Chances with what came of them, 9 bytes each."""

    chances: array[float] = field(default_factory=lambda: array("d"))
    came: bytearray = field(default_factory=bytearray)

    def add(self, chance: float, came: bool) -> None:
        self.chances.append(chance)
        self.came.append(came)


@dataclass(frozen=True, slots=True)
class Figures:
    """`auc_ties_won` counts every tie of a right and a wrong answer as ordered rightly; `auc` counts half of them.
    `auc` is NaN when all answers are right or all are wrong."""

    auc: float
    log_loss: float
    rmse_bins: float
    n: int
    auc_ties_won: float


def figures(of: Predictions) -> Figures:
    auc, ties_won = _auc(of)
    loss = 0.0
    for chance, came in zip(of.chances, of.came, strict=True):
        loss -= math.log(max(SMALLEST, chance if came else 1 - chance))
    n = len(of.came)
    bins = calibration(of)
    off = sum(count * (expected - actual) ** 2 for expected, actual, count in bins)
    return Figures(auc, loss / n, math.sqrt(off / n), n, ties_won)


def calibration(of: Predictions) -> Sequence[tuple[float, float, int]]:
    """By equal steps of chance: the mean chance, the share that came true, and how many; empty bins left out."""
    sums = [[0.0, 0, 0] for _ in range(BINS)]
    for chance, came in zip(of.chances, of.came, strict=True):
        it = sums[min(BINS - 1, int(chance * BINS))]
        it[0] += chance
        it[1] += came
        it[2] += 1
    return [(chance / count, came / count, int(count)) for chance, came, count in sums if count]


def _auc(of: Predictions) -> tuple[float, float]:
    chances, came = of.chances, of.came
    rows = sorted(range(len(came)), key=chances.__getitem__)
    right = sum(came)
    wrong = len(came) - right
    if not right or not wrong:
        return math.nan, math.nan
    below, ordered, tied, at = 0, 0, 0, 0
    while at < len(rows):
        end, ups = at, 0
        chance = chances[rows[at]]
        while end < len(rows) and chances[rows[end]] == chance:
            ups += came[rows[end]]
            end += 1
        downs = end - at - ups
        ordered += ups * below
        tied += ups * downs
        below += downs
        at = end
    return (ordered + tied / 2) / (right * wrong), (ordered + tied) / (right * wrong)


def draw(of: Predictions, title: str, path: Path) -> None:
    """The calibration as a PNG: the share of right answers over the chance that was predicted, bars for how often."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(20), ImageFont.load_default(15)
    bottom = TOP + SIDE

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + x * SIDE * 1.25, bottom - y * SIDE

    bins = calibration(of)
    most = max(count for _, _, count in bins)
    pen.text((LEFT, 22), title, fill=INK, font=large)
    for step in range(0, 11, 2):
        x, y = place(step / 10, step / 10)
        pen.line([(LEFT, y), place(1, step / 10)], fill=GRID)
        pen.text((LEFT - 42, y - 9), f"{step * 10}%", fill=INK, font=small)
        pen.text((x - 14, bottom + 10), f"{step * 10}%", fill=INK, font=small)
    for expected, _, count in bins:
        left = int(expected * BINS) / BINS
        pen.rectangle([place(left + 0.004, 0.25 * count / most), place(left + 1 / BINS - 0.004, 0)], fill=BARS)
    pen.line([place(0, 0), place(1, 1)], fill="#9ca3af", width=2)
    points = [place(expected, actual) for expected, actual, _ in bins]
    pen.line(points, fill=LINE, width=3)
    for x, y in points:
        pen.ellipse([x - 5, y - 5, x + 5, y + 5], fill=LINE)
    pen.text((LEFT + 250, bottom + 40), "predicted chance of a right answer", fill=INK, font=small)
    legend = "blue: share that was right; grey: ideal; bars: how often predicted"
    pen.text((LEFT, bottom + 75), legend, fill=INK, font=small)
    image.save(path)
