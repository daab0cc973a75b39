"""What a scenario may not say is told with the line to change, before anything is started."""

from textwrap import dedent, indent

import pytest

from sim.engines.base.engine import Capability
from sim.pytest_plugin.scenario_rules import ScenarioFile


def scenario(body: str, *, claim: str = "Claim: it holds.") -> ScenarioFile:
    """A file with one scenario; its body begins in line 8."""
    imports = "from sim import faults as trouble, faults, hours, minutes, recordings"
    head = f'"""Something goes wrong.\n\n{claim}\n"""\n{imports}\n'
    return ScenarioFile("everyday/test_it.py", f"{head}\ndef test_it(sim, kind):\n{indent(dedent(body), '    ')}\n")


def problems(file: ScenarioFile) -> list[str]:
    return [str(each) for each in file.broken_rules()]


@pytest.mark.parametrize(
    "body",
    [
        "sim.run_until(memo.all_complete, within=minutes(5))",
        "sim.run_until(memo.all_complete, minutes(5))",
        "sim.run_until(memo.all_complete, **patience)",
        "sim.run_until(memo.all_complete, within=patience)",
        "sim.run_for(hours(1) + minutes(2) * 3)",
        "with sim.fault(faults.openai.down(endpoint='chat').first(2).during(lasting=minutes(5), after=5)): pass",
        "with sim.fault(faults.openai.bad_analysis(kind).first(1)): pass",
        "with sim.fault(getattr(faults.worker, kind)('claim')): pass",
        "with sim.fault(faults.storage.get_fails(**options)): pass",
        "with sim.fault(faults.openai.bad_audio().for_recording(recordings.by_name('missed-train'))): pass",
        "assert faults.openai.WHERE['any'] == 'OpenAI'",
        "memo.run()",
    ],
)
def test_what_can_be_meant_is_left_alone(body: str) -> None:
    assert problems(scenario(body)) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("sim.run_until(memo.all_complete)", "a wait without an end: say how long"),
        ("sim.run_until(memo.all_complete, within=None)", "a wait without an end: say how long"),
        ("sim.run_for()", "a wait without an end: say how long"),
        ("sim.run_until(memo.all_complete, within=5)", "a wait takes a duration such as minutes(5), not 5"),
        ("sim.run_for(minutes(-5))", "a wait of minutes(-5) ends before it begins"),
        ("sim.run_for(minutes('five'))", "minutes('five'): "),
        ("sim.fault(faults.openai.dwn())", "faults.openai.dwn: there is no 'dwn'; there is bad_analysis, bad_audio,"),
        (
            "sim.fault(faults.opnai.down())",
            "faults.opnai.down: there is no 'opnai'; there is api, aws, clients, database,",
        ),
        ("sim.fault(trouble.openai.dwn())", "trouble.openai.dwn: there is no 'dwn'"),
        (
            "sim.fault(faults.openai.down(endpiont='chat'))",
            "faults.openai.down: got an unexpected keyword argument 'endpiont'; it takes endpoint",
        ),
        (
            "sim.fault(faults.openai.down(endpiont=kind).first(2))",
            "faults.openai.down.first: got an unexpected keyword argument 'endpiont'; it takes endpoint",
        ),
        (
            "sim.fault(faults.openai.bad_analysis(kind).during(minutes(1), before=2))",
            "faults.openai.bad_analysis.during: got an unexpected keyword argument 'before'; it takes lasting, after",
        ),
        (
            "sim.fault(faults.storage.down().frist(2))",
            "faults.storage.down.frist: there is no 'frist'; there is describe, during, first, for_object,",
        ),
        ("sim.fault(faults.storage.slow())", "missing a required argument: 'duration'; it takes duration, what"),
        ("sim.fault(faults.openai.down('chatt'))", "endpoint must be one of any, transcription, chat,"),
        ("sim.fault(faults.openai.down().during(minutes(-1)))", "for_seconds must be at least 0, not -60"),
        ("sim.fault(faults.openai.down().during(0))", "ends before it begins"),
        ("sim.fault(faults.storage.down().during(minutes(2), after=minutes(-1)))", "from 0"),
        ("sim.fault(faults.openai.down().sometimes(0.5, seed='abc'))", "seed must be a number, not a text"),
        ("sim.fault(faults.openai.down().sometimes(0.5, seed=-1))", "seed must be at least 0, not -1"),
        ("sim.fault(faults.storage.down().sometimes(0.5, seed=1.5))", "seed must be"),
        ("sim.fault(faults.openai.down().sometimes(5, seed=1))", "probability must be from 0 to 1, not 5"),
        ("sim.fault(faults.openai.slow(None))", "faults.openai.slow: "),
    ],
)
def test_what_can_not_be_meant_is_told_with_its_line(body: str, complaint: str) -> None:
    (problem,) = problems(scenario(body))

    assert problem.startswith("everyday/test_it.py:8: ")
    assert complaint in problem


