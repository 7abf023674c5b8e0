"""Figures of the demo questions in physics and chemistry."""

import math

from scripts.demo_canvas import GRID, INK, QUIET, RED, TEXT, TINT, WHITE, Canvas, Plot, Point


def speed() -> Canvas:
    canvas = Canvas(420, 250)
    plot = Plot(canvas=canvas, box=(50, 35, 385, 210), x=(0, 12), y=(0, 11))
    plot.grid(1, 2)
    plot.axes("*t*, с", "*v*, м/с")
    plot.ticks_x([(x, str(x)) for x in (3, 6, 9, 11)])
    plot.ticks_y([(y, str(y)) for y in (0, 2, 4, 6, 8, 10)])
    plot.path([(0, 4), (3, 4), (6, 10), (11, 0)])
    return canvas


def spring() -> Canvas:
    canvas = Canvas(360, 250)
    plot = Plot(canvas=canvas, box=(50, 35, 325, 210), x=(0, 6), y=(0, 12))
    plot.grid(1, 2)
    plot.axes("*x*, см", "*F*, Н")
    plot.ticks_x([(x, str(x)) for x in range(1, 6)])
    plot.ticks_y([(y, str(y)) for y in (0, 2, 4, 6, 8, 10)])
    plot.path([(0, 0), (5.5, 11)])
    plot.dot(4, 8)
    return canvas


def cycle() -> Canvas:
    canvas = Canvas(360, 260)
    plot = Plot(canvas=canvas, box=(50, 35, 325, 220), x=(0, 7), y=(0, 5))
    plot.grid(1, 1)
    plot.axes("*V*, л", "*p*, 10⁵ Па")
    plot.ticks_x([(x, str(x)) for x in range(1, 7)])
    plot.ticks_y([(y, str(y)) for y in range(5)])
    corners: list[Point] = [(2, 1), (2, 4), (6, 1)]
    canvas.polygon([plot.at(*corner) for corner in corners], TINT)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        (x1, y1), (x2, y2) = plot.at(*corners[start]), plot.at(*corners[end])
        canvas.line([(x1, y1), (x2, y2)], INK, 2.75)
        canvas.arrow((x1, y1), (x1 + (x2 - x1) * 0.57, y1 + (y2 - y1) * 0.57), INK, 2.75, 12)
    for label, (x, y) in (("1", (1.65, 0.75)), ("2", (1.7, 4.3)), ("3", (6.35, 1.25))):
        canvas.text(plot.at(x, y), label, 15, INK, style="bold")
    return canvas


def circuit() -> Canvas:
    canvas = Canvas(440, 190)
    middle = 95
    canvas.line([(35, middle), (230, middle)], TEXT, 2)
    canvas.line([(370, middle), (410, middle)], TEXT, 2)
    canvas.line([(230, 50), (230, 140)], TEXT, 2)
    canvas.line([(370, 50), (370, 140)], TEXT, 2)
    for y in (50, 140):
        canvas.line([(230, y), (370, y)], TEXT, 2)
    for x, y, label in ((175, middle, "6 Ом"), (300, 50, "12 Ом"), (300, 140, "4 Ом")):
        canvas.box((x - 27, y - 10), (x + 27, y + 10), WHITE, TEXT)
        canvas.text((x, y - 23), label, 14)
    canvas.circle((95, middle), 16, WHITE, TEXT)
    canvas.text((95, middle), "А", 15)
    for x, name, anchor in ((35, "A", "r"), (410, "B", "l")):
        canvas.circle((x, middle), 4.5, WHITE, TEXT)
        canvas.text((x + (-10 if anchor == "r" else 10), middle), f"*{name}*", 16, TEXT, anchor)
    for point in ((230, middle), (370, middle)):
        canvas.circle(point, 3)
    return canvas


def lens() -> Canvas:
    canvas = Canvas(440, 220)
    axis, x0, focus = 115, 220, 80
    canvas.line([(15, axis), (425, axis)], QUIET, 1.25)
    canvas.arrow((x0, axis), (x0, 20), INK, 2.5, 12)
    canvas.arrow((x0, axis), (x0, 210), INK, 2.5, 12)
    for side in (-2, -1, 1, 2):
        x = x0 + side * focus
        canvas.circle((x, axis), 3.5)
        canvas.text((x, axis + 18), "2*F*" if abs(side) == 2 else "*F*", 15)
    canvas.arrow((x0 - 120, axis), (x0 - 120, axis - 55), RED, 3, 12)
    canvas.text((x0 - 120, axis - 70), "предмет", 13, RED)
    return canvas


