"""`rawk`, as an operator meets it: what it prints, where, and its exit codes."""

import json

import pytest

from rawk import composition
from rawk.cli import main
from rawk.domain.errors import AIMisconfigured, AIQuotaExhausted, QueueUnavailable
from tests.unit.use_cases.pipeline import MAX_RECEIVES, Line


@pytest.fixture
def line(monkeypatch):
    line = Line()
    monkeypatch.setattr(composition, "build_dead_letter_operations", lambda env: line.operations)  # noqa: ARG005
    return line


@pytest.fixture
def rawk(capsys):
    """Run a command; gives its exit code, its output and its complaints."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as stopped:  # argparse's way out
            code = int(stopped.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def failed(line, error) -> str:
    memory_id = line.record()
    line.transcriber.failures = [error] * MAX_RECEIVES
    line.drain()
    line.transcriber.failures.clear()
    return memory_id


@pytest.fixture
def letters(line):
    """Three dead letters: wrong key, exhausted quota, poison."""
    failed(line, AIMisconfigured("OpenAI answered 401"))
    failed(line, AIQuotaExhausted("OpenAI answered 429 insufficient_quota"))
    line.jobs.send('{"poison": "☠"}')
    line.drain()
    return {classified.why: classified for classified in line.operations.classify(10)}


# list and show


def test_list_has_one_line_per_letter_and_a_count(rawk, letters):
    code, output, complaints = rawk("dlq", "list")

    *lines, count = output.splitlines()
    assert (code, complaints, count) == (0, "", "3 dead letters")
    for why, classified in letters.items():
        [line] = [line for line in lines if classified.letter.message_id in line]
        assert why in line
        assert (classified.job.memory_id if classified.job else "  -  ") in line
    assert all("  sent=2026-11-20T1" in line for line in lines)


def test_list_as_json_has_one_object_per_line_and_nothing_else(rawk, letters):
    code, output, _ = rawk("dlq", "list", "--json")

    described = {letter["why"]: letter for letter in map(json.loads, output.splitlines())}
    assert code == 0
    assert set(described) == set(letters)
    configuration = described["configuration"]
    assert configuration["detail"] == "OpenAI answered 401"
    assert (configuration["status"], configuration["attempts"]) == ("failed", 1)
    assert described["poison"]["memory_id"] is None


def test_list_of_none_says_so(rawk, line):  # noqa: ARG001
    assert rawk("dlq", "list") == (0, "0 dead letters\n", "")


def test_show_prints_the_whole_letter(rawk, letters):
    letter = letters["poison"].letter

    code, output, _ = rawk("dlq", "show", letter.message_id)

    assert code == 0
    assert json.loads(output)["body"] == '{"poison": "☠"}'


def test_show_of_what_is_not_there_says_where_to_look(rawk, line):  # noqa: ARG001
    code, output, complaints = rawk("dlq", "show", "nonsense")

    assert (code, output) == (1, "")
    assert complaints == "rawk: RawkError: there is no dead letter nonsense; `rawk dlq list` shows all\n"


# redrive


def test_redrive_sends_all_back(rawk, line, letters):
    assert rawk("dlq", "redrive") == (0, "redriving about 3 dead letters\n", "")
    assert line.dead_bodies() == []
    assert len(line.jobs.messages()) == len(letters)


def test_redrive_only_some(rawk, line, letters):
    code, output, _ = rawk("dlq", "redrive", "--only", "configuration", "--only", "openai_quota")

    assert code == 0
    assert output.endswith("2 dead letters redriven\n")
    assert letters["configuration"].letter.message_id in output
    assert line.dead_bodies() == ['{"poison": "☠"}']


def test_redrive_keeps_the_pace(rawk, line, letters):  # noqa: ARG001
    line.clock.sleeps.clear()

    rawk("dlq", "redrive", "--only", "configuration", "--max-per-second", "4")

    assert line.clock.sleeps == [0.25]


def test_what_is_down_is_one_sentence(rawk, line, letters):
    line.faults.add("letters.remove", QueueUnavailable("SQS does not answer"))

    code, output, complaints = rawk("dlq", "purge", "--yes")

    assert (code, complaints) == (1, "rawk: QueueUnavailable: SQS does not answer\n")
    assert output == ""
    assert len(line.dead_bodies()) == len(letters)


def test_interrupted_it_says_that_what_was_done_stays_done(rawk, line, letters):  # noqa: ARG001
    line.faults.add("letters.move", KeyboardInterrupt(), after_effect=True)

    code, _, complaints = rawk("dlq", "redrive", "--only", "configuration")

    assert (code, complaints) == (130, "rawk: interrupted; completed operations are kept\n")
    assert len(line.dead_bodies()) == 2


# purge


def test_purge_without_yes_removes_nothing(rawk, line, letters):
    code, output, _ = rawk("dlq", "purge", "--only", "poison")

    assert code == 0
    assert output.endswith("1 dead letters would be removed; add --yes to remove them\n")
    assert len(line.dead_bodies()) == len(letters)


def test_purge_removes_what_was_asked_for(rawk, line, letters):
    code, output, _ = rawk("dlq", "purge", "--only", "poison", "--yes")

    assert code == 0
    assert output.endswith("1 dead letters removed\n")
    assert len(line.dead_bodies()) == len(letters) - 1


def test_purge_of_all(rawk, line, letters):  # noqa: ARG001
    assert rawk("dlq", "purge", "--yes")[0] == 0
    assert line.dead_bodies() == []


# what makes no sense


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dlq",),
        ("nonsense",),
        ("dlq", "nonsense"),
        ("dlq", "show"),
        ("dlq", "redrive", "--only", "nonsense"),
        ("dlq", "purge", "--only", "nonsense"),
        ("dlq", "redrive", "--max-per-second", "0"),
        ("dlq", "redrive", "--max-per-second", "501"),
        ("dlq", "redrive", "--max-per-second", "-1"),
        ("dlq", "redrive", "--max-per-second", "1.5"),
        ("dlq", "redrive", "--max-per-second", "fast"),
    ],
)
def test_a_command_that_makes_no_sense_exits_with_2_and_touches_nothing(rawk, line, letters, arguments):
    code, output, complaints = rawk(*arguments)

    assert (code, output) == (2, "")
    assert complaints.startswith("usage: rawk")
    assert len(line.dead_bodies()) == len(letters)


@pytest.mark.parametrize("rate", ["0", "501", "1.5", "fast"])
def test_a_senseless_rate_is_told_what_would_make_sense(rawk, line, rate):  # noqa: ARG001
    assert f"'{rate}' is not a whole number from 1 to 500" in rawk("dlq", "redrive", "--max-per-second", rate)[2]


@pytest.mark.parametrize("rate", ["1", "500"])
def test_the_rates_that_sqs_takes_are_taken(rawk, line, rate):  # noqa: ARG001
    assert rawk("dlq", "redrive", "--max-per-second", rate)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--help",), ["migrate", "dlq"]),
        (("dlq", "--help"), ["list", "show", "redrive", "purge"]),
        (("dlq", "redrive", "--help"), ["--only", "--max-per-second", "openai_unavailable", "poison", "1 to 500"]),
        (("dlq", "purge", "--help"), ["--yes", "unfinished"]),
        (("dlq", "list", "--help"), ["--json"]),
        (("migrate", "--help"), ["--to", "head", "base"]),
    ],
)
def test_help_tells_what_there_is(rawk, arguments, says):
    code, output, complaints = rawk(*arguments)

    assert (code, complaints) == (0, "")
    for word in says:
        assert word in output


def test_a_missing_setting_is_one_sentence_and_no_stack(rawk, monkeypatch):
    for name in ("JOBS_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    code, output, complaints = rawk("dlq", "list")

    assert (code, output) == (1, "")
    assert complaints == "rawk: ConfigurationError: JOBS_QUEUE_URL is not set\n"
