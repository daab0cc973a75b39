"""The runner of outside suites, on a small suite of its own; no emulator is started."""

import json
import sys
from pathlib import Path

import pytest

from tests.suites import command, page, running
from tests.suites.suites import ANY, LOCALSTACK, SUITES

TESTS = """
import socket
import time

import pytest


def test_passes():
    assert socket.getaddrinfo("bucket.s3.localhost.localstack.cloud", 4566)[0][4][0] == "127.0.0.1"


def test_fails():
    raise ValueError("not as on AWS")


@pytest.mark.skip(reason="not here")
def test_is_skipped():
    pass


@pytest.fixture
def cannot_end():
    yield
    raise ValueError("its end failed")


def test_passes_but_its_end_fails(cannot_end):
    pass


def test_never_ends():
    time.sleep(60)
"""


def test_each_test_has_one_result_and_a_slow_one_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TEST_LIMIT_SECONDS", 1)
    (tmp_path / "test_small.py").write_text(TESTS, encoding="utf-8")

    found = running.run_file(
        ANY, tmp_path, Path(sys.executable), "test_small.py", "http://127.0.0.1:1", tmp_path, limit_seconds=60
    )

    assert {each.test.partition("::")[2]: each.outcome for each in found} == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_is_skipped": "skipped",
        "test_passes_but_its_end_fails": "failed",
        "test_never_ends": "failed",
    }
    assert running.counts(found) == {"passed": 1, "failed": 3, "skipped": 1}


def test_a_suite_that_is_stopped_keeps_its_results(tmp_path: Path) -> None:
    source = "import time\ndef test_one():\n    pass\ndef test_two():\n    time.sleep(60)\n"
    (tmp_path / "test_small.py").write_text(source, encoding="utf-8")

    found = running.run_file(
        ANY, tmp_path, Path(sys.executable), "test_small.py", "http://127.0.0.1:1", tmp_path, limit_seconds=8
    )

    assert [each.outcome for each in found] == ["passed"]


@pytest.mark.parametrize(
    ("test", "markers", "reason"),
    [
        ("test_lambda.py::test_cache[nodejs]", [], "another runtime than Python"),
        ("test_lambda.py::test_ulimits", ["requires_docker"], "needs Docker"),
        ("test_sqs.py::test_send", ["aws_validated"], ""),
    ],
)
def test_the_reason_why_a_test_cannot_pass_here(test: str, markers: list[str], reason: str) -> None:
    assert LOCALSTACK.reason(test, markers) == reason


def test_what_the_machine_lacks_is_no_reason_where_stock_passes() -> None:
    about = ("test_lambda_api.py::test_code_location", ["requires_docker"])

    assert LOCALSTACK.reason(*about) == "needs Docker"
    assert LOCALSTACK.reason(*about, passes_on_stock=True) == ""
    refused = "test_sqs.py::TestSqsProvider::test_message_retention"
    assert "AWS refuses" in LOCALSTACK.reason(refused, ["requires_in_process"], passes_on_stock=True)


def test_the_page_is_that_of_the_last_results() -> None:
    if page.PAGE.exists():
        assert page.PAGE.read_text(encoding="utf-8") == page.page(page.read_results())


def test_the_page_lists_counts_side_by_side_and_failures_by_reason() -> None:
    count = {"passed": 3, "failed": 1, "skipped": 0}
    of_file = {"ours": count, "stock": {**count, "passed": 2}, "not here": [["test_cache", "another runtime"]]}

    text = page.page({"localstack": {"tests/test_a.py": of_file}})

    assert "| `test_a.py` | 3 | 1 | 0 | 2 | 1 | 0 |" in text
    assert "| another runtime | `test_cache` |" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("localstack", "/nowhere"), "there is no folder /nowhere"),
        (("any", "CHECKOUT", "--python", "/nowhere/python"), "there is no interpreter /nowhere/python"),
        (("any", "CHECKOUT", "--python", sys.executable), "name at least one --file"),
        (("moto", "CHECKOUT", "--python", sys.executable), "has no tests/test_sqs/test_sqs.py"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    given = [str(tmp_path) if each == "CHECKOUT" else each for each in arguments]

    assert command.main(given) == command.EXIT_BAD_INPUT
    assert words in capsys.readouterr().err


def test_worse_than_stock_is_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    def result(outcome: str) -> running.TestResult:
        return running.TestResult("test_a.py::test_one", outcome, "no", ())

    found = {"ours": {"test_a.py": [result("failed")]}, "stock": {"test_a.py": [result("passed")]}}

    assert command.is_worse(ANY, ["test_a.py"], found) is True
    assert "WORSE  test_one: no" in capsys.readouterr().out


def test_a_test_that_needs_docker_and_passes_on_stock_makes_us_worse() -> None:
    def results(outcome: str) -> list[running.TestResult]:
        return [running.TestResult("test_a.py::test_one", outcome, "no", ("requires_docker",))]

    ours = {"test_a.py": results("failed")}

    assert command.is_worse(LOCALSTACK, ["test_a.py"], {"ours": ours, "stock": {"test_a.py": results("passed")}})
    assert not command.is_worse(LOCALSTACK, ["test_a.py"], {"ours": ours, "stock": {"test_a.py": results("failed")}})


@pytest.mark.parametrize("silent", ["ours", "stock"])
def test_a_file_of_which_no_test_ran_is_not_as_good_as_stock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    (tmp_path / "test_a.py").touch()
    passed = running.TestResult("test_a.py::test_one", "passed", "", ())
    monkeypatch.setattr(command, "_run", lambda *given: {"test_a.py": [] if given[-1] == silent else [passed]})
    given = ["any", str(tmp_path), "--file", "test_a.py", "--python", sys.executable]

    assert command.main(given) == command.EXIT_BAD_INPUT
    assert "no test ran of test_a.py" in capsys.readouterr().err


@pytest.mark.parametrize("minutes", ["0", "-5", "nan", "inf", "x", ""])
def test_what_is_no_time_is_refused(capsys: pytest.CaptureFixture[str], minutes: str) -> None:
    with pytest.raises(SystemExit):
        command.main(["any", "CHECKOUT", f"--limit-minutes={minutes}"])

    assert "is a number of minutes greater than 0" in capsys.readouterr().err


def test_every_suite_names_its_checkout() -> None:
    assert all(each.checkout for each in SUITES.values())
    assert json.dumps(page.read_results())


@pytest.mark.parametrize("suite", ["moto", "ministack"])
def test_every_test_that_fails_has_a_reason(suite: str) -> None:
    failed = [test for of_file in page.read_results()[suite].values() for test in of_file["not here"]]

    assert failed
    assert [test for test, reason in failed if not reason or reason != SUITES[suite].reason(f"a.py::{test}", [])] == []


def test_every_failure_of_the_last_results_has_a_reason() -> None:
    results = page.read_results()
    assert [
        test
        for of_suite in results.values()
        for of_file in of_suite.values()
        for test, reason in of_file["not here"]
        if not reason
    ] == []


def test_the_last_results_are_those_of_every_file_beside_stock() -> None:
    results = page.read_results()
    for name, suite in SUITES.items():
        assert set(results.get(name, {})) == set(suite.files), name
        assert all({"ours", "stock"} <= set(of_file) for of_file in results.get(name, {}).values())