def voltmeter() -> Canvas:
    canvas = Canvas(340, 220)
    canvas.rounded((6, 6), (334, 214), 14, "#fbfaf7", QUIET, 2)
    center: Point = (170, 190)

    def at(value: float, radius: float) -> Point:
        angle = math.radians(160 - value / 6 * 140)
        return center[0] + radius * math.cos(angle), center[1] - radius * math.sin(angle)

    canvas.line([at(step / 10, 130) for step in range(61)], TEXT, 1.5)
    for step in range(31):
        value, whole = step / 5, step % 5 == 0
        canvas.line([at(value, 130), at(value, 146 if whole else 138)], TEXT, 2 if whole else 1.25)
        if whole:
            canvas.text(at(value, 161), str(step // 5), 15)
    canvas.line([center, at(3.4, 134)], RED, 2.25)
    canvas.circle(center, 9, TEXT)
    canvas.text((170, 130), "В", 20, QUIET)
    return canvas


def gas() -> Canvas:
    canvas = Canvas(440, 300)
    canvas.line([(70, 285), (70, 60)], QUIET, 4)
    canvas.line([(30, 285), (150, 285)], QUIET, 5)
    canvas.line([(70, 140), (140, 150)], QUIET, 3)
    _test_tube(canvas, (105, 180), (215, 122), 17)
    canvas.polygon([(108, 193), (112, 176), (150, 158), (156, 176)], "#d8d3c6")
    canvas.polygon([(203, 112), (219, 104), (230, 130), (213, 138)], "#b98b5e", TEXT, 1.5)
    canvas.line([(222, 120), (262, 100), (330, 100), (330, 55)], TEXT, 6)
    canvas.line([(222, 120), (262, 100), (330, 100), (330, 55)], WHITE, 3)
    for x in (308, 352):
        canvas.line([(x, 150), (x, 42)], TEXT, 2)
    canvas.line([(308 + 22 - 22 * math.cos(t / 20 * math.pi), 42 - 22 * math.sin(t / 20 * math.pi)) for t in range(21)])
    canvas.polygon([(120, 285), (130, 250), (156, 250), (166, 285)], "#cfe0ec", TEXT, 1.75)
    canvas.polygon([(143, 205), (153, 232), (143, 247), (133, 232)], "#e3b45f")
    canvas.line([(143, 250), (143, 245)], TEXT, 5)
    canvas.text((365, 85), "газ", 14, QUIET, "l")
    canvas.text((176, 268), "нагревание", 14, QUIET, "l")
    return canvas


def _test_tube(canvas: Canvas, bottom: Point, mouth: Point, radius: float) -> None:
    angle = math.atan2(mouth[1] - bottom[1], mouth[0] - bottom[0])
    normal = (math.sin(angle) * radius, -math.cos(angle) * radius)
    arc = [angle + math.pi / 2 + math.pi * step / 20 for step in range(21)]
    round_end = [(bottom[0] + radius * math.cos(t), bottom[1] + radius * math.sin(t)) for t in arc]
    sides = [(mouth[0] - normal[0], mouth[1] - normal[1]), *round_end, (mouth[0] + normal[0], mouth[1] + normal[1])]
    canvas.line(sides, TEXT, 2)


def energy() -> Canvas:
    canvas = Canvas(420, 270)
    plot = Plot(canvas=canvas, box=(55, 35, 385, 235), x=(0, 10), y=(0, 140))
    for y in range(0, 141, 10):
        canvas.line([plot.at(0, y), plot.at(10, y)], GRID, 1)
    plot.axes("ход реакции", "*E*, кДж")
    plot.ticks_y([(y, str(y)) for y in range(0, 141, 20)])
    plot.path([(0.4, 40), (2.4, 40)])
    plot.curve(lambda x: 40 + 90 * (1 - math.cos((x - 2.4) / 2.4 * math.pi)) / 2, 2.4, 4.8)
    plot.curve(lambda x: 20 + 110 * (1 + math.cos((x - 4.8) / 2.4 * math.pi)) / 2, 4.8, 7.2)
    plot.path([(7.2, 20), (9.6, 20)])
    canvas.text(plot.at(1.5, 50), "реагенты", 13, QUIET)
    canvas.text(plot.at(8.5, 30), "продукты", 13, QUIET)
    return canvas


FIGURES = {
    "physics-speed": speed,
    "physics-spring": spring,
    "physics-cycle": cycle,
    "physics-circuit": circuit,
    "physics-lens": lens,
    "physics-voltmeter": voltmeter,
    "chemistry-gas": gas,
    "chemistry-energy": energy,
}
