"""Write src/lyceum/advertising/domain/confusables.py: which character passes for which letter of Latin or Russian.

    uv run --with confusable-homoglyphs python scripts/confusables.py

Sources: the confusables of Unicode TR39 as that package carries them, small capitals and boxed letters by their names,
and letters with marks by their decomposition. What NFKC folds to the same letter by itself is left out.
"""

import json
import re
import sys
import unicodedata
from importlib import resources
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src" / "lyceum" / "advertising" / "domain" / "confusables.py"
LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
KNOWN = LATIN + RUSSIAN + "0123456789"
NAMED = re.compile(
    r"(?:LATIN LETTER SMALL CAPITAL|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER|"
    r"REGIONAL INDICATOR SYMBOL LETTER|(?:CROSSED |)NEGATIVE SQUARED LATIN CAPITAL LETTER) ([A-Z])"
)
WITH = re.compile(r"(LATIN|CYRILLIC) (SMALL|CAPITAL) LETTER ([A-Z]{1,2}) WITH .*")
HEAD = '''"""Which characters pass for letters of Latin and Russian: made by scripts/confusables.py, not by hand.

Derived from the Unicode confusables (TR39), under the Unicode licence. `LOOKS[n]` passes for `LETTERS[n]`.
"""

'''


def by_tr39() -> dict[str, str]:
    text = resources.files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8")
    classes = {key: [entry["c"] for entry in found] for key, found in json.loads(text).items()}
    table: dict[str, str] = {}
    for letter in KNOWN:
        for look in classes.get(letter, ()):
            table.setdefault(look, letter)
            for further in classes.get(look, ()) if look not in KNOWN and letter in RUSSIAN else ():
                table.setdefault(further, letter)
    return table


def by_name(character: str) -> str | None:
    name = unicodedata.name(character, "")
    if found := NAMED.fullmatch(name):
        return found[1]
    base = unicodedata.normalize("NFD", character)[0]
    if base != character and base in KNOWN:
        return base
    if found := WITH.fullmatch(name):
        script, case, letter = found.groups()
        try:
            plain = unicodedata.lookup(f"{script} {case} LETTER {letter}")
        except KeyError:
            return None
        return plain if plain in KNOWN else None
    return None


def folded_alike(look: str, letter: str, table: dict[str, str]) -> bool:
    """Whether NFKC leads to the same letter."""
    folded = unicodedata.normalize("NFKC", look)
    return folded != look and table.get(folded, folded).lower() == letter.lower()


def main() -> None:
    table = by_tr39()
    for number in range(128, 0x1FFFF):
        if letter := by_name(chr(number)):
            table.setdefault(chr(number), letter)
    kept = {
        look: letter
        for look, letter in sorted(table.items())
        if len(look) == 1 and look not in KNOWN and ord(look) > 127 and not folded_alike(look, letter, table)
    }
    lines = [HEAD]
    for name, text in (("LOOKS", "".join(kept)), ("LETTERS", "".join(kept.values()))):
        lines.append(f"{name} = (\n")
        width = 12 if name == "LOOKS" else 100
        for start in range(0, len(text), width):
            part = text[start : start + width]
            written = part if part.isascii() or name == "LETTERS" else "".join(escape(letter) for letter in part)
            lines.append(f'    "{written}"\n')
        lines.append(")\n")
    TARGET.write_text("".join(lines), encoding="utf-8")
    sys.stdout.write(f"{len(kept)} characters\n")


def escape(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


if __name__ == "__main__":
    main()
