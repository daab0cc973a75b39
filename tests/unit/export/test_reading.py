"""When which fault is on, from a story's text alone."""

import pytest

from sim import hours, minutes
from sim.export.reading import Variant
from tests.unit.export.making import read


def spans(variant: Variant) -> list[tuple[str, float, float]]:
    """Each fault, and its minutes: from, for."""
    return [
        (each.made.key if each.made else "?", each.starts / minutes(1), each.lasts / minutes(1))
        for each in variant.faults
    ]


def test_a_fault_lasts_for_the_waits_of_its_block():
    (variant,) = read(
        """
        sim.run_for(minutes(5))
        with sim.fault(faults.database.down()):
            memo = sim.api.record(1)
            sim.run_until(memo.all_failed, within=hours(1))
            sim.run_until(sim.queue.is_empty, minutes(2))
        sim.run_for(minutes(7))
        with sim.fault(faults.network.down()):
            pass
        """
    )

    assert spans(variant) == [("database.down", 5, 62), ("network.down", 74, 0)]


def test_faults_within_faults_have_windows_of_their_own():
    (variant,) = read(
        """
        with sim.fault(faults.openai.down()), sim.fault(faults.queue.down()) as outage:
            sim.run_for(minutes(10))
            if True:
                with sim.fault(faults.storage.down()):
                    sim.run_for(minutes(3))
        """
    )

    assert spans(variant) == [("openai.down", 0, 13), ("queue.down", 0, 13), ("storage.down", 10, 3)]
    assert [each.number for each in variant.faults] == [1, 2, 3]


@pytest.mark.parametrize("fault", ["faults.storage.down()", "faults.openai.down()"])
def test_its_own_window_counts_within_its_block(fault):
    (variant,) = read(
        f"""
        sim.run_for(minutes(1))
        with sim.fault({fault}.during(lasting=minutes(10), after=minutes(2))):
            sim.run_for(minutes(8))
        with sim.fault({fault}.during(lasting=minutes(10))):
            sim.run_for(hours(1))
        with sim.fault({fault}.during(lasting=minutes(10))):
            pass
        """
    )

    assert [span[1:] for span in spans(variant)] == [(3, 6), (9, 10), (69, 10)]


def test_a_story_may_ask_for_its_limits_and_its_seed():
    (variant,) = read(
        """
        outage = 0.5 * seconds(sim.survival_seconds)
        throttling = faults.queue.throttled().sometimes(0.5, seed=sim.seed)
        with sim.fault(throttling):
            sim.run_for(outage + seconds(sim.limits.visibility_timeout_seconds))
        """
    )

    assert spans(variant) == [("queue.throttled", 0, 75)]


def test_variants_are_those_that_pytest_tells():
    found = read(
        "with sim.fault(HOW[how](step).first(2) if how in HOW else getattr(faults.worker, how)(step)): pass",
        above="""
        HOW = {}
        STEPS = [step for step in ("claim", "fetch", "transcript") if step != "transcript"]
        @pytest.mark.parametrize("step", STEPS)
        @pytest.mark.parametrize("how", ["killed_before", "killed_after"])
        """,
    )

    assert [(each.id, each.faults[0].describe) for each in found] == [
        ("killed_before-claim", "the worker is killed right before its claim is committed"),
        ("killed_before-fetch", "the worker is killed right before the audio is fetched"),
        ("killed_after-claim", "the worker is killed right after its claim is committed"),
        ("killed_after-fetch", "the worker is killed right after the audio is fetched"),
    ]


def test_functions_as_parameters_are_the_same_function_each_time():
    found = read(
        "with sim.fault(killed(step)): pass",
        above="""
        ALL = [(moment, step) for step in ("claim", "transcript")
               for moment in (faults.worker.killed_before, faults.worker.killed_after)
               if (moment, step) != (faults.worker.killed_before, "transcript")]
        @pytest.mark.parametrize(("killed", "step"), ALL, ids=lambda part: getattr(part, "__name__", part))
        """,
    )

    assert [each.id for each in found] == ["killed_before-claim", "killed_after-claim", "killed_after-transcript"]
    assert [each.faults[0].made.key for each in found if each.faults[0].made] == [
        "worker.killed_before",
        "worker.killed_after",
        "worker.killed_after",
    ]


@pytest.mark.parametrize(
    ("fault", "untold"),
    [
        ("made_by(sim)", "what 'made_by' is, is known only while the story runs"),
        ("faults.worker.killed_before(memo.step)", "what 'memo' is"),
        ("faults.openai.dwn()", "has no attribute 'dwn'"),
        ("loop", "what 'loop' is"),
        ("minutes(5)", "it is made while the story runs"),
    ],
)
def test_a_fault_that_the_text_does_not_tell_is_named_and_not_left_out(fault, untold):
    (variant,) = read(
        f"memo = sim.api.record(1)\nwith sim.fault({fault}):\n    sim.run_for(hours(1))", above="loop = loop"
    )

    (switched,) = variant.faults
    assert switched.made is None
    assert untold in switched.untold
    assert switched.lasts == hours(1)
