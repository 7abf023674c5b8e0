"""How large a question may be, and numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyceum.bank.adapters.formats.building import option_id
from lyceum.bank.adapters.formats.limits import with_known_formulas, within_limits
from lyceum.bank.adapters.formats.numbers import between, canonical, per_cent, share
from lyceum.bank.domain.content import Accepted, Content, Gap, Kind, Option
from lyceum.bank.domain.drafts import Draft, DraftMedia, MediaRole, Rejected


def content(**fields: object) -> Content:
    return Content(kind=Kind.ESSAY, **{"stem": "q", **fields})  # type: ignore[arg-type]


def options(count: int) -> tuple[Option, ...]:
    return tuple(Option(id=option_id(n), text=str(n)) for n in range(count))


LONG = "я" * (32 << 10) + "x"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (content(stem=""), "empty_stem"),
        (content(stem=LONG), "text_too_long"),
        (content(explanation=LONG), "text_too_long"),
        (content(options=(Option(id="a", text=LONG),)), "text_too_long"),
        (content(accepted=(Accepted(text=LONG),)), "text_too_long"),
        (
            content(gaps=(Gap(id="1", kind=Kind.SHORT_TEXT, accepted=(Accepted(text="a", feedback=LONG),)),)),
            "text_too_long",
        ),
        (content(options=options(101)), "too_many_options"),
        (content(items=options(101)), "too_many_options"),
        (content(accepted=(Accepted(text="a"),) * 101), "too_many_options"),
        (content(gaps=(Gap(id="1", kind=Kind.SINGLE_CHOICE, options=options(101)),)), "too_many_options"),
    ],
)
def test_what_is_too_large_or_empty_is_rejected(made: Content, code: str) -> None:
    item = within_limits(Draft(content=made, place="row 5", title="t"))
    assert isinstance(item, Rejected)
    assert (item.code, item.place, item.title) == (code, "row 5", "t")
    assert item.fix


def test_what_just_fits_is_kept() -> None:
    fitting = Draft(content=content(stem="я" * (32 << 10), options=options(100)), title="x" * 255)
    assert within_limits(fitting) is fitting


def test_files_of_a_question_have_a_common_limit() -> None:
    file = DraftMedia(name="a.png", role=MediaRole.PHOTO, data=bytes(11 << 20))
    assert isinstance(within_limits(Draft(content=content(), media=(file,))), Draft)
    item = within_limits(Draft(content=content(), media=(file, file)))
    assert isinstance(item, Rejected)
    assert item.code == "media_too_large"


def test_a_long_title_is_cut_and_noted() -> None:
    item = within_limits(Draft(content=content(), title="x" * 300))
    assert isinstance(item, Draft)
    assert len(item.title) == 255
    assert [loss.code for loss in item.losses] == ["title_cut"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$$x$$ и $$y$$", r"\[x\] и \[y\]"),
        ("цена $5 и $7", "цена $5 и $7"),
        ("$$5", "$$5"),
        (r"\(x\)", r"\(x\)"),
    ],
)
def test_display_formulas_get_the_delimiters_of_the_bank(text: str, expected: str) -> None:
    assert with_known_formulas(Draft(content=content(stem=text))).content.stem == expected


def test_options_are_numbered_by_letters_and_then_by_numbers() -> None:
    assert [option_id(n) for n in (0, 25, 26, 99)] == ["a", "z", "o27", "o100"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", "12"),
        ("+5", "5"),
        (" 9,81 ", "9.81"),
        ("−9.80", "-9.80"),
        ("1 234\u00a0567,5", "1234567.5"),
        ("1,234,567", "1234567"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("5.", "5"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("1,5E-3", "0.0015"),
        ("1,5·10^-3", "0.0015"),
        ("2 × 10^{2}", "200"),
        ("", None),
        ("abc", None),
        ("1 2 3 a", None),
        ("--5", None),
        ("1e9999", None),
        ("1" * 200, None),
        ("∞", None),
    ],
)
def test_numbers_are_understood(text: str, expected: str | None) -> None:
    assert canonical(text) == expected


def test_a_range_is_its_middle_and_half_its_width() -> None:
    assert between("5", "1") == ("3", "2")
    assert between("0.333", "0.334") == ("0.3335", "0.0005")


@pytest.mark.parametrize(
    ("value", "exact"), [(33.333, 1 / 3), (66.66667, 2 / 3), (-16.67, -1 / 6), (14.28571, 1 / 7), (50, 0.5)]
)
def test_rounded_fractions_are_what_they_round(value: float, exact: float) -> None:
    assert share(value) == exact


@given(st.floats(-1, 1))
def test_a_share_survives_being_written(value: float) -> None:
    assert abs(share(float(per_cent(value))) - value) < 0.0005
