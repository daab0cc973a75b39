"""The data of the page's script: all events, or for a large run those of the memories with the most problems."""

import json

from sim.journal.reading import read_lines
from sim.picture.vocabulary import LANES
from sim.report.page.page import page
from sim.report.page.payload import MAX_EVENTS_OF_A_RUN, budgets, timeline_data
from sim.report.run_record import run_of
from tests.unit.report.journals import MEMORY, JournalOf, dead_lettered_and_redriven


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


def test_times_are_relative_to_the_first_event() -> None:
    data = timeline_data(dead_lettered_and_redriven().record())
    assert data["axis"][0][0] == 0.0
    assert data["faults"] == [[0.1, 5409.1, "OpenAI is down", "openai", 3]]
    assert data["conditions"] == [[5414.1, "all complete"]]
    assert data["density"] is None


def test_every_text_is_stored_once() -> None:
    data = timeline_data(many_memories("a", 50).record())
    assert len(data["texts"]) == len(set(data["texts"])) < 20


def test_memories_that_failed_come_first() -> None:
    data = timeline_data(many_memories("a", 20).record())
    assert [subject["status"] for subject in data["subjects"]][:2] == ["failed", "complete"]


def test_a_large_scenario_keeps_the_events_of_the_memories_that_failed() -> None:
    data = timeline_data(many_memories("a", 100, failing=3).record(), budget=80)
    shown = [subject for subject in data["subjects"] if subject["shown"]]
    assert {subject["status"] for subject in shown[:3]} == {"failed"}
    assert len(data["points"]) + len(data["spans"]) <= 80
    everything = timeline_data(many_memories("a", 100, failing=3).record())
    counted_only = sum(sum(bins) for bins in data["density"].values())
    assert counted_only + len(data["points"]) == len(everything["points"])
    assert set(data["density"]) <= set(LANES)


def test_small_scenarios_keep_all_events_beside_large_ones() -> None:
    small, large = many_memories("small", 2).record(), many_memories("large", 1500).record()
    sizes = [len(each.timeline.points) + len(each.timeline.spans) for each in (small, large)]
    shares = budgets([small, large])
    assert shares[0] == sizes[0]
    assert shares[1] < sizes[1]


def test_the_size_of_a_page_is_limited() -> None:
    """Sixty scenarios with three hundred recordings each make 5 MB; this test uses 24, to be fast."""
    texts = [text for number in range(24) for text in many_memories(f"all/test_{number:02d}.py::test_it", 300, 9).texts]
    run = run_of(read_lines(texts))
    sizes = [len(each.timeline.points) + len(each.timeline.spans) for each in run.scenarios]
    assert sum(budgets(run.scenarios)) <= MAX_EVENTS_OF_A_RUN < sum(sizes)
    assert len(page(run)) < 4_500_000


def test_no_text_in_the_data_ends_the_script_element() -> None:
    journal = JournalOf().accepted(0).own(1, "condition_met", condition="</script><script>alert(1)</script>\u2028")
    text = page(journal.run())
    assert "</script><script>alert" not in text
    begin = text.index('id="data">') + len('id="data">')
    data = json.loads(text[begin : text.index("</script>", begin)])
    assert data["scenarios"][0]["conditions"][0][1] == "</script><script>alert(1)</script>\u2028"
    assert data["scenarios"][0]["subjects"][0]["id"] == MEMORY
