"""Faults are values: they describe themselves, return narrower faults, and refuse impossible values."""

import inspect
from collections.abc import Callable
from typing import Any, Literal, cast, get_args, get_origin

import pytest

from sim import minutes, seconds
from sim.app import ApiStep, WorkerStep
from sim.faults import Fault, api, clients, database, network, openai, queue, storage, worker
from sim.faults.aws import ANSWERS, AnswerKind, AwsFault, AwsWorld
from sim.localstack.chaos_client import Chaos
from sim.provisioning.pipeline import Pipeline

EVERY = [
    storage.down(),
    storage.put_fails(),
    storage.get_fails(500),
    storage.slow(seconds(20)),
    storage.slow(0.2, "put"),
    storage.object_missing(),
    storage.other_content(),
    storage.copy_held(lambda: None),
    storage.copy_answer_held(lambda: None),
    storage.put_response_lost(),
    storage.resets(),
    storage.hanging(),
    storage.hanging_for_functions(),
    *(storage.answers(kind) for kind in get_args(AnswerKind)),
    storage.answers("html", "put"),
    storage.answers("html", "get"),
    queue.hanging(),
    queue.hanging_for_functions(),
    *(queue.answers(kind) for kind in get_args(AnswerKind)),
    queue.relay_off(),
    queue.down(),
    queue.down_for_all(),
    queue.throttled(),
    queue.send_response_lost(),
    queue.delivered_twice(),
    queue.visibility_change_fails(),
    queue.delivered_late(minutes(5)),
    *(worker.killed_during(step) for step in worker.ENDPOINTS),
    *(killed(step) for step in get_args(WorkerStep) for killed in (worker.killed_before, worker.killed_after)),
    worker.killed(),
    worker.out_of_memory(),
    worker.timed_out(),
    worker.throttled(),
    worker.deployed_during("analysis"),
    database.down(),
    database.restarted(),
    database.restarted(before="transcript"),
    database.crashed(before="analysis"),
    database.connections_cut(),
    database.commit_lost("accept"),
    database.commit_response_lost("claim", times=2),
    database.conflict("analysis"),
    network.latency(0.05),
    network.down(),
    network.blackhole(),
    clients.wrong_key(),
    clients.disconnected_mid_upload(),
    clients.silent_connections(),
    clients.unread_event_streams("8c0f2a4e-0000-4000-8000-000000000000"),
    clients.one_byte_chunks(),
    *(killed(step) for step in get_args(ApiStep) for killed in (api.killed_before, api.killed_after)),
    api.killed(),
    api.redeployed_before("store"),
]


def test_every_fault_is_described_by_one_unique_sentence_without_a_full_stop() -> None:
    faults = cast("list[Fault[Any]]", EVERY)
    sentences = [fault.describe() for fault in faults]

    assert len(set(sentences)) == len(sentences)
    assert [sentence for sentence in sentences if sentence.endswith(".") or "\n" in sentence] == []
    assert {fault.family for fault in faults} == {"storage", "queue", "worker", "database", "network", "clients", "api"}


def test_a_narrower_fault_is_a_new_value_with_its_own_description() -> None:
    fault = storage.put_fails()
    narrow = fault.first(2).with_probability(0.25, seed=7).during(minutes(10), after=minutes(1))

    assert narrow.describe() == (
        "S3 answers 503 on uploads (the first 2 calls, 25% of the calls, for 10 min after 1 min)"
    )
    assert fault == storage.put_fails()
    assert narrow.rule.items() >= {"first": 2, "probability": 0.25, "seed": 7}.items()
    assert narrow.rule["window"] == {"after": 60, "for": 600}


def test_every_kind_of_answer_has_its_words() -> None:
    assert tuple(ANSWERS) == get_args(AnswerKind)


@pytest.mark.parametrize("answers", [storage.answers, queue.answers])
def test_an_unknown_kind_of_answer_is_refused(answers: Callable[[Any], object]) -> None:
    with pytest.raises(ValueError, match="must be one of empty, html"):
        answers("nonsense")


def test_answers_of_unknown_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="must be any, put or get"):
        storage.answers("html", "delete")  # type: ignore[arg-type]


class Rules(Chaos):
    """Records the rules instead of sending them."""

    def __init__(self) -> None:
        self.added: list[Any] = []

    def add(self, rule: Any) -> str:
        self.added.append(rule)
        return "an id"


