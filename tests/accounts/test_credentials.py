"""Which e-mails and passwords are taken."""

import pytest

from lyceum.accounts.domain.credentials import (
    email_problems,
    normalise_email,
    normalise_password,
    password_problems,
)


@pytest.mark.parametrize(
    "text",
    [
        "name@example.org",
        "first.last+tag@sub.example.co",
        "иван@пример.рф",
        "o'brien@example.org",
        f"{'a' * 64}@example.org",
        "a@b-c.museum",
    ],
)
def test_an_address_that_mail_can_go_to_is_taken(text: str) -> None:
    assert email_problems(normalise_email(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "@example.org",
        "name@",
        "name@localhost",
        "name@example..org",
        "name@-example.org",
        "name@example.o",
        "name@127.0.0.1",
        ".name@example.org",
        "na..me@example.org",
        "na me@example.org",
        "name@exam ple.org",
        "a@b@example.org",
        "<name@example.org>",
        "name@example.org\x00",
        "name\u200b@exa\x07mple.org",
        f"{'a' * 65}@example.org",
        f"name@{'a' * 250}.org",
        "name@example.org, other@example.org",
        'na"me@example.org',
    ],
)
def test_what_is_no_address_is_refused_with_its_field(text: str) -> None:
    assert [(problem.loc, problem.code) for problem in email_problems(normalise_email(text))] == [
        ("email", "bad_email")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" Name@Example.ORG ", "name@example.org"),
        ("ｎａｍｅ＠ｅｘａｍｐｌｅ．ｏｒｇ", "name@example.org"),
        ("STRASSE@example.org", "straße@example.org"),
        ("И\u0306ван@example.org", "Йван@example.org"),
    ],
)
def test_one_mailbox_has_one_spelling(one: str, other: str) -> None:
    assert normalise_email(one) == normalise_email(other)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "too_short"),
        ("x" * 201, "too_long"),
        ("masha@example.org", "same_as_email"),
        ("MASHA@Example.org", "same_as_email"),
        ("Password123", "too_common"),
        ("ЙЦУКЕНГШ", "too_common"),
        ("aaaaaaaaaaaa", "too_common"),
        ("abababababab", "too_common"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, code: str) -> None:
    problems = password_problems(normalise_password(password), "masha@example.org")
    assert [(problem.loc, problem.code) for problem in problems] == [("password", code)]


def test_the_beginning_of_the_email_is_no_password() -> None:
    assert password_problems("masha.ivanova", "masha.ivanova@example.org")[0].code == "same_as_email"


@pytest.mark.parametrize("password", ["x1y2z3w4", "correct horse", "к" * 7 + "от", "🐴🔋📎🐴🔋📎🐴🔋", "x1y" * 66])
def test_any_other_password_is_taken(password: str) -> None:
    assert password_problems(normalise_password(password), "masha@example.org") == []


def test_a_password_is_the_same_however_the_keyboard_composes_it() -> None:
    assert normalise_password("й" * 8) == normalise_password("и\u0306" * 8)
