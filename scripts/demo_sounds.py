"""Sounds of the demo questions: tones made with the standard library, short English speech by espeak-ng."""

import math
import random
import subprocess
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

RATE = 11025
"""Samples a second; enough for tones up to 2 kHz, and small on disk."""
_PEAK = 100
_DOT = 0.1


def _silence(seconds: float) -> list[float]:
    return [0.0] * round(seconds * RATE)


def _tone(frequency: float, seconds: float, volume: float = 0.7) -> list[float]:
    """A sine with soft ends: a hard edge would click."""
    count = round(seconds * RATE)
    edge = round(0.012 * RATE)
    samples = []
    for n in range(count):
        soft = min(1.0, n / edge, (count - n) / edge)
        samples.append(volume * soft * math.sin(2 * math.pi * frequency * n / RATE))
    return samples


def _write(path: Path, samples: Sequence[float]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(bytes(round(128 + _PEAK * sample) for sample in samples))


def octave() -> list[float]:
    return [*_tone(330, 1.5), *_silence(0.4), *_tone(660, 1.5)]


def pendulum() -> list[float]:
    """Eleven clicks 0.6 s apart."""
    chance = random.Random(7)
    samples = _silence(6.4)
    for click in range(11):
        start = round((0.2 + click * 0.6) * RATE)
        for n in range(round(0.03 * RATE)):
            if start + n < len(samples):
                fade = math.exp(-n / (0.005 * RATE))
                samples[start + n] = fade * (
                    0.6 * math.sin(2 * math.pi * 1500 * n / RATE) + chance.uniform(-0.35, 0.35)
                )
    return samples


def beats() -> list[float]:
    """440 and 442 Hz together, from a quiet moment to a quiet moment: ten swells in 5 s."""
    count = round(5 * RATE)
    return [
        0.45 * (math.sin(2 * math.pi * 440 * n / RATE) - math.sin(2 * math.pi * 442 * n / RATE)) for n in range(count)
    ]


def morse() -> list[float]:
    samples = _silence(0.2)
    for letter in ("..-.", ".-", ".---", ".-.."):
        for sign in letter:
            samples += [*_tone(700, _DOT if sign == "." else 3 * _DOT), *_silence(_DOT)]
        samples += _silence(5 * _DOT)
    return samples


def byte() -> list[float]:
    samples = _silence(0.2)
    for bit in "01000111":
        samples += [*_tone(880 if bit == "1" else 440, 0.35), *_silence(0.2)]
    return samples


def heart() -> list[float]:
    """Twelve beats in 10 s, each of two low tones."""
    samples = _silence(10)
    for beat in range(12):
        for shift, frequency, volume in ((0.0, 62, 0.95), (0.3, 85, 0.7)):
            start = round((0.15 + beat * 10 / 12 + shift) * RATE)
            for n in range(round(0.14 * RATE)):
                if start + n < len(samples):
                    fade = math.sin(math.pi * n / (0.14 * RATE)) ** 2
                    samples[start + n] += volume * fade * math.sin(2 * math.pi * frequency * n / RATE)
    return samples


TONES: dict[str, Callable[[], list[float]]] = {
    "physics-octave": octave,
    "physics-pendulum": pendulum,
    "physics-beats": beats,
    "informatics-morse": morse,
    "informatics-byte": byte,
    "biology-heart": heart,
}
SPEECH = {
    "english-station": "Attention, please. The train to Brighton will now leave from platform seven, at ten forty-five."
    " We are sorry for the delay.",
    "english-dictation": "The old bridge was closed... because the river had risen during the night. ...... "
    "The old bridge was closed because the river had risen during the night.",
    "english-number": "My telephone number is: five, five, two... oh, nine, one, four.",
}


def write_tones(folder: Path) -> None:
    for name, make in TONES.items():
        _write(folder / f"{name}.wav", make())


def write_speech(folder: Path) -> None:
    """Needs espeak-ng and oggenc (Debian: vorbis-tools) on the path."""
    for name, text in SPEECH.items():
        spoken = subprocess.run(
            ["espeak-ng", "-v", "en-gb", "-s", "135", "-g", "4", "--stdout", text], check=True, capture_output=True
        ).stdout
        subprocess.run(
            ["oggenc", "--quiet", "--quality", "0", "--serial", "1", "-o", str(folder / f"{name}.ogg"), "-"],
            check=True,
            input=spoken,
        )