class World:
    def __init__(self) -> None:
        self.chaos = Rules()
        names = {"name": "one-1a2b", "audio_bucket": "one-1a2b-audio", "worker_function": "one-1a2b-worker"}
        url = "http://127.0.0.1:4566/000000000000/one-1a2b-jobs"
        fields = dict.fromkeys(Pipeline.__dataclass_fields__, "")
        self.pipeline = Pipeline(**{**fields, **names, "jobs_queue_url": url})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "resource"),
    [
        (storage.get_fails(), ["one-1a2b-audio$"]),
        (storage.object_missing().for_object("7f"), ["one-1a2b-audio$", "7f"]),
        (queue.throttled(), ["one-1a2b-jobs$"]),
        (queue.down_for_all(), ["one-1a2b-"]),
    ],
)
def test_a_rule_selects_the_resources_of_its_own_pipeline_alone(fault: AwsFault, resource: list[str]) -> None:
    world = World()

    fault.start(cast(AwsWorld, world))

    assert world.chaos.added[0]["resource"] == resource


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: storage.put_fails(200), "from 400 to 599"),
        (lambda: storage.slow(0), "needs latency_ms"),
        (lambda: storage.down().with_probability(3, seed=1), "from 0 to 1"),
        (lambda: storage.down().only_call(0), "must be at least 1"),
        (lambda: storage.down().during(minutes(-1)), "must be at least 0"),
        (lambda: storage.down().during(0), "ends before it begins"),
        (lambda: queue.delivered_late(minutes(16)), "1 to 900 seconds"),
        (lambda: queue.delivered_late(0), "1 to 900 seconds"),
        (lambda: worker.killed_before(cast(Any, "lunch")), "no step 'lunch'"),
        (lambda: database.conflict("claim", times=0), "at least once"),
        (lambda: network.latency(0), "more than 0"),
        (lambda: network.latency(minutes(1)), "at most 30 seconds"),
        (lambda: clients.disconnected_mid_upload(0), "after 1 byte or more"),
        (lambda: clients.silent_connections(0), "1 or more, not 0"),
        (lambda: clients.unread_event_streams("8c0f2a4e", -1), "1 or more, not -1"),
        (lambda: clients.one_byte_chunks(0), "1 or more, not 0"),
        (lambda: api.killed_before(cast(Any, "lunch")), "no step 'lunch'"),
        (lambda: openai.errors(200), "from 400 to 599"),
        (lambda: openai.slow(-1), "at least 0"),
        (lambda: openai.down().first(0), "at least 1"),
        (lambda: openai.down().first(1).only_call(2), "exclude each other"),
        (lambda: openai.down().during(minutes(-1)), "at least 0"),
        (lambda: openai.down().during(0), "ends before it begins"),
        (lambda: openai.down().with_probability(0.5, seed=cast(Any, "abc")), "seed must be a number"),
        (lambda: openai.unreadable_audio().for_endpoint("chat"), "can only happen to transcription"),
    ],
)
def test_an_impossible_fault_is_refused_when_it_is_made(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_every_argument_of_a_literal_type_refuses_other_values_and_lists_the_allowed_ones() -> None:
    """Each function of each family, and each of its arguments whose type is a `Literal`."""
    refused = 0
    for family in (api, database, network, openai, clients, queue, storage, worker):
        for make in vars(family).values():
            if not inspect.isfunction(make) or make.__module__ != family.__name__ or make.__name__.startswith("_"):
                continue
            for name, choices in _choices(make).items():
                needed = {each: 1 for each in _required(make) if each != name}
                with pytest.raises(ValueError) as refusal:
                    make(**needed, **{name: "nonsense"})
                assert choices[-1] in str(refusal.value), f"{make.__name__}({name}=…): {refusal.value}"
                refused += 1
    assert refused > 20


def _choices(make: Callable[..., Any]) -> dict[str, tuple[str, ...]]:
    found = {
        name: get_args(each)
        for name, hint in make.__annotations__.items()
        for each in (hint, *get_args(hint))
        if get_origin(each) is Literal
    }
    return {name: choices for name, choices in found.items() if name != "return"}


def _required(make: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(make).parameters.values()
    return [each.name for each in parameters if each.default is inspect.Parameter.empty]
