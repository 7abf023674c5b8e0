"""E-mail addresses and passwords: how they are written down and which ones are refused."""

import re
import unicodedata

from lyceum.kernel.errors import FieldProblem

MIN_PASSWORD = 8
MAX_PASSWORD = 200
MAX_EMAIL = 254

_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\]\\,;:@\"]{1,64}")
_LABEL = re.compile(r"[^\W_](?:[^\W_]|-){0,61}[^\W_]|[^\W_]")

_COMMON = """
    password password1 password12 password123 passw0rd p@ssw0rd p@ssword 12345678 123456789 1234567890 0123456789
    987654321 9876543210 87654321 11111111 111111111 00000000 22222222 33333333 55555555 66666666 77777777 88888888
    99999999 12341234 123123123 12344321 11223344 1122334455 112233445566 147258369 159753456 1q2w3e4r 1q2w3e4r5t
    1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc qazwsxedc qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345
    qwertyqwerty asdfghjk asdfghjkl asdfasdf zxcvbnm1 zxcvbnm123 zaq12wsx abcd1234 abc12345 a1b2c3d4 aa123456
    abcdefgh abcdefg1 iloveyou iloveyou1 sunshine princess princess1 football football1 baseball basketball superman
    superman1 batman123 pokemon1 starwars whatever trustno1 letmein1 letmein123 welcome1 welcome123 changeme
    changeme1 monkey123 dragon123 master123 shadow123 michael1 jennifer computer internet samsung1 minecraft
    minecraft1 q1w2e3r4 q1w2e3r4t5 йцукенгш йцукенгшщз фывапролд qwertyu1 password! пароль123 парольпароль любовь123
    россия123 москва123 привет123 administrator admin123 admin1234 admin12345 test1234 testtest test12345 user1234
    demo1234 demodemo guest123 11112222 12121212 13131313 10203040 1029384756 13579246 135792468 24681012 123321123
    123456qwerty qwe123456 qweasdzxc 1234qwer 123qweasd 12qwaszx q1w2e3r4t5y6 asdf1234 zxcv1234 ytrewq321 qweqweqwe
    asdasdasd 123454321 789456123 741852963
"""
COMMON_PASSWORDS = frozenset(_COMMON.split())


def normalise_email(text: str) -> str:
    """One spelling for one mailbox: without surrounding spaces, in Unicode NFKC, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())


def normalise_password(text: str) -> str:
    """The same characters whichever way a keyboard composes them."""
    return unicodedata.normalize("NFKC", text)


def email_problems(email: str, loc: str = "email") -> list[FieldProblem]:
    """What is wrong with a normalised address."""
    local, at, domain = email.rpartition("@")
    labels = domain.split(".")
    sound = (
        at
        and len(email) <= MAX_EMAIL
        and is_plain(email)
        and _LOCAL.fullmatch(local)
        and not (local.startswith(".") or local.endswith(".") or ".." in local)
        and len(labels) > 1
        and len(labels[-1]) > 1
        and not labels[-1].isdigit()
        and all(_LABEL.fullmatch(label) for label in labels)
    )
    if sound:
        return []
    return [FieldProblem(loc, "bad_email", "This is not an e-mail address. It looks like name@example.org.")]


def password_problems(password: str, email: str | None, loc: str = "password") -> list[FieldProblem]:
    """What is wrong with a normalised password of the account with that address."""
    if len(password) < MIN_PASSWORD:
        return [FieldProblem(loc, "too_short", "The password is too short: it takes 8 characters or more.")]
    if len(password) > MAX_PASSWORD:
        return [FieldProblem(loc, "too_long", "The password is too long: it takes 200 characters at most.")]
    plain = password.casefold()
    if email and plain in {email, email.rpartition("@")[0]}:
        return [FieldProblem(loc, "same_as_email", "The password is your e-mail. Choose one that others do not know.")]
    if plain in COMMON_PASSWORDS or len(set(plain)) < 3:
        return [FieldProblem(loc, "too_common", "This password is one of the first to be guessed. Choose another.")]
    return []


def is_plain(text: str) -> bool:
    """Whether the text has no control characters and no halves of characters, which databases refuse."""
    return not any(unicodedata.category(char) in ("Cc", "Cs") for char in text)
