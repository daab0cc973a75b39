"""`rawk dlq`: which dead letters an operator takes, what a preview says, and that it changes nothing."""

import json
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest

from rawk import composition
from rawk.adapters.sqs.in_memory import InMemoryDeadLetters
from rawk.cli import main
from rawk.domain.errors import AIMisconfigured, AIQuotaExhausted, QueueUnavailable
from tests.unit.use_cases.pipeline import MAX_RECEIVES, Killed, Pipeline

HOUR = 3600


@pytest.fixture
def pipeline(monkeypatch):
    pipeline = Pipeline()
    monkeypatch.setattr(composition, "build_dead_letter_operations", lambda env: pipeline.operations)  # noqa: ARG005
    return pipeline


@pytest.fixture
def rawk(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(("dlq", *arguments))
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
    """Four dead letters, by their names: one every ten hours, and ten hours passed."""
    names = {"key": failed(pipeline, AIMisconfigured("OpenAI answered 401"))}
    pipeline.clock.sleep(10 * HOUR)
    names["quota"] = failed(pipeline, AIQuotaExhausted("OpenAI answered 429 insufficient_quota"))
    pipeline.clock.sleep(10 * HOUR)
    names["quota again"] = failed(pipeline, AIQuotaExhausted("OpenAI answered 429 insufficient_quota"))
    pipeline.clock.sleep(10 * HOUR)
    pipeline.jobs.send("poison")
    pipeline.drain()
    of = {each.job and each.job.memory_id: each for each in pipeline.operations.classify(10)}
    pipeline.clock.sleep(10 * HOUR)
    return {name: of[memory_id] for name, memory_id in names.items()} | {"poison": of[None]}


def listed(rawk, *selection) -> set[str]:
    code, output, errors = rawk("list", "--json", *selection)
    assert (code, errors) == (0, "")
    return {json.loads(line)["message_id"] for line in output.splitlines()}


def all_of(pipeline) -> dict:
    """Everything that the queues hold, with visibility and all."""
    return {
        queue.name: {each.message_id: each.body for each in queue.messages()}
        for queue in (pipeline.jobs, pipeline.dead)
    }


def iso(moment) -> str:
    return moment.isoformat()


SELECTIONS = {
    "a reason": (("--only", "openai_quota"), {"quota", "quota again"}),
    "two reasons": (("--only", "openai_quota", "--only", "poison"), {"quota", "quota again", "poison"}),
    "accepted lately": (("--accepted-since", "27h"), {"quota again", "poison"}),
    "accepted long ago": (("--accepted-before", "1620m"), {"key", "quota"}),
    "accepted between": (("--accepted-since", "1d14h", "--accepted-before", "27h"), {"quota"}),
    "dead lately": (("--dead-since", "54000s"), {"poison"}),
    "dead long ago": (("--dead-before", "37h"), {"key"}),
    "reason and time": (("--only", "openai_quota", "--dead-since", "27h"), {"quota again"}),
    "nothing": (("--only", "openai_quota", "--dead-since", "0s"), set()),
    "everything": (("--accepted-since", "7d"), {"key", "quota", "quota again", "poison"}),
}


@pytest.mark.parametrize(("options", "names"), SELECTIONS.values(), ids=SELECTIONS)
def test_list_preview_redrive_and_purge_take_the_same(rawk, pipeline, letters, options, names):
    wanted = {letters[name].letter.message_id for name in names}
    before = all_of(pipeline)
    assert listed(rawk, *options) == wanted
    for preview in (("redrive", "--dry-run"), ("purge",)):
        assert rawk(*preview, *options)[1].startswith(f"{len(names)} of 4 dead letters would be re")
    assert all_of(pipeline) == before

    code, output, _ = rawk("redrive", *options)
    assert code == 0
    assert {line.split()[0] for line in output.splitlines()[:-2]} == wanted
    assert set(all_of(pipeline)["dead"]) == set(before["dead"]) - wanted
    assert sorted(all_of(pipeline)["jobs"].values()) == sorted(before["dead"][each] for each in wanted)


@pytest.mark.parametrize(("options", "names"), SELECTIONS.values(), ids=SELECTIONS)
def test_purge_takes_the_selected_ones_alone(rawk, pipeline, letters, options, names):
    wanted = {letters[name].letter.message_id for name in names}

    assert rawk("purge", "--yes", *options)[0] == 0
    assert set(all_of(pipeline)["dead"]) == {each.letter.message_id for each in letters.values()} - wanted
    assert all_of(pipeline)["jobs"] == {}


def test_one_letter_is_redriven_by_the_id_of_its_memory_or_of_its_message(rawk, pipeline, letters):
    memory_id = letters["quota"].memory.id
    code, output, _ = rawk("redrive", "--memory", memory_id.upper())
    assert code == 0
    assert output.endswith("1 dead letters redriven: openai_quota 1\nabout 3 dead letters are left\n")
    code, output, _ = rawk("redrive", "--message", letters["poison"].letter.message_id)
    assert code == 0
    assert "redriven: poison 1" in output

    pipeline.drain()
    assert pipeline.memory(memory_id).completed_at is not None


def test_times_of_a_zone_are_bounds_of_which_the_first_belongs_to_it(rawk, letters):
    one, two = letters["quota"], letters["quota again"]
    since, before = iso(one.accepted_at), two.accepted_at.isoformat().replace("+00:00", "Z")
    assert listed(rawk, "--accepted-since", since, "--accepted-before", before) == {one.letter.message_id}

    dead = one.dead_since.astimezone(tz=None).isoformat()
    later = iso(one.dead_since + timedelta(microseconds=1))
    assert listed(rawk, "--dead-since", dead, "--dead-before", later) == {one.letter.message_id}


def test_what_was_accepted_long_ago_may_be_dead_since_lately(rawk, pipeline):
    memory_id = pipeline.record()
    pipeline.clock.sleep(20 * HOUR)
    pipeline.transcriber.failures = [AIMisconfigured("OpenAI answered 401")] * MAX_RECEIVES
    pipeline.drain()
    [letter] = pipeline.operations.classify(10)
    assert letter.memory.id == memory_id
    both = {letter.letter.message_id}

    assert listed(rawk, "--dead-since", "9h") == listed(rawk, "--accepted-before", "19h") == both
    assert listed(rawk, "--dead-before", "9h") == listed(rawk, "--accepted-since", "19h") == set()


def test_a_preview_counts_by_reason_tenant_and_age_and_shows_some(rawk, letters, pipeline):
    for _ in range(4):
        failed(pipeline, AIMisconfigured("OpenAI answered 401"))
    pipeline.clock.sleep(5 * 24 * HOUR)
    newest = failed(pipeline, AIMisconfigured("OpenAI answered 401"))
    before = all_of(pipeline)
    code, output, errors = rawk("redrive", "--dry-run")

    lines = output.splitlines()
    assert (code, errors) == (0, "")
    assert lines[:4] == [
        "9 of 9 dead letters would be redriven; nothing was changed",
        "by reason:  configuration 6, openai_quota 2, poison 1",
        "by tenant:  acme 8, - 1",
        "by age:     4 days and more 8, under an hour 1",
    ]
    assert lines[4] == f"oldest:     accepted {letters['key'].accepted_at.isoformat(timespec='seconds')}"
    assert lines[5] == f"newest:     accepted {pipeline.memory(newest).created_at.isoformat(timespec='seconds')}"
    assert lines[6].startswith(f"dead:       from {letters['key'].dead_since.isoformat(timespec='seconds')} to ")
    assert len(lines[7:-1]) == 5
    assert letters["key"].letter.message_id in lines[7]
    assert lines[-1] == "and 4 more; `rawk dlq list` shows them with the same options"
    assert all_of(pipeline) == before


def test_what_a_preview_looked_at_is_visible_at_once(rawk, letters, pipeline):
    for arguments in (("redrive", "--dry-run"), ("purge",), ("list", "--only", "poison")):
        assert rawk(*arguments)[0] == 0
        assert len(pipeline.dead.take(10, 0)) == len(letters), arguments


def test_a_preview_says_that_sqs_holds_more(rawk, letters, pipeline):
    pipeline.dead.receive_this(letters["poison"].letter.message_id, 60)

    assert rawk("redrive", "--dry-run")[2] == (
        "rawk: SQS counts about 1 more, which it did not give; repeat the command\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [("redrive",), ("redrive", "--dry-run"), ("purge",), ("purge", "--yes")],
)
def test_a_letter_that_was_named_and_is_not_there_is_an_error(rawk, pipeline, letters, arguments):
    unknown = str(uuid4())
    code, output, errors = rawk(*arguments, "--memory", unknown, "--memory", letters["key"].memory.id)
    assert code == 1
    assert output.startswith(("1 of 4", letters["key"].letter.message_id))
    assert f"not found: the dead letter of memory {unknown};" in errors
    code, _, errors = rawk(*arguments, "--message", letters["poison"].letter.message_id, "--only", "deleted")
    assert code == 1
    assert "another option excludes it" in errors
    assert letters["poison"].letter.message_id in all_of(pipeline)["dead"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Killed(), QueueUnavailable("SQS does not answer")])
