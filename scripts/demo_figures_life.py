"""Figures of the demo questions in biology, geography and English."""

import math

from scripts.demo_canvas import BLUE, GREEN, GRID, INK, QUIET, RED, TEXT, TINT, WHITE, Canvas, Plot, Point


def cell() -> Canvas:
    canvas = Canvas(460, 320)
    canvas.rounded((70, 20), (390, 300), 36, "#dfeed8", "#6f9a5b", 9)
    canvas.rounded((80, 30), (380, 290), 28, "#f3f8ee", "#a9c79a", 1.5)
    canvas.rounded((185, 125), (355, 270), 50, "#d9eaf4", "#7fa9c4", 2)
    canvas.circle((140, 105), 40, "#d9cdec", INK)
    canvas.circle((148, 98), 12, INK)
    for center in ((270, 75), (130, 215)):
        _chloroplast(canvas, center)
    for center in ((335, 80), (130, 262)):
        _mitochondrion(canvas, center)
    callouts: tuple[tuple[str, Point, Point], ...] = (
        ("1", (74, 60), (28, 40)),
        ("2", (250, 65), (222, 46)),
        ("3", (112, 120), (28, 150)),
        ("4", (345, 75), (430, 60)),
        ("5", (320, 200), (430, 200)),
    )
    for digit, target, label in callouts:
        canvas.line([target, label], TEXT, 1.25)
        canvas.circle(target, 2.5)
        canvas.circle(label, 12, WHITE, TEXT)
        canvas.text(label, digit, 14, style="bold")
    return canvas


def _chloroplast(canvas: Canvas, center: Point) -> None:
    x, y = center
    canvas.ellipse(center, 34, 17, "#8cbf7a", "#4d8a3b")
    for dx in (-16, 0, 16):
        for dy in (-6, 0, 6):
            canvas.line([(x + dx - 5, y + dy), (x + dx + 5, y + dy)], "#2f6b20", 3.5)


def _mitochondrion(canvas: Canvas, center: Point) -> None:
    x, y = center
    canvas.ellipse(center, 27, 13, "#f0c9a4", "#b0713c")
    canvas.line([(x - 20 + step, y + 6 * math.sin(step / 40 * 6 * math.pi)) for step in range(41)], "#b0713c", 1.75)


def pedigree() -> Canvas:
    canvas = Canvas(320, 220)
    canvas.line([(120, 50), (200, 50)], TEXT, 2)
    canvas.line([(160, 50), (160, 110)], TEXT, 2)
    canvas.line([(60, 110), (260, 110)], TEXT, 2)
    for x in (60, 160, 260):
        canvas.line([(x, 110), (x, 145)], TEXT, 2)
    canvas.box((90, 32), (126, 68), WHITE, TEXT)
    canvas.circle((212, 50), 19, WHITE, TEXT)
    canvas.box((42, 145), (78, 181), WHITE, TEXT)
    canvas.circle((160, 164), 19, TEXT, TEXT)
    canvas.box((242, 145), (278, 181), TEXT, TEXT)
    for x, y, digit in ((108, 84, "1"), (212, 84, "2"), (60, 198, "1"), (160, 198, "2"), (260, 198, "3")):
        canvas.text((x, y), digit, 13, QUIET)
    canvas.text((20, 50), "I", 16, QUIET)
    canvas.text((20, 164), "II", 16, QUIET)
    return canvas


def enzyme() -> Canvas:
    canvas = Canvas(420, 260)
    plot = Plot(canvas=canvas, box=(45, 45, 385, 215), x=(10, 65), y=(0, 110))
    for x in range(10, 66, 5):
        canvas.line([plot.at(x, 0), plot.at(x, 110)], GRID, 1)
    plot.axes("температура, °C", "скорость реакции, %", origin=(10, 0), drop=34)
    plot.ticks_x([(x, str(x)) for x in range(10, 61, 10)])
    plot.ticks_y([(y, str(y)) for y in (0, 50, 100)], base=10)
    plot.smooth([(10, 14), (20, 34), (30, 70), (40, 100), (46, 76), (50, 45), (55, 11), (60, 1), (63, 0)])
    return canvas


