"""Passwords in a thread, tokens that only we can make, form tokens."""

import asyncio

import pytest
from argon2 import PasswordHasher

from lyceum.platform.security import REMEMBERED, Argon2Passwords, FormTokens, SignedTokens, TokenRefused
from tests.accounts.fakes import HandClock

SECRET = "a-secret-of-the-tests-long-enough-to-sign"


class CountingHasher(PasswordHasher):
    """Cheap, and counts its checks."""

    checks = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.checks += 1
        return super().verify(hash, password)


def cheap() -> CountingHasher:
    return CountingHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_password_fits_its_hash_only() -> None:
    passwords = Argon2Passwords(cheap())
    one, other = await passwords.hash("correct horse"), await passwords.hash("correct horse")
    assert one.startswith("$argon2id$")
    assert one != other
    assert await passwords.verify(one, "correct horse")
    assert not await passwords.verify(one, "wrong horse")
    assert not await passwords.verify("no hash at all", "correct horse")


async def test_nobody_costs_a_check_too_and_matches_no_password() -> None:
    passwords = Argon2Passwords(hasher := cheap())
    assert not await passwords.verify(None, "correct horse")
    assert not await passwords.verify(None, "nobody has this password")
    assert hasher.checks == 2


async def test_a_password_with_half_a_character_is_only_wrong() -> None:
    passwords = Argon2Passwords(cheap())
    assert not await passwords.verify(await passwords.hash("correct horse"), "\ud800")


async def test_the_real_hash_is_slow_and_the_loop_goes_on_meanwhile() -> None:
    passwords = Argon2Passwords()
    hashing = asyncio.create_task(passwords.hash("correct horse"))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 100
    assert "m=19456,t=2,p=1" in await hashing


def test_a_verified_token_is_remembered_and_runs_out_all_the_same() -> None:
    clock = HandClock()
    tokens = SignedTokens(SECRET, clock, "access")
    token = tokens.sign({"sub": "masha"}, 900)
    assert tokens.read(token) is tokens.read(token)
    clock.pass_(seconds=899)
    assert tokens.read(token)["sub"] == "masha"
    clock.pass_(seconds=1)
    for _ in range(2):
        with pytest.raises(TokenRefused):
            tokens.read(token)


def test_a_bounded_number_of_tokens_is_remembered() -> None:
    tokens = SignedTokens(SECRET, HandClock(), "access")
    for number in range(REMEMBERED + 10):
        tokens.read(tokens.sign({"sub": number}, 900))
    assert len(tokens._verified) == REMEMBERED


def test_a_token_of_one_use_is_none_of_another() -> None:
    token = SignedTokens(SECRET, HandClock(), "access").sign({}, 900)
    with pytest.raises(TokenRefused):
        SignedTokens(SECRET, HandClock(), "links").read(token)


def test_without_a_secret_nothing_is_signed() -> None:
    with pytest.raises(ValueError, match="LYCEUM_SECRET_KEY"):
        SignedTokens("", HandClock(), "access").sign({}, 900)
    with pytest.raises(ValueError, match="LYCEUM_SECRET_KEY"):
        FormTokens("").make("visitor:1")


def test_a_form_token_fits_its_visitor_only() -> None:
    forms = FormTokens(SECRET)
    token = forms.make("visitor:1")
    assert forms.is_good(token, "visitor:1")
    assert not forms.is_good(token, "visitor:2")
    assert not forms.is_good(token, "session:1")
    assert not forms.is_good("", "visitor:1")
    assert not forms.is_good("ж\ud800", "visitor:1")
    assert not FormTokens(SECRET + "!").is_good(token, "visitor:1")
