"""Rules of the Chaos API: what they say, whom they hit, how often, and what is no rule."""

from typing import Any

import pytest

from sim.localstack.extension.rawk_emulator.chaos.parsing import BadRule, read_latency_ms, read_rules
from sim.localstack.extension.rawk_emulator.chaos.rules import Book, Call, Refusal

SEND = Call("sqs", "SendMessage", "us-east-1", "client", ("http://127.0.0.1/000000000000/one-jobs",))


def book_of(*given: dict[str, Any], at: float = 0.0) -> Book:
    book = Book()
    book.add(read_rules(list(given)), at)
    return book


def met(book: Book, call: Call = SEND, times: int = 1, at: float = 0.0) -> list[int]:
    """The numbers of the calls that were hit, counted from 1."""
    return [number for number in range(1, times + 1) if book.meet(call, at)]


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({}, True),
        ({"service": "sqs"}, True),
        ({"service": "s3"}, False),
        ({"service": "sqs", "operation": "SendMessage"}, True),
        ({"service": "sqs", "operation": "ReceiveMessage"}, False),
        ({"operations": ["ReceiveMessage", "SendMessage"]}, True),
        ({"region": "us-east-1"}, True),
        ({"region": "eu-west-1"}, False),
        ({"probability": 0}, False),
        ({"resource": "one-jobs"}, True),
        ({"resource": "two-jobs"}, False),
        ({"resource": ["one", "jobs"]}, True),
        ({"resource": "one-jobs$"}, True),
        ({"resource": "one$"}, False),
        ({"resource": ["one", "two"]}, False),
        ({"callers": ["client"]}, True),
        ({"callers": ["http"]}, True),
        ({"callers": ["function", "mapping"]}, False),
        ({"callers": []}, True),
    ],
)
def test_a_rule_hits_what_it_names_and_nothing_else(rule: dict[str, Any], hit: bool) -> None:
    assert bool(met(book_of(rule))) is hit


def test_a_mapping_is_spared_unless_it_is_named() -> None:
    receive = Call("sqs", "ReceiveMessage", "us-east-1", "mapping", ("one-jobs",))

    assert not met(book_of({"service": "sqs"}), receive)
    assert met(book_of({"service": "sqs", "callers": ["mapping"]}), receive)
    assert met(book_of({"service": "sqs", "callers": []}), receive)


def test_what_is_left_out_of_an_error_is_as_published() -> None:
    (plain, coded) = read_rules([{}, {"error": {"code": "SlowDown"}}])

    assert plain.refusal == Refusal(503, "ServiceUnavailable")
    assert coded.refusal == Refusal(503, "SlowDown")


def test_the_first_rule_that_is_met_decides() -> None:
    book = book_of({"id": "a", "service": "s3"}, {"id": "b", "first": 1}, {"id": "c"})

    names = [placed.rule.id for _ in range(2) if (placed := book.meet(SEND, 0))]

    assert names == ["b", "c"]


def test_a_rule_that_only_counts_lets_the_next_one_decide() -> None:
    book = book_of({"id": "counted", "effect": "count"}, {"id": "hit"})

    assert met(book, times=3) == [1, 2, 3]
    assert [placed.times_triggered for name in ("counted", "hit") if (placed := book.find(name))] == [3, 3]


def test_the_nth_and_the_first_calls() -> None:
    assert met(book_of({"nth": 2}), times=4) == [2]
    assert met(book_of({"first": 2}), times=4) == [1, 2]


def test_calls_that_do_not_fit_are_not_counted() -> None:
    book = book_of({"id": "second", "nth": 2, "resource": "one"})
    other = Call("sqs", "SendMessage", "us-east-1", "client", ("two-jobs",))

    assert [bool(book.meet(call, 0)) for call in (SEND, other, SEND)] == [False, False, True]


def test_a_window_is_counted_from_where_the_rule_was_put_in_place() -> None:
    book = book_of({"window": {"after": 10, "for": 5}}, at=1_000)

    hit = [second for second in range(1_000, 1_020) if book.meet(SEND, second)]

    assert hit == [1_010, 1_011, 1_012, 1_013, 1_014]


def test_a_seed_decides_alone() -> None:
    first, again, other = (met(book_of({"probability": 0.3, "seed": seed}), times=200) for seed in (7, 7, 8))

    assert first == again != other
    assert 30 < len(first) < 90


def test_removing_lets_go_and_keeps_the_count() -> None:
    book = book_of({"id": "held", "effect": "hold"})
    placed = book.meet(SEND, 0)
    assert placed is not None
    assert not placed.removed.is_set()

    taken = book.take_out("held")

    assert taken is placed
    assert placed.removed.is_set()
    assert taken.times_triggered == 1
    assert not met(book)


def test_rules_are_removed_in_exactly_the_words_they_were_given_in() -> None:
    book = book_of({"service": "sqs"}, {"service": "s3"})

    book.remove([{"service": "sqs", "probability": 1}])
    assert len(book.given()) == 2
    book.remove([{"service": "sqs"}])
    assert book.given() == [{"service": "s3"}]


def test_replacing_lets_go_of_all_others() -> None:
    book = book_of({"id": "old", "effect": "hold"})
    old = book.find("old")

    book.replace(read_rules([{"service": "s3"}]), 0)

    assert old is not None
    assert old.removed.is_set()
    assert book.given() == [{"service": "s3"}]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "a list of rules"),
        (["sqs"], "must be an object"),
        ([{"servce": "sqs"}], "no servce"),
        ([{"service": 3}], "service must be a text"),
        ([{"probability": 2}], "from 0 to 1"),
        ([{"probability": "often"}], "must be a number"),
        ([{"probability": True}], "must be a number"),
        ([{"error": {"statusCode": 200}}], "from 400 to 599"),
        ([{"error": {"status": 500}}], "statusCode and code"),
        ([{"effect": "explode"}], "must be one of error, reset"),
        ([{"effect": "slow"}], "needs latency_ms"),
        ([{"latency_ms": -1}], "from 0"),
        ([{"window": {"until": 3}}], "after and for"),
        ([{"window": {"after": 3, "for": 0}}], "ends before it begins"),
        ([{"nth": 0}], "counts from 1"),
        ([{"seed": "seven"}], "whole number"),
        ([{"callers": ["everybody"]}], "callers must be a list"),
        ([{"callers": "http"}], "callers must be a list"),
        ([{"resource": [1]}], "a list of texts"),
        ([{"effect": "hold", "then": "vanish"}], "go_on, reset"),
    ],
)
def test_what_is_no_rule_is_refused_in_a_sentence(given: Any, complaint: str) -> None:
    with pytest.raises(BadRule, match=complaint):
        read_rules(given)


def test_the_latency_of_everything() -> None:
    assert read_latency_ms({"latency": 250}) == 250
    assert read_latency_ms({}) == 0
    with pytest.raises(BadRule, match="latency"):
        read_latency_ms({"jitter": 3})
