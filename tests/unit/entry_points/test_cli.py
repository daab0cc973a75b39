"""The command `rawk`: output, errors and exit codes."""

import json

import pytest

from rawk import composition
from rawk.cli import main
from rawk.domain.errors import AIMisconfigured, AIQuotaExhausted, QueueUnavailable
from tests.unit.use_cases.pipeline import MAX_RECEIVES, Pipeline


@pytest.fixture
def pipeline(monkeypatch):
    pipeline = Pipeline()
    monkeypatch.setattr(composition, "build_dead_letter_operations", lambda env: pipeline.operations)  # noqa: ARG005
    return pipeline


@pytest.fixture
def rawk(capsys):
    """Run a command; gives its exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as stopped:  # raised by argparse
            code = int(stopped.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def failed(pipeline, error) -> str:
    memory_id = pipeline.record()
    pipeline.transcriber.failures = [error] * MAX_RECEIVES
    pipeline.drain()
    pipeline.transcriber.failures.clear()
    return memory_id


@pytest.fixture
def letters(pipeline):
    """Three dead letters: wrong key, exhausted quota, poison."""
    failed(pipeline, AIMisconfigured("OpenAI answered 401"))
    failed(pipeline, AIQuotaExhausted("OpenAI answered 429 insufficient_quota"))
    pipeline.jobs.send('{"poison": "☠"}')
    pipeline.drain()
    return {classified.why: classified for classified in pipeline.operations.classify(10)}


# list and show


def test_list_has_one_line_per_letter_and_a_count(rawk, letters):
    code, output, errors = rawk("dlq", "list")

    *lines, count = output.splitlines()
    assert (code, errors, count) == (0, "", "3 dead letters")
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


def test_list_without_dead_letters_prints_zero(rawk, pipeline):  # noqa: ARG001
    assert rawk("dlq", "list") == (0, "0 dead letters\n", "")


def test_show_prints_the_whole_dead_letter(rawk, letters):
    letter = letters["poison"].letter

    code, output, _ = rawk("dlq", "show", letter.message_id)

    assert code == 0
    assert json.loads(output)["body"] == '{"poison": "☠"}'


def test_show_of_an_unknown_dead_letter_names_the_list_command(rawk, pipeline):  # noqa: ARG001
    code, output, errors = rawk("dlq", "show", "nonsense")

    assert (code, output) == (1, "")
    assert errors == "rawk: RawkError: there is no dead letter nonsense; `rawk dlq list` shows all\n"


def test_list_says_that_there_are_more_than_sqs_gave(rawk, pipeline, letters):
    pipeline.dead.receive_this(letters["poison"].letter.message_id, 60)

    code, output, errors = rawk("dlq", "list", "--json")

    assert (code, len(output.splitlines())) == (0, 2)
    assert errors == "rawk: SQS counts about 1 more, which it did not give; repeat the command\n"


# redrive


def test_redrive_sends_all_back(rawk, pipeline, letters):
    assert rawk("dlq", "redrive") == (0, "redriving about 3 dead letters\n", "")
    assert pipeline.dead_bodies() == []
    assert len(pipeline.jobs.messages()) == len(letters)


def test_redrive_only_some(rawk, pipeline, letters):
    code, output, _ = rawk("dlq", "redrive", "--only", "configuration", "--only", "openai_quota")

    assert code == 0
    assert output.endswith("2 dead letters redriven: configuration 1, openai_quota 1\nabout 1 dead letters are left\n")
    assert letters["configuration"].letter.message_id in output
    assert pipeline.dead_bodies() == ['{"poison": "☠"}']


def test_redrive_as_json_has_a_log_line_for_each_letter_as_the_other_parts_write_them(rawk, pipeline, letters):
    code, output, _ = rawk("dlq", "redrive", "--only", "configuration", "--json")

    letter = letters["configuration"]
    assert code == 0
    assert json.loads(output) == {
        "timestamp": pipeline.clock.now().isoformat(timespec="milliseconds"),
        "level": "INFO",
        "service": "operator",
        "event": "dead_letter_redriven",
        "message_id": letter.letter.message_id,
        "memory_id": letter.job.memory_id,
        "correlation_id": letter.job.correlation_id,
        "why": "configuration",
    }


def test_redrive_keeps_the_rate(rawk, pipeline, letters):  # noqa: ARG001
    pipeline.clock.sleeps.clear()

    rawk("dlq", "redrive", "--only", "configuration", "--max-per-second", "4")

    assert pipeline.clock.sleeps == [0.25]


def test_an_outage_is_reported_in_one_sentence(rawk, pipeline, letters):
    pipeline.faults.add("letters.remove", QueueUnavailable("SQS does not answer"))

    code, output, errors = rawk("dlq", "purge", "--yes")

    assert (code, errors) == (1, "rawk: QueueUnavailable: SQS does not answer\n")
    assert output == "0 dead letters removed\n"
    assert len(pipeline.dead_bodies()) == len(letters)


def test_an_interrupted_command_says_that_completed_operations_are_kept(rawk, pipeline, letters):  # noqa: ARG001
    pipeline.faults.add("letters.move", KeyboardInterrupt(), after_effect=True)

    code, _, errors = rawk("dlq", "redrive", "--only", "configuration")

    assert (code, errors) == (130, "rawk: interrupted; completed operations are kept\n")
    assert len(pipeline.dead_bodies()) == 2


# purge


def test_purge_without_yes_removes_nothing(rawk, pipeline, letters):
    code, output, _ = rawk("dlq", "purge", "--only", "poison")

    assert code == 0
    assert output.startswith("1 of 3 dead letters would be removed; add --yes to remove them\nby reason:  poison 1\n")
    assert len(pipeline.dead_bodies()) == len(letters)


def test_purge_removes_the_selected_dead_letters(rawk, pipeline, letters):
    code, output, _ = rawk("dlq", "purge", "--only", "poison", "--yes")

    assert code == 0
    assert output.endswith("1 dead letters removed: poison 1\nabout 2 dead letters are left\n")
    assert len(pipeline.dead_bodies()) == len(letters) - 1


def test_purge_of_all(rawk, pipeline, letters):  # noqa: ARG001
    assert rawk("dlq", "purge", "--yes")[0] == 0
    assert pipeline.dead_bodies() == []


# invalid commands


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
def test_an_invalid_command_exits_with_2_and_changes_nothing(rawk, pipeline, letters, arguments):
    code, output, errors = rawk(*arguments)

    assert (code, output) == (2, "")
    assert errors.startswith("usage: rawk")
    assert len(pipeline.dead_bodies()) == len(letters)


@pytest.mark.parametrize("rate", ["0", "501", "1.5", "fast"])
def test_an_invalid_rate_is_refused_with_the_valid_range(rawk, pipeline, rate):  # noqa: ARG001
    assert f"'{rate}' is not a whole number from 1 to 500" in rawk("dlq", "redrive", "--max-per-second", rate)[2]


@pytest.mark.parametrize("rate", ["1", "500"])
def test_valid_rates_are_accepted(rawk, pipeline, rate):  # noqa: ARG001
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
def test_help_lists_the_commands(rawk, arguments, says):
    code, output, errors = rawk(*arguments)

    assert (code, errors) == (0, "")
    for word in says:
        assert word in output


def test_a_missing_setting_is_one_sentence_and_no_stack(rawk, monkeypatch):
    for name in ("JOBS_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    code, output, errors = rawk("dlq", "list")

    assert (code, output) == (1, "")
    assert errors == "rawk: ConfigurationError: JOBS_QUEUE_URL is not set\n"
