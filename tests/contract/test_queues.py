"""JobQueue and DeadLetters, and what the pipeline relies on of SQS behind them."""

import json
from datetime import timedelta

import pytest

from rawk.domain.messages import Job, decode
from rawk.ports import Delivery
from tests.contract.queues import MAX_RECEIVE_COUNT, VISIBILITY_TIMEOUT_SECONDS, Queues, wait_until

JOB = Job("0c9b6b0e-2f63-4a0c-9c7b-5f4c1b1a2d3e", "c1")
ODD_BODIES = ["not JSON {", "42", ' {"a" : 1}\n', "ünï©ode \U0001f372", '"quoted"']


def received(queues: Queues) -> Delivery:
    """Wait for the next message."""
    return all_received(queues, 1)[0]


def all_received(queues: Queues, number: int) -> list[Delivery]:
    """Wait for this many messages."""
    deliveries: list[Delivery] = []

    def has_all() -> bool:
        deliveries.extend(queues.receive(number))
        return len(deliveries) >= number

    wait_until(queues, has_all)
    return deliveries


def bury(queues: Queues, *bodies: str) -> None:
    """Send the bodies and receive each until it is a dead letter."""

    def all_dead() -> bool:
        for delivery in queues.receive(10):
            queues.jobs.postpone(delivery, 0)
        return queues.dead_letters.count() == len(bodies)

    for body in bodies:
        queues.send_body(body)
    wait_until(queues, all_dead)


# jobs


def test_a_sent_job_is_delivered_as_the_message_it_is(queues: Queues) -> None:
    queues.jobs.send(JOB)
    delivery = received(queues)
    assert decode(delivery.body) == JOB
    assert delivery.receive_count == 1
    assert delivery.message_id
    assert queues.receive() == []


def test_a_message_that_is_not_deleted_returns_after_the_visibility_timeout(queues: Queues) -> None:
    queues.jobs.send(JOB)
    first = received(queues)
    assert queues.receive() == []
    queues.wait(VISIBILITY_TIMEOUT_SECONDS)

    again = received(queues)

    assert (again.message_id, again.body, again.receive_count) == (first.message_id, first.body, 2)


def test_a_deleted_message_does_not_come_back(queues: Queues) -> None:
    queues.jobs.send(JOB)
    queues.delete(received(queues))
    queues.wait(VISIBILITY_TIMEOUT_SECONDS + 0.6)
    assert queues.receive() == []


def test_a_postponed_message_is_visible_at_its_own_time(queues: Queues) -> None:
    queues.jobs.send(JOB)
    queues.jobs.postpone(received(queues), VISIBILITY_TIMEOUT_SECONDS + 2)
    queues.wait(VISIBILITY_TIMEOUT_SECONDS + 0.6)
    assert queues.receive() == []
    queues.wait(1.4)
    assert received(queues).receive_count == 2


def test_a_message_postponed_by_zero_seconds_is_visible_at_once(queues: Queues) -> None:
    queues.jobs.send(JOB)
    queues.jobs.postpone(received(queues), 0)
    [again] = queues.receive()
    assert again.receive_count == 2


def test_postponing_a_message_that_is_not_in_flight_does_nothing(queues: Queues) -> None:
    queues.jobs.send(JOB)
    delivery = received(queues)
    queues.delete(delivery)
    queues.jobs.postpone(delivery, 10)
    assert queues.receive() == []


@pytest.mark.parametrize("seconds", [-1, 43_201])
def test_a_visibility_timeout_outside_of_sqs_range_is_refused(queues: Queues, seconds: int) -> None:
    queues.jobs.send(JOB)
    with pytest.raises(ValueError, match="0 to 43200 seconds"):
        queues.jobs.postpone(received(queues), seconds)


# dead letters