@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("done", [0, 1])
def test_an_interrupted_redrive_says_what_it_did_and_loses_none(
    capsys, monkeypatch, pipeline, letters, stop, after_effect, done
):
    right, moves = InMemoryDeadLetters.move, []

    def move(self, letter):
        moves.append(letter)
        if len(moves) > done and not after_effect:
            raise stop
        right(self, letter)
        if len(moves) > done:
            raise stop

    monkeypatch.setattr(InMemoryDeadLetters, "move", move)
    with suppress(Killed):
        main(("dlq", "redrive", "--only", "openai_quota"))
    lines = capsys.readouterr().out.splitlines()
    assert len(moves) == done + 1
    assert [line.split()[0] for line in lines[:-1]] == [each.message_id for each in moves[:done]]
    assert lines[-1].startswith(f"{done} dead letters redriven")

    bodies = [*pipeline.dead_bodies(), *(each.body for each in pipeline.jobs.messages())]
    assert sorted(bodies) == sorted(each.letter.body for each in letters.values())
    assert len(pipeline.dead.take(10, 0)) == len(pipeline.dead_bodies()), "what is left is visible at once"


BAD = {
    "a time without a zone": (("--dead-since", "2026-11-30T14:00:00"), "has no time zone; add Z for UTC"),
    "a date": (("--accepted-since", "2026-11-30"), "has no time zone"),
    "no time": (("--dead-since", "yesterday"), "'yesterday' is no time; give one as 2026-11-30T14:00:00Z"),
    "a unit of none": (("--dead-since", "2"), "is no time"),
    "an unknown unit": (("--dead-since", "2w"), "is no time"),
    "a fraction": (("--dead-since", "1.5h"), "is no time"),
    "units in another order": (("--dead-since", "30m2h"), "is no time"),
    "below nothing": (("--dead-since=-2h",), "is no time"),
    "an empty time": (("--dead-since", ""), "'' is no time"),
    "digits of another script": (("--dead-since", "٢h"), "is no time"),
    "longer than time": (("--dead-since", "99999999999999999999d"), "is no time"),
    "before there was time": (("--dead-since", "400000d"), "is no time"),
    "a day that is none": (("--accepted-before", "2026-02-30T00:00:00Z"), "is no time"),
    "no memory's id": (("--memory", "nonsense"), "'nonsense' is no id of a memory"),
    "no reason": (("--only", "nonsense"), "invalid choice: 'nonsense'"),
    "never": (("--dead-since", "1h", "--dead-before", "2h"), "nothing is dead since"),
    "an instant": (("--accepted-since", "2h", "--accepted-before", "2h"), "nothing is accepted since"),
}


@pytest.mark.parametrize("command", ["list", "redrive", "purge"])
@pytest.mark.parametrize(("options", "text"), BAD.values(), ids=BAD)
def test_a_bad_selection_says_what_is_wrong_and_exits_with_2(rawk, pipeline, letters, command, options, text):
    code, output, errors = rawk(command, *options)

    assert (code, output) == (2, "")
    assert errors.startswith(f"usage: rawk dlq {command}")
    assert text in errors
    assert len(pipeline.dead_bodies()) == len(letters)


@pytest.mark.parametrize("command", ["redrive", "purge"])
def test_help_teaches_by_examples(rawk, command):
    code, output, _ = rawk(command, "--help")

    assert code == 0
    for word in ("examples:", "--accepted-since WHEN", "--dead-before WHEN", "--memory ID", "2h", "may be combined"):
        assert word in output
