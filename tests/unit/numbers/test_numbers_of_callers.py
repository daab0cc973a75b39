"""Every number about callers: what a user or an operator notices when it is forgotten, halved or doubled."""

import pkgutil
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from types import ModuleType

import pytest

import rawk.use_cases.callers
from rawk.adapters.credentials.tokens import JwtSigner
from rawk.domain.callers import Caller
from rawk.domain.errors import NotAuthenticated, RawkError, TooManyRequests
from rawk.use_cases.callers import authentication, login, operations, tokens
from rawk.use_cases.callers.authentication import API, Ticket
from rawk.use_cases.callers.login import Login
from rawk.use_cases.callers.tokens import Tokens
from tests.unit.api.world import SeededRandomness, World
from tests.unit.numbers.substitution import is_number, most

PASSWORD = "correct horse battery"
DAY_SECONDS = 86_400
CALLER = Caller("ada", ("acme",))


def world_of_ada() -> World:
    world = World()
    world.caller_operations().add_user("ada", ["acme"], PASSWORD)
    return world


def log_in(world: World, password: str = PASSWORD) -> bool:
    """Raises TooManyRequests."""
    try:
        Login(world.callers, world.passwords, world.clock).log_in("ada", password)
    except NotAuthenticated:
        return False
    return True


def wrong_passwords_in_a_row() -> int:
    world = world_of_ada()
    for attempt in range(100):
        try:
            log_in(world, "wrong")
        except TooManyRequests:
            return attempt
    return 100


def wait_after_them() -> int:
    """Seconds until a login is tried again."""
    world = world_of_ada()
    for _ in range(login.ATTEMPTS):
        log_in(world, "wrong")
    with pytest.raises(TooManyRequests) as refused:
        log_in(world)
    assert refused.value.retry_after_seconds is not None
    return refused.value.retry_after_seconds


def is_a_password(characters: int) -> bool:
    try:
        World().caller_operations().add_user("grace", ["acme"], "x" * characters)
    except RawkError:
        return False
    return True


def longest_password() -> int:
    return most(lambda characters: is_a_password(max(100, characters)), 3000)


def shortest_password() -> int:
    return 1 + most(lambda characters: not is_a_password(characters), 100)


def tokens_of(world: World) -> Tokens:
    return Tokens(world.callers, JwtSigner(), world.clock, world.randomness)


def seconds_valid(is_valid: Callable[[World, str], object], issue: Callable[[World], str]) -> int:
    def is_valid_after(seconds: int) -> bool:
        world = world_of_ada()
        issued = issue(world)
        world.pass_time(timedelta(seconds=seconds))
        try:
            is_valid(world, issued)
        except NotAuthenticated:
            return False
        return True

    return most(is_valid_after, DAY_SECONDS)


def authentication_of(world: World) -> authentication.Authentication:
    return authentication.Authentication(authentication.ConfiguredKeys({}), world.callers, tokens_of(world))


def token_valid() -> int:
    def issue(world: World) -> str:
        user = world.callers.user("ada")
        assert user is not None
        return authentication_of(world).token_of(user)

    return seconds_valid(lambda world, token: authentication_of(world).by_token(token), issue)


def ticket_valid() -> int:
    return seconds_valid(
        lambda world, ticket: authentication_of(world).by_ticket(ticket),
        lambda world: authentication_of(world).ticket(CALLER, Ticket("acme", "m1")),
    )


def clock_behind() -> int:
    """Seconds by which another machine's clock may be behind."""

    def is_taken(seconds: int) -> bool:
        world = world_of_ada()
        token = tokens_of(world).issue(API, "ada", timedelta(minutes=15))
        world.pass_time(-timedelta(seconds=seconds))
        try:
            tokens_of(world).claims_of(token, API)
        except NotAuthenticated:
            return False
        return True

    return most(is_taken, DAY_SECONDS)


def reads_of_signing_keys(every_seconds: float, token_of: Callable[[World], str]) -> int:
    """How often a process reads the signing keys in ten minutes."""
    world = world_of_ada()
    reads = 0
    read = world.callers.signing_keys

    def counted() -> object:
        nonlocal reads
        reads += 1
        return read()

    token = token_of(world)
    process = tokens_of(world)
    process.issue(API, "ada", timedelta(minutes=1))
    world.callers.signing_keys = counted  # type: ignore[method-assign, assignment]
    for _ in range(round(600 / every_seconds)):
        world.pass_time(timedelta(seconds=every_seconds))
        try:
            process.claims_of(token, API)
        except NotAuthenticated:
            continue
    return reads


def reads_for_known_keys() -> int:
    return reads_of_signing_keys(2.5, lambda world: tokens_of(world).issue(API, "ada", timedelta(days=1)))


def reads_for_unknown_keys() -> int:
    def of_a_stranger(_: World) -> str:
        elsewhere = World()
        elsewhere.randomness = SeededRandomness(2)
        return tokens_of(elsewhere).issue(API, "ada", timedelta(days=1))

    return reads_of_signing_keys(0.5, of_a_stranger)


def age_at_which_a_key_signs() -> int:
    """In seconds, of the second key."""

    def is_too_young(seconds: int) -> bool:
        world = world_of_ada()
        tokens_of(world).issue(API, "ada", timedelta(minutes=1))
        world.pass_time(timedelta(days=1))
        key = world.caller_operations().new_signing_key()
        world.pass_time(timedelta(seconds=seconds))
        return JwtSigner().key_id(tokens_of(world).issue(API, "ada", timedelta(minutes=1))) != key.id

    return most(is_too_young, DAY_SECONDS) + 1


NUMBERS: dict[str, tuple[Callable[[], int], int]] = {
    "login.ATTEMPTS": (wrong_passwords_in_a_row, 10),
    "login.WINDOW": (wait_after_them, 300),
    "login.LONGEST_PASSWORD_CHARACTERS": (longest_password, 256),
    "operations.SHORTEST_PASSWORD_CHARACTERS": (shortest_password, 12),
    "authentication.TOKEN_VALID_FOR": (token_valid, 15 * 60 + 29),
    "authentication.TICKET_VALID_FOR": (ticket_valid, 60 + 29),
    "tokens.CLOCK_SKEW": (clock_behind, 30),
    "tokens.KEYS_FRESH_FOR": (reads_for_known_keys, 10),
    "tokens.UNKNOWN_KEYS_AFTER": (reads_for_unknown_keys, 120),
    "tokens.SIGNS_AFTER": (age_at_which_a_key_signs, 90),
}
"""Constant → what is noticed, and what that is."""

MODULES = (authentication, login, operations, tokens)


def constants_of(module: ModuleType) -> set[str]:
    return {name for name, value in vars(module).items() if name.isupper() and is_number(value)}


def test_every_number_about_callers_is_here() -> None:
    names = [found.name for found in pkgutil.iter_modules(rawk.use_cases.callers.__path__)]
    found = {(name, constant) for name in names for constant in constants_of(_module(name))}

    # A constant that another module imports is one constant.
    assert {constant for _, constant in found} == {name.split(".")[1] for name in NUMBERS}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("factor", [0.5, 2])
def test_a_changed_number_is_noticed(name: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    notice, usual = NUMBERS[name]
    assert notice() == usual
    constant = name.split(".")[1]
    number = getattr(_module(name.split(".")[0]), constant)
    for module in MODULES:
        if hasattr(module, constant):
            monkeypatch.setattr(
                module, constant, number * factor if isinstance(number, timedelta) else round(number * factor)
            )
    assert notice() != usual


def _module(name: str) -> ModuleType:
    return import_module(f"rawk.use_cases.callers.{name}")
