"""The totals of a scenario, counted from the lines of its journal."""

from sim.report.totals import totals_of
from tests.unit.report.journals import dead_lettered_and_redriven


def test_the_totals_of_a_scenario() -> None:
    totals = totals_of(dead_lettered_and_redriven().record())
    assert (totals["memories"], totals["receives"], totals["max_receives"]) == (1, 4, 3)
    assert (totals["invocations"], totals["failed_invocations"], totals["cold_starts"]) == (3, 3, 1)
    assert (totals["openai_calls"], totals["failed_openai_calls"]) == (3, 3)
    assert (totals["dead_letters"], totals["redriven"], totals["fault_triggers"]) == (1, 1, 3)