def test_everything_wrong_with_a_file_is_told_at_once_in_the_order_of_its_lines() -> None:
    file = scenario(
        """
        with sim.fault(faults.queue.delivered_late(minutes(16))):
            sim.run_until(memo.all_complete)
        sim.fault(
            faults.openai.down()
            .first(0)
        )
        """,
        claim="It should work.",
    )

    assert [each.line for each in file.broken_rules()] == [7, 9, 10, 13]


def test_a_fault_at_the_top_of_the_file_is_checked_as_well() -> None:
    file = ScenarioFile("test_it.py", "from sim import faults\n\nLATE = faults.queue.delivered_late(0)\n")

    assert problems(file) == [
        "test_it.py:3: faults.queue.delivered_late: SQS delays by 1 to 900 seconds, not by 0",
    ]


@pytest.mark.parametrize("claim", ["", "It holds.", "Claim:", "It is a Claim: really."])
def test_a_scenario_without_a_claim_is_refused(claim: str) -> None:
    assert problems(scenario("pass", claim=claim)) == [
        "everyday/test_it.py:7: test_it claims nothing: begin a paragraph of its docstring with `Claim:`"
    ]


def test_a_claim_may_stand_in_the_test_itself_and_a_test_that_takes_no_sim_is_no_scenario() -> None:
    text = 'class TestIt:\n    def test_it(self, sim):\n        """Claim: it holds."""\n\ndef test_words():\n    pass\n'

    assert problems(ScenarioFile("test_it.py", text)) == []


def test_a_file_that_is_no_python_is_left_to_pytest_which_tells_it_better() -> None:
    assert problems(ScenarioFile("test_it.py", "def test_it(sim:\n")) == []


def test_what_a_scenario_needs_is_read_from_the_faults_it_uses() -> None:
    file = ScenarioFile(
        "test_it.py",
        dedent(
            """
            from sim import faults

            def broken():
                return faults.network.down()

            HARD = faults.worker.timed_out()

            def test_plain(sim): faults.clients.wrong_key()
            def test_one(sim): faults.openai.down(), faults.storage.down(), faults.queue.down()
            def test_by_way_of_others(sim): broken(), HARD
            def test_by_its_own_name(sim): faults.worker.throttled()
            def test_family_handed_on(sim): each_of(faults.worker)
            """
        ),
    )

    assert file.needs_of("test_plain") == set()
    assert file.needs_of("test_one") == {Capability.OPENAI_FAULTS, Capability.AWS_FAULTS}
    assert file.needs_of("test_by_way_of_others") == {Capability.DATABASE_FAULTS, Capability.WORKER_KILLS}
    assert file.needs_of("test_by_its_own_name") == {Capability.WORKER_CONCURRENCY}
    assert file.needs_of("test_family_handed_on") == {Capability.WORKER_KILLS}
