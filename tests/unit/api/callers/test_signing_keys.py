"""Two keys sign tokens during a rotation: tokens of both are valid in every process, and none is refused meanwhile."""

from datetime import timedelta

import pytest

from rawk.adapters.credentials.tokens import JwtSigner
from rawk.domain.errors import NotAuthenticated
from rawk.use_cases.callers.tokens import CLOCK_SKEW, KEYS_FRESH_FOR, SIGNS_AFTER, Tokens
from tests.unit.api.world import World

VALID_FOR = timedelta(minutes=15)


class Processes:
    """Processes of the API with one database."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.operations = world.caller_operations()
        self.all = [Tokens(world.callers, JwtSigner(), world.clock, world.randomness) for _ in range(3)]

    def token(self, process: int = 0) -> str:
        return self.all[process].issue("api", "ada", VALID_FOR)

    def signer_of(self, token: str) -> str | None:
        return JwtSigner().key_id(token)

    def valid_everywhere(self, token: str) -> bool:
        try:
            return all(each.claims_of(token, "api")["sub"] == "ada" for each in self.all)
        except NotAuthenticated:
            return False


@pytest.fixture
def processes(world: World) -> Processes:
    return Processes(world)


def test_no_process_refuses_a_token_at_any_moment_of_a_rotation(processes: Processes) -> None:
    """Each second every process signs a token, and every process reads it. They read the keys two seconds apart, and
    the new one is made between two of these reads."""
    signers = []
    for second in range(240):
        using = min(3, 1 + second // 2)
        tokens = [processes.token(number) for number in range(using)]
        signers += [processes.signer_of(token) for token in tokens]
        if using == 3:
            assert all(map(processes.valid_everywhere, tokens)), f"after {second} s"
        if second == 121:
            new = processes.operations.new_signing_key().id
        processes.world.pass_time(timedelta(seconds=1))

    old = signers[0]
    assert signers[-1] == new
    assert signers == sorted(signers, key=(old, new).index), "no process goes back to the old key"


def test_a_new_key_signs_once_every_process_has_read_it(processes: Processes) -> None:
    old = processes.signer_of(processes.token())
    processes.world.pass_time(timedelta(hours=1))
    new = processes.operations.new_signing_key().id

    processes.world.pass_time(SIGNS_AFTER - timedelta(seconds=1))
    assert processes.signer_of(processes.token()) == old
    processes.world.pass_time(KEYS_FRESH_FOR)
    assert processes.signer_of(processes.token()) == new
    assert SIGNS_AFTER == KEYS_FRESH_FOR + CLOCK_SKEW


def test_tokens_of_the_old_key_are_valid_until_it_is_removed(processes: Processes) -> None:
    before = processes.token()
    old = processes.signer_of(before)
    assert old is not None
    assert processes.valid_everywhere(before)
    processes.world.pass_time(timedelta(seconds=1))
    processes.operations.new_signing_key()
    processes.world.pass_time(SIGNS_AFTER + KEYS_FRESH_FOR)
    after = processes.token()
    assert processes.valid_everywhere(before)

    processes.operations.remove_signing_key(old)
    processes.world.pass_time(KEYS_FRESH_FOR)

    assert not processes.valid_everywhere(before)
    assert processes.valid_everywhere(after)


def test_a_key_that_leaked_is_replaced_at_once(processes: Processes) -> None:
    leaked = processes.signer_of(processes.token())
    assert leaked is not None
    new = processes.operations.new_signing_key().id
    processes.operations.remove_signing_key(leaked)
    processes.world.pass_time(KEYS_FRESH_FOR)

    token = processes.token()

    assert processes.signer_of(token) == new
    assert processes.valid_everywhere(token)
