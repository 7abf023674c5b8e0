"""The pictures of the demo's ads: flat shapes, no letters, so that they suit readers of either language."""

import math
from collections.abc import Callable, Mapping

from scripts.demo_canvas import GREEN, INK, RED, TINT, WHITE, Canvas, Point

WIDTH, HEIGHT = 360, 203
PAPER, SAND, SKY, LEAF = "#f7f3ea", "#e9dcc0", "#dbe7f2", "#d8e8dd"


def _sheet(color: str) -> Canvas:
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.box((0, 0), (WIDTH, HEIGHT), fill=color)
    return canvas


def physics() -> Canvas:
    """A pendulum in five positions over an inclined plane."""
    canvas = _sheet(TINT)
    canvas.polygon([(0, HEIGHT), (WIDTH, HEIGHT), (WIDTH, 118)], fill="#d9d2ee")
    pivot = (132.0, 18.0)
    canvas.line([(84, 18), (180, 18)], INK, 5)
    for step in range(-2, 3):
        angle = step * 0.3
        end = (pivot[0] + 118 * math.sin(angle), pivot[1] + 118 * math.cos(angle))
        last = step == 2
        canvas.line([pivot, end], INK if last else "#b3a8da", 2.5 if last else 1.5)
        canvas.circle(end, 15 if last else 11, fill=RED if last else "#c9c0e6")
    canvas.circle((288, 116), 22, fill=WHITE, outline=INK)
    canvas.line([(288, 116), (304, 101)], INK, 2.5)
    return canvas


def english() -> Canvas:
    """Three speech bubbles, the last one still empty."""
    canvas = _sheet(SKY)
    for left, top, right, bottom, fill, tail in (
        (34, 30, 190, 92, "#2b6ea2", (70, 116)),
        (150, 80, 318, 146, WHITE, (282, 172)),
        (60, 128, 168, 176, GREEN, (84, 196)),
    ):
        canvas.polygon([(tail[0], bottom - 6), (tail[0] + 26, bottom - 6), tail], fill=fill)
        canvas.rounded((left, top), (right, bottom), 16, fill, fill, 1)
    for row, width in enumerate((112, 84)):
        canvas.line([(54, 52 + 20 * row), (54 + width, 52 + 20 * row)], SKY, 5)
    for row, width in enumerate((126, 96)):
        canvas.line([(172, 104 + 20 * row), (172 + width, 104 + 20 * row)], "#9fbad3", 5)
    for dot in range(3):
        canvas.circle((96 + 18 * dot, 152), 5, fill=LEAF)
    return canvas


def maths() -> Canvas:
    """A snowflake of hexagons."""
    canvas = _sheet("#e6ecf5")

    def corner(center: Point, radius: float, side: int) -> Point:
        angle = math.pi / 3 * side + math.pi / 6
        return center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)

    middle = (WIDTH / 2, HEIGHT / 2)
    for side in range(6):
        end = corner(middle, 88, side)
        canvas.line([middle, end], INK, 3.5)
        for share in (0.45, 0.7):
            knot = (middle[0] + (end[0] - middle[0]) * share, middle[1] + (end[1] - middle[1]) * share)
            for turn in (-1, 1):
                canvas.line([knot, corner(knot, 22, side + turn)], INK, 2.5)
    canvas.polygon([corner(middle, 26, side) for side in range(6)], fill=WHITE, outline=INK)
    for x, y, radius in ((40, 40, 5), (318, 52, 7), (60, 164, 7), (304, 166, 4), (96, 92, 3), (270, 110, 3)):
        canvas.circle((x, y), radius, fill="#b9c6dd")
    return canvas


def russian() -> Canvas:
    """A ruled sheet, a leaf on it, a correction in red."""
    canvas = _sheet(SAND)
    canvas.polygon([(74, 22), (306, 12), (316, 188), (84, 196)], fill=PAPER)
    for row in range(6):
        canvas.line([(102, 54 + 24 * row), (290, 46 + 24 * row)], "#cfc6b2", 2)
    canvas.line([(102, 76), (196, 72)], "#5b5764", 4)
    canvas.line([(102, 100), (248, 94)], "#5b5764", 4)
    canvas.line([(176, 110), (206, 108)], RED, 3)
    canvas.line([(102, 124), (150, 122)], "#5b5764", 4)
    leaf: list[Point] = [(250, 180), (226, 148), (232, 118), (258, 98), (284, 116), (288, 146)]
    canvas.polygon(leaf, fill="#c9652f")
    for end in ((228, 140), (258, 104), (286, 138)):
        canvas.line([(252, 172), end], "#8f3f17", 2)
    canvas.line([(250, 180), (244, 196)], "#8f3f17", 3)
    return canvas


PICTURES: Mapping[str, Callable[[], Canvas]] = {
    "physics": physics,
    "english": english,
    "maths": maths,
    "russian": russian,
}