def test_a_message_received_too_often_is_a_dead_letter(queues: Queues) -> None:
    sent_at = queues.now()
    queues.jobs.send(JOB)
    deliveries = []
    for _ in range(MAX_RECEIVE_COUNT):
        deliveries.append(received(queues))
        assert queues.dead_letters.count() == 0
        queues.jobs.postpone(deliveries[-1], 0)

    assert queues.receive() == []  # the receive that dead-letters it

    [letter] = queues.dead_letters.peek(10)
    assert decode(letter.body) == JOB
    assert letter.message_id == deliveries[0].message_id
    assert letter.receive_count > MAX_RECEIVE_COUNT
    assert abs(letter.first_sent_at - sent_at) < timedelta(seconds=30)
    assert letter.first_sent_at.utcoffset() == timedelta(0)


def test_bodies_stay_as_they_were_sent(queues: Queues) -> None:
    bury(queues, *ODD_BODIES)
    assert sorted(letter.body for letter in queues.dead_letters.peek(10)) == sorted(ODD_BODIES)


def test_a_peek_shows_each_letter_once_and_leaves_it(queues: Queues) -> None:
    bodies = [json.dumps(number) for number in range(23)]
    bury(queues, *bodies)
    for _ in range(2):
        assert sorted(letter.body for letter in queues.dead_letters.peek(100)) == sorted(bodies)
    assert queues.dead_letters.count() == 23


def test_a_peek_shows_no_more_than_asked_for(queues: Queues) -> None:
    bury(queues, *"abc")
    assert len(queues.dead_letters.peek(2)) == 2
    assert queues.dead_letters.peek(0) == []
    assert len(queues.dead_letters.peek(12)) == 3


def test_peek_gives_nothing_when_there_are_no_dead_letters(queues: Queues) -> None:
    assert queues.dead_letters.peek(10) == []
    assert queues.dead_letters.count() == 0
    queues.dead_letters.move_all(None)


def test_a_moved_dead_letter_is_a_new_message_in_the_jobs_queue(queues: Queues) -> None:
    bury(queues, "a", "b")
    letter = next(letter for letter in queues.dead_letters.peek(10) if letter.body == "a")

    queues.dead_letters.move(letter)

    moved = received(queues)
    assert (moved.body, moved.receive_count) == ("a", 1)
    assert moved.message_id != letter.message_id
    assert [left.body for left in queues.dead_letters.peek(10)] == ["b"]


def test_a_removed_dead_letter_is_gone_and_can_be_removed_again(queues: Queues) -> None:
    bury(queues, "a", "b")
    letter = next(letter for letter in queues.dead_letters.peek(10) if letter.body == "a")
    queues.dead_letters.remove(letter)
    queues.dead_letters.remove(letter)
    assert [left.body for left in queues.dead_letters.peek(10)] == ["b"]
    assert queues.receive() == []


@pytest.mark.parametrize("max_per_second", [None, 100])
def test_all_letters_can_be_moved_by_sqs_itself(queues: Queues, max_per_second: int | None) -> None:
    bury(queues, *ODD_BODIES)
    queues.dead_letters.move_all(max_per_second)
    moved = all_received(queues, len(ODD_BODIES))
    assert sorted(delivery.body for delivery in moved) == sorted(ODD_BODIES)
    wait_until(queues, lambda: queues.dead_letters.count() == 0)


def test_dead_letters_moved_by_sqs_have_a_receive_count_of_zero(queues: Queues) -> None:
    bury(queues, "a")
    [letter] = queues.dead_letters.peek(1)
    queues.dead_letters.move_all(None)
    moved = received(queues)
    assert moved.receive_count == 1
    assert moved.message_id != letter.message_id


def test_a_second_move_task_does_nothing(queues: Queues) -> None:
    bury(queues, *"abcdef")
    queues.dead_letters.move_all(10)
    queues.dead_letters.move_all(10)
    assert sorted(delivery.body for delivery in all_received(queues, 6)) == [*"abcdef"]


@pytest.mark.parametrize("max_per_second", [0, 501])
def test_a_rate_outside_of_sqs_range_is_refused(queues: Queues, max_per_second: int) -> None:
    with pytest.raises(ValueError, match="1 to 500 a second"):
        queues.dead_letters.move_all(max_per_second)
