"""What the page's script is given: everything, or of a large run what matters most."""

import json

from sim.journal.reading import read_lines
from sim.report.page.page import page
from sim.report.page.payload import MOST_EVENTS_OF_A_RUN, budgets, timeline
from sim.report.run_record import run_of
from sim.report.timeline.picture import LANES
from tests.unit.report.journals import MEMORY, JournalOf, dead_lettered_and_redriven


def crowd(scenario: str, memories: int, unlucky: int = 1) -> JournalOf:
    """Memories that all go well but for the last few, each with a dozen events."""
    journal = JournalOf(scenario, f"pipeline-{abs(hash(scenario))}")
    for number in range(memories):
        memory_id = f"{number:08d}-0000-4000-8000-000000000000"
        message, at = {"message_id": f"{scenario}-{number}", "memory_id": memory_id}, float(number)
        journal.accepted(at, memory_id).sqs(at, "sent", **message)
        is_unlucky = number >= memories - unlucky
        for count in range(1, 4 if is_unlucky else 2):
            journal.sqs(at + count, "received", receive_count=count, **message)
            journal.own(
                at + count, "openai_request", memory_id=memory_id, endpoint="chat", attempt=count, status_code=200
            )
        status = "failed" if is_unlucky else "complete"
        journal.sqs(at + 5, "dead_lettered" if is_unlucky else "deleted", dead=is_unlucky, **message)
        journal.own(at + 6, "memory", memory_id=memory_id, status=status, status_history=[])
    return journal


def test_times_begin_with_the_first_event() -> None:
    data = timeline(dead_lettered_and_redriven().record())
    assert data["axis"][0][0] == 0.0
    assert data["faults"] == [[0.1, 5409.1, "OpenAI is down", "openai", 3]]
    assert data["flags"] == [[5414.1, "all complete"]]
    assert data["density"] is None


def test_every_text_stands_once() -> None:
    data = timeline(crowd("a", 50).record())
    assert len(data["texts"]) == len(set(data["texts"])) < 20


def test_whoever_was_in_trouble_comes_first() -> None:
    data = timeline(crowd("a", 20).record())
    assert [subject["status"] for subject in data["subjects"]][:2] == ["failed", "complete"]


def test_a_large_scenario_keeps_the_events_of_whoever_was_in_trouble() -> None:
    data = timeline(crowd("a", 100, unlucky=3).record(), budget=80)
    shown = [subject for subject in data["subjects"] if subject["shown"]]
    assert {subject["status"] for subject in shown[:3]} == {"failed"}
    assert len(data["points"]) + len(data["spans"]) <= 80
    everything = timeline(crowd("a", 100, unlucky=3).record())
    summed_up = sum(sum(bins) for bins in data["density"].values())
    assert summed_up + len(data["points"]) == len(everything["points"])
    assert set(data["density"]) <= set(LANES)


def test_small_scenarios_keep_everything_whatever_the_large_ones_need() -> None:
    small, large = crowd("small", 2).record(), crowd("large", 1500).record()
    sizes = [len(each.picture.points) + len(each.picture.spans) for each in (small, large)]
    given = budgets([small, large])
    assert given[0] == sizes[0]
    assert given[1] < sizes[1]


def test_a_page_stays_small_whatever_the_run() -> None:
    """Sixty scenarios of three hundred recordings make 5 MB; fewer of them here, so as not to wait for it."""
    texts = [text for number in range(24) for text in crowd(f"all/test_{number:02d}.py::test_it", 300, 9).texts]
    run = run_of(read_lines(texts))
    sizes = [len(each.picture.points) + len(each.picture.spans) for each in run.scenarios]
    assert sum(budgets(run.scenarios)) <= MOST_EVENTS_OF_A_RUN < sum(sizes)
    assert len(page(run)) < 4_500_000


def test_nothing_in_the_data_can_end_the_script() -> None:
    journal = JournalOf().accepted(0).own(1, "condition_met", condition="</script><script>alert(1)</script>\u2028")
    text = page(journal.run())
    assert "</script><script>alert" not in text
    begin = text.index('id="data">') + len('id="data">')
    data = json.loads(text[begin : text.index("</script>", begin)])
    assert data["scenarios"][0]["flags"][0][1] == "</script><script>alert(1)</script>\u2028"
    assert data["scenarios"][0]["subjects"][0]["id"] == MEMORY
