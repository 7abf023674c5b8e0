"""Figures of the demo questions in mathematics, informatics, history and social studies."""

import math

from scripts.demo_canvas import BLUE, GREEN, GRID, INK, QUIET, RED, TEXT, TINT, WHITE, Canvas, Plot, Point


def derivative() -> Canvas:
    canvas = Canvas(420, 260)
    plot = Plot(canvas=canvas, box=(20, 30, 390, 235), x=(-6.5, 6.5), y=(-3.5, 3.7))
    _unit_grid(plot)
    plot.axes("*x*", "*y*")
    plot.smooth([(-6, -3), (-4, 0), (-2.5, 3), (-1, 0), (0.5, -2), (2, 0), (3, 1.6), (4, 0), (6, -3.2)])
    plot.ticks_x([(x, _number(x)) for x in (-6, -4, -1, 2, 4, 6)])
    for x, y in ((-6, -3), (6, -3.2)):
        canvas.circle(plot.at(x, y), 4, WHITE, INK)
    canvas.text((300, 70), "*y* = *f* ′(*x*)", 15, INK)
    return canvas


def tangent() -> Canvas:
    canvas = Canvas(420, 290)
    plot = Plot(canvas=canvas, box=(20, 30, 390, 268), x=(-5, 6), y=(-2.2, 5.4))
    _unit_grid(plot)
    plot.axes("*x*", "*y*")
    plot.ticks_x([(x, _number(x)) for x in (-3, 1, 5)])
    plot.ticks_y([(y, _number(y)) for y in (-1, 1, 3)])
    plot.curve(lambda x: 0.25 * x * x + 0.75, -4.2, 4.2)
    plot.path([(-5, -2), (6, 3.5)], RED, 2)
    for x, y in ((-3, -1), (1, 1), (5, 3)):
        plot.dot(x, y, TEXT)
    canvas.text(plot.at(-3.2, 4.6), "*y* = *f*(*x*)", 15, INK, "l")
    return canvas


def parabola() -> Canvas:
    canvas = Canvas(340, 330)
    plot = Plot(canvas=canvas, box=(25, 30, 305, 310), x=(-2, 6), y=(-4, 4))
    _unit_grid(plot)
    plot.axes("*x*", "*y*")
    plot.ticks_x([(1, "1")])
    plot.ticks_y([(1, "1")])
    plot.curve(lambda x: x * x - 4 * x + 1, -0.64, 4.64)
    plot.dot(2, -3)
    plot.dot(0, 1)
    return canvas


def lines() -> Canvas:
    canvas = Canvas(360, 330)
    plot = Plot(canvas=canvas, box=(25, 30, 325, 310), x=(-4, 4), y=(-3.8, 3.7))
    _unit_grid(plot)
    plot.axes("*x*", "*y*")
    plot.ticks_x([(1, "1")])
    plot.ticks_y([(1, "1")])
    plot.path([(-1.3, -3.6), (2.25, 3.5)], INK)
    plot.path([(-4, -1), (4, 3)], RED)
    plot.path([(-1.5, 3.5), (4, -2)], GREEN)
    for x, y, digit, color in ((2.65, 3.35, "1", INK), (-3.2, -1.35, "2", RED), (3.4, -0.9, "3", GREEN)):
        canvas.circle(plot.at(x, y), 10, WHITE, color)
        canvas.text(plot.at(x, y), digit, 13, color, style="bold")
    return canvas


def number_line() -> Canvas:
    canvas = Canvas(440, 90)
    plot = Plot(canvas=canvas, box=(30, 10, 400, 80), x=(0, 4), y=(0, 1))
    canvas.arrow((14, 45), (428, 45))
    plot.ticks_x([(x, str(x)) for x in range(5)], base=0.5)
    for value, name in ((0.8, "A"), (math.sqrt(3), "B"), (7 / 3, "C"), (math.log2(7), "D")):
        x, y = plot.at(value, 0.5)
        canvas.circle((x, y), 4.5, INK)
        canvas.text((x, y - 18), f"*{name}*", 16, INK)
    return canvas


def trapezium() -> Canvas:
    canvas = Canvas(300, 220)
    plot = Plot(canvas=canvas, box=(10, 10, 290, 210), x=(0, 8.4), y=(0, 6))
    for x in range(9):
        canvas.line([plot.at(x, 0), plot.at(x, 6)], GRID, 1)
    for y in range(7):
        canvas.line([plot.at(0, y), plot.at(8.4, y)], GRID, 1)
    canvas.polygon([plot.at(*p) for p in ((1, 1), (7, 1), (5, 5), (2, 5))], TINT, INK, 2.5)
    start, end = plot.at(7.2, 5.4), plot.at(8.2, 5.4)
    canvas.line([start, end], TEXT, 2)
    canvas.text(((start[0] + end[0]) / 2, start[1] - 11), "1 см", 12, QUIET)
    return canvas


