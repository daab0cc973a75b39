"""`rawk user` and `rawk key`: what an operator types and sees."""

import io
import json
from datetime import timedelta

import pytest

from rawk import composition
from rawk.cli import main
from tests.unit.api.world import World

PASSWORD = "correct horse battery"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def world(monkeypatch):
    world = World()
    monkeypatch.setattr(composition, "build_caller_operations", lambda env: world.caller_operations())  # noqa: ARG005
    return world


@pytest.fixture
def rawk(capsys, monkeypatch):
    def run(*arguments, typed="", terminal=None):
        monkeypatch.setattr("sys.stdin", terminal or io.StringIO(typed))
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as stopped:  # raised by argparse
            code = int(stopped.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def test_a_user_is_added_with_a_password_from_the_standard_input(rawk, world):
    assert rawk("user", "add", "ada", "--tenant", "acme", "--tenant", "globex", typed=f"{PASSWORD}\n") == (0, "", "")

    [user] = world.callers.list_users()
    assert (user.name, user.tenants, user.password_hash) == ("ada", ("acme", "globex"), f"hash of {PASSWORD}")


def test_a_password_is_asked_for_at_a_terminal(rawk, world, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda: PASSWORD)

    assert rawk("user", "add", "ada", "--tenant", "acme", terminal=Terminal())[0] == 0
    assert [user.password_hash for user in world.callers.list_users()] == [f"hash of {PASSWORD}"]


def test_a_password_may_come_from_the_environment(rawk, world, monkeypatch):
    monkeypatch.setenv("RAWK_NEW_PASSWORD", PASSWORD)

    assert rawk("user", "add", "ada", "--tenant", "acme", typed="another one of these\n")[0] == 0
    assert [user.password_hash for user in world.callers.list_users()] == [f"hash of {PASSWORD}"]


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("user", "add", "a b", "--tenant", "acme"), PASSWORD, "name"),
        (("user", "add", "ada", "--tenant", "../acme"), PASSWORD, "a tenant must be 1 to 64"),
        (("user", "add", "ada", "--tenant", "acme"), "short", "12 to 256"),
        (("user", "add", "ada", "--tenant", "acme"), "", "12 to 256"),
        (("user", "disable", "ada"), "", "no user ada"),
        (("key", "revoke", "k1"), "", "no key k1"),
        (("key", "new", "--tenant", ""), "", "tenant"),
    ],
)
def test_a_mistake_is_one_sentence(rawk, world, arguments, typed, said):
    code, output, errors = rawk(*arguments, typed=typed)

    assert (code, output) == (1, "")
    assert said in errors
    assert errors.count("\n") == 1
    assert (world.callers.list_users(), world.callers.list_keys()) == ([], [])


@pytest.mark.parametrize("arguments", [("user",), ("user", "add", "ada"), ("key", "new"), ("key", "revoke"), ("key",)])
def test_an_incomplete_command_is_refused(rawk, world, arguments):  # noqa: ARG001
    assert rawk(*arguments)[0] == 2


def test_users_are_listed_with_what_they_may_and_since_when(rawk, world):  # noqa: ARG001
    for name in ("grace", "ada"):
        rawk("user", "add", name, "--tenant", "acme", typed=PASSWORD)
    rawk("user", "disable", "ada")

    lines = rawk("user", "list")[1].splitlines()
    listed = [json.loads(line) for line in rawk("user", "list", "--json")[1].splitlines()]

    assert [line.split() for line in lines] == [
        ["ada", "acme", "since=2026-11-20T12:00:00+00:00", "until=2026-11-20T12:00:00+00:00"],
        ["grace", "acme", "since=2026-11-20T12:00:00+00:00"],
    ]
    assert [set(each) for each in listed] == [{"name", "tenants", "since", "until"}, {"name", "tenants", "since"}]
    assert PASSWORD not in str(lines) + str(listed)


def test_a_key_is_shown_once_and_alone_on_the_standard_output(rawk, world):
    code, output, errors = rawk("key", "new", "--tenant", "acme", "--tenant", "globex")

    secret = output.removesuffix("\n")
    [key] = world.callers.list_keys()
    assert (code, len(secret), secret[:5]) == (0, 69, "rawk_")
    assert key.id in errors
    assert secret not in errors
    assert secret not in rawk("key", "list")[1] + rawk("key", "list", "--json")[1]
    [line] = rawk("key", "list")[1].splitlines()
    assert line.split() == [key.id, "acme,globex", "since=2026-11-20T12:00:00+00:00"]


def test_a_revoked_key_is_listed_as_such(rawk, world):
    rawk("key", "new", "--tenant", "acme")
    [key] = world.callers.list_keys()

    assert rawk("key", "revoke", key.id) == (0, "", "")
    [listed] = [json.loads(line) for line in rawk("key", "list", "--json")[1].splitlines()]
    assert (listed["name"], "until" in listed) == (key.id, True)


def test_a_signing_key_is_rotated(rawk, world):
    assert rawk("signing-key", "list") == (0, "", "")
    code, output, errors = rawk("signing-key", "new")
    [old] = world.callers.signing_keys()
    assert (code, output, errors) == (0, f"signing key {old.id}\n", "")
    assert rawk("signing-key", "remove", old.id)[0] == 1

    world.pass_time(timedelta(minutes=2))
    rawk("signing-key", "new")
    listed = [json.loads(line) for line in rawk("signing-key", "list", "--json")[1].splitlines()]
    assert [each["name"] for each in listed] == [key.id for key in world.callers.signing_keys()]
    assert old.secret.hex() not in rawk("signing-key", "list")[1] + repr(old)

    assert rawk("signing-key", "remove", old.id) == (0, "", "")
    code, _, errors = rawk("signing-key", "remove", old.id)
    assert (code, errors.count("\n")) == (1, 1)
    assert "no signing key" in errors
