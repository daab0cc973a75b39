"""The checks of documented behaviour: their declaration, their result, and how they are printed."""

import socket
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sim.cli.main import main
from sim.localstack.conformance.check import Check, CheckResult, Deviation, try_check
from sim.localstack.conformance.documented.catalogue import all_checks
from sim.localstack.conformance.documented.registry import Checks
from sim.localstack.conformance.target import NotConformant
from sim.localstack.conformance_command import as_json, lines_of

NOWHERE: Any = None


def refused(code: str) -> Any:
    def call(_: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "AnyCall")

    return call


def result_of(declare: Any) -> CheckResult:
    checks = Checks("SQS", "https://docs/")
    declare(checks)
    (check,) = checks.all
    return try_check(check, NOWHERE)


def differs(_: object) -> None:
    raise NotConformant("the count is 1, not 2")


@pytest.mark.parametrize(
    ("code", "failure"),
    [("InvalidAttributeValue", None), ("AWS.SimpleQueueService.InvalidAttributeValue", None), ("X", "refused: X")],
)
def test_a_refusal_must_have_the_error_code(code: str, failure: str | None) -> None:
    result = result_of(lambda checks: checks.refuses("InvalidAttributeValue", "a call", "a.html", refused(code)))

    assert result.failure == failure
    assert result.is_as_declared is (failure is None)


def test_what_aws_refuses_and_the_emulator_accepts_is_a_difference() -> None:
    assert result_of(lambda checks: checks.refuses("X", "a call", "a.html", lambda _: None)).failure == "accepted"


def test_what_aws_accepts_must_be_accepted() -> None:
    assert result_of(lambda checks: checks.accepts("a call", "a.html", lambda _: None)).failure is None
    assert result_of(lambda checks: checks.accepts("a call", "a.html", refused("X"))).failure == "refused: X"


@pytest.mark.parametrize(
    ("ours", "try_on", "as_declared"),
    [("count is 1", differs, True), ("count is 7", differs, False), ("count is 1", lambda _: None, False)],
    ids=["as-declared", "differs-otherwise", "is-gone"],
)
def test_a_declared_deviation_is_pinned(ours: str, try_on: Any, as_declared: bool) -> None:
    declared = Deviation(ours, "it takes too long")

    result = result_of(lambda checks: checks.check("a claim", "a.html", deviation=declared)(try_on))

    assert result.is_as_declared is as_declared


def test_each_check_has_a_name_of_its_own_and_an_address_of_aws() -> None:
    names = [each.name for each in all_checks()]

    assert len(names) == len(set(names))
    assert all(each.claim and each.source.startswith("https://docs.aws.amazon.com/") for each in all_checks())


def test_differences_are_printed_with_what_the_emulator_does_and_the_address() -> None:
    passed = CheckResult(Check("one", "it is as AWS", differs, "SQS", "https://docs/one"))
    known = Check("two", "it differs", differs, "SQS", "https://docs/two", Deviation("count", "too slow"))
    results = [passed, CheckResult(known, "the count is 1"), CheckResult(passed.check, "accepted"), CheckResult(known)]

    assert list(lines_of(results)) == [
        "SQS: 2 of 4 as AWS",
        "  = it is as AWS",
        "  ~ it differs",
        "      ours: the count is 1",
        "      AWS:  https://docs/two",
        "      why:  too slow",
        "  X it is as AWS",
        "      ours: accepted",
        "      AWS:  https://docs/one",
        "  X it differs",
        "      why:  too slow",
        "      It is as AWS now: remove its `deviation`.",
        "2 of 4 as AWS; 1 known deviations, 2 others",
    ]
    assert "  = it is as AWS" not in list(lines_of(results, differences_only=True))
    assert as_json(results).count('"declared": true') == 2


@pytest.mark.parametrize("url", ["nope", "ftp://127.0.0.1", "http://", "127.0.0.1:4566", ""])
def test_what_is_no_url_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["conformance", f"--endpoint={url}"])

    assert ended.value.code == 2
    assert "is not a URL such as http://127.0.0.1:4566" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["", ":4566", ":99999"])
def test_an_emulator_that_does_not_run_is_no_difference(
    port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refused)

    assert main(["conformance", "--service", "SSM", "--endpoint", f"http://127.0.0.1{port}"]) == 2
    assert f"nothing answers at http://127.0.0.1{port}" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("--service", "EC2"), ("-k", "gravity"), ("--service", "SSM", "-k", "fifo")])
def test_where_no_check_matches_the_services_are_named(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conformance", *arguments]) == 2

    assert "no check matches; the services are SQS, S3, Signatures, Lambda, EventBridge, " in capsys.readouterr().err