def rain() -> Canvas:
    canvas = Canvas(460, 270)
    plot = Plot(canvas=canvas, box=(50, 30, 445, 235), x=(0, 12), y=(0, 100))
    for y in range(0, 101, 10):
        canvas.line([plot.at(0, y), plot.at(12, y)], GRID, 1)
    for month, value in enumerate((40, 30, 30, 40, 50, 80, 90, 80, 70, 60, 60, 50)):
        canvas.box(plot.at(month + 0.2, value), plot.at(month + 0.8, 0), INK)
    canvas.line([plot.at(0, 0), plot.at(12, 0)])
    plot.ticks_y([(y, str(y)) for y in range(0, 101, 20)])
    canvas.text((14, 14), "мм", 13, QUIET, "l")
    names = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
    for month, name in enumerate(names):
        canvas.text((plot.at(month + 0.5, 0)[0], 251), name, 12, QUIET)
    return canvas


def roads() -> Canvas:
    canvas = Canvas(440, 270)
    towns: dict[str, Point] = {
        "А": (40, 135),
        "Б": (145, 45),
        "В": (165, 135),
        "Г": (145, 228),
        "Д": (300, 60),
        "Е": (290, 205),
        "Ж": (400, 135),
    }
    for road in ("АБ", "АВ", "АГ", "БД", "ВБ", "ВД", "ВГ", "ВЕ", "ГЕ", "ДЖ", "ЕД", "ЕЖ"):
        (x1, y1), (x2, y2) = towns[road[0]], towns[road[1]]
        length = math.dist((x1, y1), (x2, y2))
        dx, dy = (x2 - x1) / length * 19, (y2 - y1) / length * 19
        canvas.arrow((x1 + dx, y1 + dy), (x2 - dx, y2 - dy), QUIET, 1.75, 10)
    for name, at in towns.items():
        canvas.circle(at, 17, TINT, INK)
        canvas.text(at, name, 15, INK, style="bold")
    return canvas


def timeline() -> Canvas:
    canvas = Canvas(520, 120)
    plot = Plot(canvas=canvas, box=(30, 20, 490, 110), x=(1600, 1900), y=(0, 1))
    y = plot.at(1600, 0.3)[1]
    canvas.arrow((16, y), (512, y), width=2)
    for year in range(1600, 1901, 25):
        x = plot.at(year, 0)[0]
        long = year % 100 == 0
        canvas.line([(x, y - (7 if long else 4)), (x, y + (7 if long else 4))], TEXT, 2 if long else 1.25)
        if year % 50 == 0:
            canvas.text((x, y + 18), str(year), 12, TEXT if long else QUIET)
    for digit, year in enumerate((1613, 1654, 1721, 1814, 1861), 1):
        x = plot.at(year, 0)[0]
        canvas.line([(x, y), (x, y - 32)], INK, 2)
        canvas.circle((x, y - 42), 11, INK)
        canvas.text((x, y - 42), str(digit), 13, WHITE, style="bold")
    return canvas


def demand() -> Canvas:
    canvas = Canvas(340, 270)
    plot = Plot(canvas=canvas, box=(40, 30, 310, 240), x=(0, 10), y=(0, 10))
    plot.axes("*Q*", "*P*")
    plot.path([(1, 1.5), (9, 9.5)], TEXT, 2.25)
    plot.path([(1, 8), (7, 2)], BLUE, 2.5)
    plot.path([(3.6, 8.8), (9.6, 2.8)], RED, 2.5)
    canvas.arrow(plot.at(3.1, 6.3), plot.at(5.5, 6.55), QUIET, 1.75)
    canvas.text(plot.at(9.4, 9.3), "*S*", 16, TEXT, "l")
    canvas.text(plot.at(7.1, 1.6), "*D*", 16, BLUE, "l")
    canvas.text(plot.at(9.6, 2.2), "*D*_{1}", 16, RED, "l")
    return canvas


def _unit_grid(plot: Plot) -> None:
    for x in range(math.ceil(plot.x[0]), math.floor(plot.x[1]) + 1):
        plot.canvas.line([plot.at(x, plot.y[0]), plot.at(x, plot.y[1])], GRID, 1)
    for y in range(math.ceil(plot.y[0]), math.floor(plot.y[1]) + 1):
        plot.canvas.line([plot.at(plot.x[0], y), plot.at(plot.x[1], y)], GRID, 1)


def _number(value: int) -> str:
    return str(value).replace("-", "−")


FIGURES = {
    "math-derivative": derivative,
    "math-tangent": tangent,
    "math-parabola": parabola,
    "math-lines": lines,
    "math-line": number_line,
    "math-grid": trapezium,
    "math-rain": rain,
    "informatics-roads": roads,
    "history-timeline": timeline,
    "social-demand": demand,
}
