"""Violations of the scenario rules are reported with file and line before anything starts."""

from textwrap import dedent, indent

import pytest

from sim.engines.base.engine import Capability
from sim.pytest_plugin.scenario_rules import ScenarioFile


def scenario(body: str, *, claim: str = "Claim: OpenAI is down and nothing is lost.") -> ScenarioFile:
    """A file with one scenario. Its body begins at line 8."""
    imports = "from sim import faults as failures, faults, hours, minutes, recordings"
    head = f'"""Something goes wrong.\n\n{claim}\n"""\n{imports}\n'
    return ScenarioFile("everyday/test_it.py", f"{head}\ndef test_it(sim, kind):\n{indent(dedent(body), '    ')}\n")


def problems(file: ScenarioFile) -> list[str]:
    return [str(each) for each in file.violations()]


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
        "with sim.fault(faults.openai.unreadable_audio().for_recording(recordings.by_name('missed-train'))): pass",
        "assert faults.openai.ON_ENDPOINT['any'] == ''",
        "memo.run()",
    ],
)
def test_possible_waits_and_faults_violate_no_rule(body: str) -> None:
    assert problems(scenario(body)) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("sim.run_until(memo.all_complete)", "this wait has no end: give its duration"),
        ("sim.run_until(memo.all_complete, within=None)", "this wait has no end: give its duration"),
        ("sim.run_for()", "this wait has no end: give its duration"),
        ("sim.run_until(memo.all_complete, within=5)", "a wait takes a duration such as minutes(5), not 5"),
        ("sim.run_for(minutes(-5))", "a wait of minutes(-5) ends before it begins"),
        ("sim.run_for(minutes('five'))", "minutes('five'): "),
        ("sim.fault(faults.openai.dwn())", "faults.openai.dwn(): module 'sim.faults.openai' has no attribute 'dwn'"),
        ("sim.fault(faults.opnai.down())", "faults.opnai.down(): module 'sim.faults' has no attribute 'opnai'"),
        ("sim.fault(failures.openai.dwn())", "failures.openai.dwn(): module 'sim.faults.openai' has no attribute"),
        ("sim.fault(faults.openai.down(endpiont='chat'))", "unexpected keyword argument 'endpiont'"),
        ("sim.fault(faults.storage.down().frist(2))", "faults.storage.down().frist(2): 'AwsFault' object has no"),
        ("sim.fault(faults.storage.slow())", "missing 1 required positional argument: 'duration'"),
        ("sim.fault(faults.openai.down('chatt'))", "endpoint must be one of any, transcription, chat,"),
        ("sim.fault(faults.openai.down().during(minutes(-1)))", "for_seconds must be at least 0, not -60"),
        ("sim.fault(faults.openai.down().during(0))", "ends before it begins"),
        ("sim.fault(faults.storage.down().during(minutes(2), after=minutes(-1)))", "after must be at least 0"),
        ("sim.fault(faults.openai.down().with_probability(0.5, seed='abc'))", "seed must be a number, not a text"),
        ("sim.fault(faults.openai.down().with_probability(0.5, seed=-1))", "seed must be at least 0, not -1"),
        ("sim.fault(faults.storage.down().with_probability(0.5, seed=1.5))", "seed must be"),
        ("sim.fault(faults.openai.down().with_probability(5, seed=1))", "probability must be from 0 to 1, not 5"),
        ("sim.fault(faults.openai.slow(None))", "faults.openai.slow(None): "),
    ],
)
def test_an_impossible_wait_or_fault_is_reported_with_its_line(body: str, complaint: str) -> None:
    (problem,) = problems(scenario(body))

    assert problem.startswith("everyday/test_it.py:8: ")
    assert complaint in problem


def test_all_violations_of_a_file_are_reported_in_the_order_of_their_lines() -> None:
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

    assert [each.line for each in file.violations()] == [7, 9, 10, 13]


def test_a_fault_at_the_top_of_the_file_is_checked_as_well() -> None:
    file = ScenarioFile("test_it.py", "from sim import faults\n\nLATE = faults.queue.delivered_late(0)\n")

    assert problems(file) == [
        "test_it.py:3: faults.queue.delivered_late(0): SQS delays by 1 to 900 seconds, not by 0",
    ]


@pytest.mark.parametrize("claim", ["", "Nothing is lost.", "Claim:", "This is a Claim: really."])
def test_a_scenario_without_a_claim_is_refused(claim: str) -> None:
    assert problems(scenario("pass", claim=claim)) == [
        "everyday/test_it.py:7: test_it states no claim: begin a paragraph of its docstring with `Claim:`"
    ]


def test_a_claim_may_be_in_the_tests_own_docstring_and_a_test_without_sim_is_not_a_scenario() -> None:
    scenario = 'class TestIt:\n    def test_it(self, sim):\n        """Claim: nothing is lost."""\n\n'
    text = f"{scenario}def test_plain():\n    pass\n"

    assert problems(ScenarioFile("test_it.py", text)) == []


def test_a_syntax_error_is_left_to_pytest() -> None:
    assert problems(ScenarioFile("test_it.py", "def test_it(sim:\n")) == []


def test_the_needs_of_a_scenario_follow_from_its_faults() -> None:
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
