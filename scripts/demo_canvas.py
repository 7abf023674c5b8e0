"""A small drawing board for the figures of the demo questions: clean lines on white, Russian labels, PNG at 2x."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

type Point = tuple[float, float]

INK = "#4b3b92"
TEXT = "#24222b"
QUIET = "#5b5764"
GRID = "#dcd7cb"
TINT = "#efecf8"
RED = "#a2322b"
GREEN = "#1c6a45"
BLUE = "#2b6ea2"
WHITE = "#ffffff"

_SCALE = 4
"""Drawn at 4x and reduced to 2x, so that edges come out smooth."""
_MARKUP = re.compile(r"\*(?P<italic>[^*]+)\*|_\{(?P<sub>[^}]*)\}|(?P<plain>[^*_]+|_)")


@cache
def _font(style: str, size: int) -> ImageFont.FreeTypeFont:
    suffix = {"plain": "", "italic": "-Oblique", "bold": "-Bold"}[style]
    return ImageFont.truetype(f"DejaVuSans{suffix}.ttf", size * _SCALE)


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    font: ImageFont.FreeTypeFont
    drop: float


def _runs(text: str, size: int, style: str) -> list[_Run]:
    runs = []
    for match in _MARKUP.finditer(text):
        if match["sub"] is not None:
            runs.append(_Run(match["sub"], _font(style, round(size * 0.72)), size * 0.28))
        else:
            slant = "italic" if match["italic"] else style
            runs.append(_Run(match["italic"] or match["plain"], _font(slant, size), 0))
    return runs


class Canvas:
    """Coordinates are in logical pixels from the top left corner. `*v*_{x}` in a text is an italic v with an index."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), WHITE)
        self._draw = ImageDraw.Draw(self._image)

    def line(self, points: Sequence[Point], color: str = TEXT, width: float = 1.5, *, dash: float = 0) -> None:
        if dash:
            for start, end in pairwise(points):
                self._dashed(start, end, color, width, dash)
            return
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, fill=color, width=round(width * _SCALE), joint="curve")
        radius = width / 2
        for x, y in (points[0], points[-1]):
            self.circle((x, y), radius, fill=color)

    def _dashed(self, start: Point, end: Point, color: str, width: float, dash: float) -> None:
        length = math.dist(start, end)
        steps = max(1, round(length / dash))
        for step in range(0, steps, 2):
            a, b = step / steps, min(1.0, (step + 1) / steps)
            self.line([_between(start, end, a), _between(start, end, b)], color, width)

    def arrow(self, start: Point, end: Point, color: str = TEXT, width: float = 1.5, head: float = 9) -> None:
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        neck = (end[0] - head * 0.8 * math.cos(angle), end[1] - head * 0.8 * math.sin(angle))
        self.line([start, neck], color, width)
        wings = [(end[0] - head * math.cos(angle + t), end[1] - head * math.sin(angle + t)) for t in (-0.4, 0.4)]
        self.polygon([end, *wings], fill=color)

    def polygon(
        self, points: Sequence[Point], fill: str | None = None, outline: str | None = None, w: float = 2
    ) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        if fill is not None:
            self._draw.polygon(scaled, fill=fill)
        if outline is not None:
            self.line([*points, points[0]], outline, w)

    def box(self, corner: Point, opposite: Point, fill: str | None = None, outline: str | None = None) -> None:
        (left, top), (right, bottom) = corner, opposite
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill, outline, 1.75)

    def rounded(self, corner: Point, opposite: Point, radius: float, fill: str, outline: str, width: float) -> None:
        box = [value * _SCALE for value in (*corner, *opposite)]
        self._draw.rounded_rectangle(box, radius * _SCALE, fill, outline, round(width * _SCALE))

    def ellipse(
        self, center: Point, rx: float, ry: float, fill: str | None, outline: str | None, w: float = 1.75
    ) -> None:
        x, y = center
        box = [value * _SCALE for value in (x - rx, y - ry, x + rx, y + ry)]
        self._draw.ellipse(box, fill, outline, round(w * _SCALE))

    def circle(self, center: Point, radius: float, fill: str | None = TEXT, outline: str | None = None) -> None:
        self.ellipse(center, radius, radius, fill, outline)

    def text(
        self,
        at: Point,
        text: str,
        size: int = 14,
        color: str = TEXT,
        anchor: str = "m",
        style: str = "plain",
        *,
        halo: bool = False,
    ) -> None:
        """`at` is the middle of the line's height; `anchor` says where in the width: l(eft), m(iddle) or r(ight).

        A halo keeps it readable over lines.
        """
        runs = _runs(text, size, style)
        width = sum(run.font.getlength(run.text) for run in runs)
        x = at[0] * _SCALE - {"l": 0.0, "m": width / 2, "r": width}[anchor]
        baseline = (at[1] + size * 0.36) * _SCALE
        for run in runs:
            rim = round(1.5 * _SCALE) if halo else 0
            at_run = (x, baseline + run.drop * _SCALE)
            self._draw.text(at_run, run.text, color, run.font, "ls", stroke_width=rim, stroke_fill=WHITE)
            if halo:
                self._draw.text(at_run, run.text, color, run.font, "ls")
            x += run.font.getlength(run.text)

    def save(self, path: Path) -> None:
        """A palette PNG: these figures hold few colours, and a palette halves the file."""
        small = self._image.resize((self.width * 2, self.height * 2), Image.Resampling.LANCZOS)
        small.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _catmull_rom(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def mix(p: float, q: float, r: float, s: float) -> float:
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)

    return mix(a[0], b[0], c[0], d[0]), mix(a[1], b[1], c[1], d[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Axes on a canvas: the box `left, top, right, bottom` shows x from `x0` to `x1` and y from `y0` to `y1`."""

    canvas: Canvas
    box: tuple[float, float, float, float]
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> Point:
        left, top, right, bottom = self.box
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return left + across * (right - left), bottom - up * (bottom - top)

    def grid(self, dx: float, dy: float) -> None:
        x, y = self.x[0], self.y[0]
        while x <= self.x[1] + 1e-9:
            self.canvas.line([self.at(x, self.y[0]), self.at(x, self.y[1])], GRID, 1)
            x += dx
        while y <= self.y[1] + 1e-9:
            self.canvas.line([self.at(self.x[0], y), self.at(self.x[1], y)], GRID, 1)
            y += dy

    def axes(self, x_label: str, y_label: str, origin: Point = (0, 0), drop: float = 17) -> None:
        left, right = self.at(self.x[0], origin[1]), self.at(self.x[1], origin[1])
        bottom, top = self.at(origin[0], self.y[0]), self.at(origin[0], self.y[1])
        self.canvas.arrow(left, (right[0] + 16, right[1]), width=1.5)
        self.canvas.arrow(bottom, (top[0], top[1] - 16), width=1.5)
        self.canvas.text((right[0] + 16, right[1] + drop), x_label, anchor="r")
        self.canvas.text((top[0] + 9, top[1] - 12), y_label, anchor="l")

    def ticks_x(self, labels: Sequence[tuple[float, str]], base: float = 0, size: int = 13) -> None:
        for value, label in labels:
            x, y = self.at(value, base)
            self.canvas.line([(x, y - 3), (x, y + 3)], TEXT, 1.25)
            self.canvas.text((x, y + 14), label, size, QUIET, halo=True)

    def ticks_y(self, labels: Sequence[tuple[float, str]], base: float = 0, size: int = 13) -> None:
        for value, label in labels:
            x, y = self.at(base, value)
            self.canvas.line([(x - 3, y), (x + 3, y)], TEXT, 1.25)
            self.canvas.text((x - 7, y), label, size, QUIET, "r", halo=True)

    def path(self, points: Sequence[Point], color: str = INK, width: float = 2.75, *, dash: float = 0) -> None:
        self.canvas.line([self.at(*point) for point in points], color, width, dash=dash)

    def curve(
        self, f: Callable[[float], float], start: float, end: float, color: str = INK, width: float = 2.75
    ) -> None:
        steps = 160
        xs = [start + (end - start) * step / steps for step in range(steps + 1)]
        self.path([(x, f(x)) for x in xs], color, width)

    def smooth(self, knots: Sequence[Point], color: str = INK, width: float = 2.75) -> None:
        """A smooth curve that passes exactly through the knots (Catmull–Rom)."""
        padded = [knots[0], *knots, knots[-1]]
        points: list[Point] = []
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
            points.extend(_catmull_rom(a, b, c, d, step / 20) for step in range(20))
        self.path([*points, knots[-1]], color, width)

    def dot(self, x: float, y: float, color: str = INK, radius: float = 4) -> None:
        self.canvas.circle(self.at(x, y), radius, color)
