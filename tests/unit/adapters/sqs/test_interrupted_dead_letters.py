"""The SQS adapter's dead letters, interrupted at every single call, with any number of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from rawk.adapters.sqs.in_memory import InMemoryQueue
from rawk.adapters.sqs.queue import SqsDeadLetters
from rawk.domain.errors import QueueUnavailable
from tests.contract.dead_letters import checks
from tests.contract.dead_letters.failing_sqs import EVERY_FAILURE, CallFailure, FailingSqs, ModelSqs
from tests.unit.use_cases.pipeline import Clock


class ModelQueues:
    dead_url, jobs_url = "dead", "jobs"

    def __init__(self):
        self.clock = Clock()
        self.dead = InMemoryQueue(self.clock, 30, name="dead")
        self.jobs = InMemoryQueue(self.clock, 30, name="jobs")
        self.client = ModelSqs(self.dead, self.jobs)

    def bury(self, number):
        bodies = checks.bodies(number)
        for body in bodies:
            self.dead.send(body)
        return bodies

    def bodies(self, queue_url):
        return [message.body for message in {"dead": self.dead, "jobs": self.jobs}[queue_url].messages()]

    def let_a_minute_pass(self):
        self.clock.sleep(60)


NUMBERS = (0, 1, 9, 10, 11, 25)
WHOLE = ("redrive_only", "purge", "list")
"""Operations on all dead letters that go through them."""
SHRINKING = (CallFailure.NONE, CallFailure.PARTIAL, CallFailure.REPEATED)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("operation", checks.OPERATIONS)
def test_nothing_is_lost_and_nothing_counted_twice_wherever_it_stops(operation, number):
    calls = checks.calls_of(operation, ModelQueues(), number)
    for at_call in range(1, calls + 2):
        for failure in EVERY_FAILURE:
            for short in (False, True):
                checks.check(operation, ModelQueues(), number, failure, at_call, short=short)


@pytest.mark.parametrize("number", [*NUMBERS, 250])
@pytest.mark.parametrize("operation", checks.SELECTIVE)
def test_no_dead_letter_is_left_out_when_sqs_gives_fewer_or_one_again(operation, number):
    calls = checks.calls_of(operation, ModelQueues(), number)
    for at_call in range(1, calls + 1, 1 if number < 100 else 37):
        for failure in SHRINKING:
            for short in (False, True):
                checks.check_whole(operation, ModelQueues(), number, failure, at_call, short=short)


@pytest.mark.parametrize("operation", checks.SELECTIVE)
def test_an_empty_receive_is_not_the_end_while_there_are_more(operation):
    client = FailingSqs(ModelQueues().client)
    queues = ModelQueues()
    checks.calls_of(operation, queues, 0)
    for at_call in range(1, 4):
        queues = ModelQueues()
        buried = queues.bury(25)
        client = FailingSqs(queues.client, CallFailure.HOLLOW, at_call)
        reported = [each.letter.body for each in checks.OPERATIONS[operation](checks.operations(queues, client))]
        assert client.calls[at_call - 1] == "receive_message"
        assert sorted(reported) == sorted(checks.chosen(operation, buried))


def test_hundreds_of_dead_letters_that_outlast_their_visibility_timeout_are_all_redriven():
    queues = ModelQueues()
    buried = queues.bury(250)

    class SlowSqs(ModelSqs):
        def receive_message(self, **arguments):
            queues.clock.sleep(7)
            return super().receive_message(**arguments)

    queues.client = SlowSqs(queues.dead, queues.jobs)
    rawk = checks.operations(queues, queues.client)

    redriven = [each.letter.body for each in checks.redrive_only(rawk)]

    assert sorted(redriven) == sorted(buried) == sorted(queues.bodies("jobs"))
    assert queues.bodies("dead") == []


def test_another_command_that_lists_meanwhile_takes_no_dead_letter_away():
    """SQS ignores a removal by an older receipt handle, so each is removed while it is in flight for this command."""
    queues = ModelQueues()
    queues.bury(12)
    rawk = checks.operations(queues, queues.client)

    removed = []
    for each in checks.purge(rawk):
        removed.append(each.letter.body)
        rawk.classify(1000)

    assert len(set(removed)) == len(removed) == 12
    assert queues.bodies("dead") == []


def test_a_dead_letter_that_another_command_holds_is_neither_moved_nor_counted():
    queues = ModelQueues()
    queues.bury(3)
    rawk = checks.operations(queues, queues.client)
    listed = rawk.letters.peek(10)
    held = queues.dead.receive_this(listed[0].message_id, 60)

    redriven = [each.letter.message_id for each in checks.redrive_only(rawk)]

    assert sorted(redriven) == sorted(letter.message_id for letter in listed[1:])
    assert [message.message_id for message in queues.dead.messages()] == [held.message_id]
    assert rawk.count() == 1


def test_what_is_dead_lettered_during_a_redrive_stays():
    queues = ModelQueues()
    queues.bury(3)
    rawk = checks.operations(queues, queues.client)

    for number, each in enumerate(checks.redrive_only(rawk)):
        queues.dead.send(each.letter.body)
        assert number < 3

    assert len(queues.bodies("dead")) == len(queues.bodies("jobs")) == 3


@pytest.mark.parametrize("place", [0, 5, 9, 10, 14])
def test_other_dead_letters_are_visible_at_once_after_a_redrive_of_some(place):
    queues = ModelQueues()
    queues.bury(15)
    letters = SqsDeadLetters(queues.client, "dead", "jobs", wait_seconds=0)
    [chosen] = [letter for letter in letters.peek(100) if letter.body == checks.bodies(15)[place]]

    for letter in letters.take([chosen.message_id]):
        letters.move(letter)

    assert len(letters.peek(100)) == 14
    assert queues.bodies("jobs") == [checks.bodies(15)[place]]


def test_taking_nothing_asks_for_nothing():
    client = FailingSqs(ModelQueues().client)
    assert list(SqsDeadLetters(client, "dead", "jobs").take([])) == []
    assert client.calls == []


def test_a_send_without_a_message_id_removes_nothing():
    queues = ModelQueues()
    queues.bury(1)
    letters = SqsDeadLetters(queues.client, "dead", "jobs", wait_seconds=0)
    [letter] = letters.peek(1)
    hollow = SqsDeadLetters(FailingSqs(queues.client, CallFailure.HOLLOW, 1), "dead", "jobs")

    with pytest.raises(QueueUnavailable, match="no MessageId"):
        hollow.move(letter)

    assert queues.bodies("dead") == checks.bodies(1)


def test_letters_that_could_not_be_made_visible_are_counted_in_the_log(log_lines):
    queues = ModelQueues()
    queues.bury(11)
    throttled = ClientError({"Error": {"Code": "RequestThrottled"}}, "ChangeMessageVisibilityBatch")

    class ThrottledSqs(ModelSqs):
        def change_message_visibility_batch(self, **request):
            if len(request["Entries"]) == 1:
                raise throttled
            return super().change_message_visibility_batch(**request)

    SqsDeadLetters(ThrottledSqs(queues.dead), "dead", "jobs", wait_seconds=0).peek(100)

    [line] = log_lines()
    assert (line["event"], line["dead_letters"], line["errors"]) == (
        "dead_letters_out_of_sight",
        1,
        ["RequestThrottled"],
    )
    assert len(queues.dead.take(100, 0)) == 10
    queues.clock.time += timedelta(seconds=60)
    assert len(queues.dead.take(100, 0)) == 11


class LongPolls(ModelSqs):
    """A receive without a message lasts as long as it may wait."""

    def __init__(self, queues):
        super().__init__(queues.dead, queues.jobs)
        self._clock = queues.clock

    def receive_message(self, **arguments):
        answer = super().receive_message(**arguments)
        if not answer:
            self._clock.sleep(arguments["WaitTimeSeconds"])
        return answer


def beside_another_reader(operation, buried, held, *, waits, meanwhile=lambda queues, letters: None):  # noqa: ARG005
    """What an operation reports while another reader holds some dead letters, and the seconds that it takes."""
    queues = ModelQueues()
    queues.bury(buried)
    meanwhile(queues, queues.dead.take(held, 60))
    rawk = checks.operations(queues, None)
    letters = SqsDeadLetters(LongPolls(queues), "dead", "jobs", wait_seconds=1, waits_for_others=waits)
    reported = list(checks.OPERATIONS[operation](replace(rawk, letters=letters)))
    return len(reported), sum(queues.clock.sleeps)


@pytest.mark.parametrize("operation", WHOLE)
@pytest.mark.parametrize(("buried", "held"), [(1, 1), (10, 3), (25, 7), (25, 25), (250, 100)])
def test_an_operator_waits_for_the_dead_letters_that_the_relay_holds(operation, buried, held):
    number, seconds = beside_another_reader(operation, buried, held, waits=True)

    assert number == buried
    assert 55 <= seconds <= 65


@pytest.mark.parametrize("operation", WHOLE)
def test_an_operator_does_not_wait_longer_than_the_relay_holds_them(operation):
    def settle(queues, letters):
        for letter in letters:
            queues.dead.delete(letter.receipt_handle)

    assert beside_another_reader(operation, 25, 7, waits=True, meanwhile=settle) == (18, 1)


def test_an_operator_gives_up_when_sqs_counts_what_it_never_gives(monkeypatch):
    monkeypatch.setattr(SqsDeadLetters, "count", lambda self: 99)  # noqa: ARG005
    number, seconds = beside_another_reader("list", 2, 0, waits=True)

    assert number == 2
    assert seconds <= 65


@pytest.mark.parametrize("operation", WHOLE)
def test_the_relay_waits_for_nobody(operation):
    number, seconds = beside_another_reader(operation, 25, 7, waits=False)

    assert number == 18
    assert seconds <= 6
