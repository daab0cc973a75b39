"""The data of the page's script: all events, or for a large run those of the memories with the most problems."""

import json

from sim.journal.reading import read_lines
from sim.picture.reduction import size_of
from sim.report.page.page import page
from sim.report.page.payload import MAX_EVENTS_OF_A_RUN, budgets, feeds_data
from sim.report.run_record import run_of
from tests.unit.report.journals import MEMORY, JournalOf


def many_memories(scenario: str, memories: int, failing: int = 1) -> JournalOf:
    """Memories with a dozen events each; the last ones fail, all others complete."""
    journal = JournalOf(scenario, f"pipeline-{abs(hash(scenario))}")
    for number in range(memories):
        memory_id = f"{number:08d}-0000-4000-8000-000000000000"
        message, at = {"message_id": f"{scenario}-{number}", "memory_id": memory_id}, float(number)
        journal.accepted(at, memory_id).sqs(at, "sent", **message)
        fails = number >= memories - failing
        for count in range(1, 4 if fails else 2):
            journal.sqs(at + count, "received", receive_count=count, **message)
            journal.own(
                at + count, "openai_request", memory_id=memory_id, endpoint="chat", attempt=count, status_code=200
            )
        status = "failed" if fails else "complete"
        journal.sqs(at + 5, "dead_lettered" if fails else "deleted", dead=fails, **message)
        journal.own(at + 6, "memory", memory_id=memory_id, status=status, status_history=[])
    return journal


def test_every_text_is_stored_once() -> None:
    texts = feeds_data([many_memories("a", 50).record()])["texts"]
    assert len(texts) == len(set(texts)) < 250


def test_scenarios_share_texts_and_shapes() -> None:
    one = feeds_data([many_memories("a", 20).record()])
    two = feeds_data([many_memories("a", 20).record(), many_memories("a", 20).record()])
    assert two["texts"] == one["texts"]
    assert two["shapes"] == one["shapes"]
    assert two["feeds"] == one["feeds"] * 2


def test_small_scenarios_keep_all_events_beside_large_ones() -> None:
    small, large = many_memories("small", 2).record(), many_memories("large", 1500).record()
    shares = budgets([small, large])
    assert shares[0] == size_of(small.feed)
    assert shares[1] < size_of(large.feed)


def test_the_size_of_a_page_is_limited() -> None:
    """Sixty scenarios with three hundred recordings each make 4 MB; this test uses 24, to be fast."""
    texts = [text for number in range(24) for text in many_memories(f"all/test_{number:02d}.py::test_it", 300, 9).texts]
    run = run_of(read_lines(texts))
    assert sum(budgets(run.scenarios)) <= MAX_EVENTS_OF_A_RUN
    assert len(page(run)) < 3_500_000


def test_no_text_in_the_data_ends_the_script_element() -> None:
    journal = JournalOf().accepted(0).own(1, "condition_met", condition="</script><script>alert(1)</script>\u2028")
    text = page(journal.run())
    assert "</script><script>alert" not in text
    begin = text.index('id="data">') + len('id="data">')
    data = json.loads(text[begin : text.index("</script>", begin)])
    assert "</script><script>alert(1)</script>\u2028" in data["texts"]
    assert MEMORY in data["texts"]