def climate() -> Canvas:
    canvas = Canvas(440, 300)
    plot = Plot(canvas=canvas, box=(50, 45, 385, 260), x=(0, 12), y=(0, 100))
    for y in range(0, 101, 20):
        canvas.line([plot.at(0, y), plot.at(12, y)], GRID, 1)
    rain = (90, 80, 65, 45, 25, 10, 5, 8, 28, 70, 90, 95)
    heat = (8, 9, 12, 15, 19, 23, 26, 26, 22, 18, 13, 9)
    for month, value in enumerate(rain):
        canvas.box(plot.at(month + 0.18, value), plot.at(month + 0.82, 0), "#9fc3dd")
    plot.smooth([(month + 0.5, value * 2.5) for month, value in enumerate(heat)], RED, 2.5)
    canvas.line([plot.at(0, 0), plot.at(12, 0)])
    for y in range(0, 101, 20):
        canvas.text((plot.at(0, y)[0] - 8, plot.at(0, y)[1]), str(y * 2 // 5), 13, RED, "r")
        canvas.text((plot.at(12, y)[0] + 8, plot.at(12, y)[1]), str(y), 13, BLUE, "l")
    canvas.text((14, 18), "температура, °C", 13, RED, "l")
    canvas.text((428, 18), "осадки, мм", 13, BLUE, "r")
    for month, name in enumerate("ЯФМАМИИАСОНД"):
        canvas.text((plot.at(month + 0.5, 0)[0], 276), name, 13, QUIET)
    return canvas


def pyramid() -> Canvas:
    canvas = Canvas(420, 300)
    bands = (10.2, 8.6, 7.2, 5.8, 4.7, 3.8, 3.1, 2.5, 2.0, 1.6, 1.2, 0.9, 0.65, 0.45, 0.25, 0.1)
    middle, unit, height = 210, 15.5, 14.5
    for percent in (2, 4, 6, 8, 10):
        for side in (-1, 1):
            x = middle + side * (18 + percent * unit)
            canvas.line([(x, 28), (x, 262)], GRID, 1)
            canvas.text((x, 276), str(percent), 12, QUIET)
    for band, share in enumerate(bands):
        bottom = 262 - band * height
        canvas.box((middle - 18 - share * unit, bottom - height + 2), (middle - 18, bottom), BLUE)
        canvas.box((middle + 18, bottom - height + 2), (middle + 18 + share * unit * 0.98, bottom), "#c0566f")
        if band % 2 == 0:
            canvas.text((middle, bottom - height / 2 + 1), str(band * 5), 11, QUIET)
    canvas.text((60, 14), "мужчины", 14, BLUE)
    canvas.text((360, 14), "женщины", 14, "#c0566f")
    canvas.text((210, 14), "возраст", 12, QUIET)
    canvas.text((210, 291), "% населения", 12, QUIET)
    return canvas


def topography() -> Canvas:
    canvas = Canvas(420, 340)
    canvas.box((10, 10), (410, 290), "#fbfaf2")
    for ring, (rx, ry) in enumerate(((95, 62), (68, 43), (40, 25), (16, 10))):
        outline = "#b57b3f"
        canvas.ellipse((128 + ring * 3, 82), rx, ry, None, outline, 1.5)
    river = [(10 + step, 246 - 0.0009 * (step - 150) ** 2 + 14 * math.sin(step / 46)) for step in range(0, 401, 4)]
    canvas.line(river, "#6ba6cf", 6)
    for x in range(10, 411, 40):
        canvas.line([(x, 10), (x, 290)], GRID, 1)
    for y in range(10, 291, 40):
        canvas.line([(10, y), (410, y)], GRID, 1)
    canvas.circle((130, 210), 5, WHITE, BLUE)
    canvas.circle((130, 210), 2, BLUE)
    canvas.text((118, 199), "К", 14, BLUE, style="bold")
    canvas.text((112, 224), "колодец", 12, BLUE)
    canvas.line([(290, 90), (290, 76)], TEXT, 2.5)
    canvas.circle((290, 72), 9, GREEN)
    canvas.circle((290, 90), 2.5, TEXT)
    canvas.text((304, 72), "дерево", 12, GREEN, "l")
    canvas.arrow((385, 60), (385, 24), TEXT, 2)
    canvas.text((397, 30), "С", 14, style="bold")
    for part in range(3):
        canvas.box((10 + part * 40, 306), (50 + part * 40, 313), TEXT if part % 2 == 0 else WHITE, TEXT)
    for part in range(4):
        canvas.text((10 + part * 40, 326), str(part * 100), 12, QUIET, "l" if part == 0 else "m")
    canvas.text((160, 326), "м", 12, QUIET)
    return canvas


def town_map() -> Canvas:
    canvas = Canvas(460, 340)
    canvas.box((0, 0), (460, 340), "#eef1e8")
    road = "#ffffff"
    canvas.line([(360, 330), (360, 20)], road, 26)
    canvas.line([(20, 210), (440, 210)], road, 26)
    canvas.line([(230, 210), (230, 20)], road, 22)
    canvas.line([(110, 210), (110, 20)], road, 22)
    houses = (
        ("bakery", (30, 95), (92, 145), "#f0c9a4"),
        ("museum", (130, 95), (205, 145), "#d9cdec"),
        ("cinema", (262, 95), (328, 145), "#c9dceb"),
        ("post office", (30, 245), (125, 295), "#e7d9a8"),
        ("school", (392, 95), (448, 145), TINT),
    )
    for name, corner, opposite, fill in houses:
        canvas.box(corner, opposite, fill, QUIET)
        canvas.text(((corner[0] + opposite[0]) / 2, (corner[1] + opposite[1]) / 2), name, 13)
    canvas.text((420, 270), "Mill Street", 13, QUIET)
    canvas.text((240, 210), "Church Road", 13, QUIET)
    angles = [math.pi / 2 + math.pi * step / 5 for step in range(10)]
    radii = [12 if step % 2 == 0 else 5 for step in range(10)]
    star = [(360 + r * math.cos(t), 308 - r * math.sin(t)) for t, r in zip(angles, radii, strict=True)]
    canvas.polygon(star, RED)
    canvas.arrow((430, 330), (430, 300), TEXT, 2)
    canvas.text((444, 306), "N", 14, style="bold")
    return canvas


FIGURES = {
    "biology-cell": cell,
    "biology-pedigree": pedigree,
    "biology-enzyme": enzyme,
    "geography-climate": climate,
    "geography-pyramid": pyramid,
    "geography-topo": topography,
    "english-map": town_map,
}
