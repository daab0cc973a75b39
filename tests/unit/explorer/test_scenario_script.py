"""The scenario script uses names that the public scenario API has: a renamed method must not escape the explorer."""

import ast
import operator
from functools import reduce
from typing import get_type_hints

import httpx
import pytest

from sim import Memories, Simulation, faults, recordings
from sim.explorer.counterexample import scenario_claims
from sim.explorer.counterexample.replay import Call, Replay, replay_of
from sim.explorer.counterexample.scenario_faults import API_STEPS, COMMITS, OUTAGES, WORKER_STEPS, kind_of, translated
from sim.explorer.counterexample.scenario_script import obstacles, render_script
from sim.explorer.counterexample.shrinking import Counterexample
from sim.explorer.invariants.names import ALL as INVARIANTS
from sim.explorer.invariants.names import (
    ECONOMY,
    IDEMPOTENCY,
    NOTHING_LOST,
    PAID_ONCE,
    TENANT_ISOLATION,
    TITLE_KEPT,
    Violation,
)
from sim.explorer.plan.call_sites import CALL_SITES, FaultKind
from sim.explorer.plan.plan import Action, ActionKind, CallFault, Decisions, Outage, Plan
from sim.explorer.world.clients import Sent

RECORD = Action(0, 0, ActionKind.RECORD)
WORKER = "worker on A, receive 1"


def replay(plan: Plan, decisions: Decisions | None = None) -> Replay:
    return replay_of(plan, decisions or {})


def script(plan: Plan, decisions: Decisions | None = None, claim: str = "") -> str:
    text = render_script(replay(plan, decisions), "test_it", ["It."], claim)
    compile(text, "script.py", "exec")
    return text


def every_fault() -> list[str]:
    """The text of every fault that a call or an outage may become."""
    kinds = [
        kind_of(Call(0, role, site.name, 1, CallFault(kind, 300_000)))
        for role in ("client", WORKER, "relay at minute 3", "operator 1")
        for site in CALL_SITES
        for kind in site.fault_kinds
    ]
    texts = {kind.repeated(2) for kind in kinds if kind is not None}
    return sorted(texts | set(OUTAGES.values()))


def test_every_name_in_a_script_exists() -> None:
    actions = tuple(Action(number, 0, kind) for number, kind in enumerate(ActionKind))
    sent = [Sent(0, number, "upload", True) for number, each in enumerate(actions) if "record" in each.kind]
    sent += [Sent(0, 4, what, True) for what in ("begin", "submit")]  # type: ignore[arg-type]
    sent += [Sent(0, number, "retry", True) for number, each in enumerate(actions) if "retry" in each.kind]
    lines = [
        line
        for claim in INVARIANTS
        for line in render_script(Replay(Plan(actions), sent, [], None), "test_all", ["All."], claim).splitlines()
    ]
    lines += [f"sim.fault({fault})" for fault in every_fault()]
    names = {name for line in lines for name in names_in(line.strip())}

    assert len(names) > 60
    assert sorted(name for name in names if not exists(name)) == []


def names_in(line: str) -> set[str]:
    """Every dotted name of the line that begins with `sim`, `faults`, `recordings` or `Memories(…)`."""
    if "sim." not in line or line.startswith(("from ", '"""', "#")) or (line.endswith(":") and "with " not in line):
        return set()
    nodes = ast.walk(ast.parse(line + " pass" if line.endswith(":") else line))
    dotted = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    dotted = {name.replace("Memories(sim.api, sim.api.accepted)", "Memories") for name in dotted}
    return {name for name in dotted if "(" not in name and name.startswith(("sim.", "faults.", "recordings.", "Memo"))}


def exists(name: str) -> bool:
    root, *parts = name.split(".")
    if root == "faults":
        return hasattr(reduce(getattr, parts[:-1], faults), parts[-1])
    if root.startswith("answers"):
        return hasattr(httpx.Response, parts[0])
    if root == "recordings":
        return hasattr(recordings, parts[0])
    owner: type = {"sim": Simulation, "Memories": Memories}[root]
    for part in parts[:-1]:
        owner = get_type_hints(owner).get(part) or type(operator.attrgetter(part)(owner))
    return hasattr(owner, parts[-1]) or parts[-1] in get_type_hints(owner) or parts[-1] == "accepted"


@pytest.mark.parametrize("fault", every_fault())
def test_every_fault_can_be_made(fault: str) -> None:
    """Its arguments are valid: a commit or a step that the product does not have raises ValueError."""
    assert eval(fault, {"faults": faults}).describe()


def test_every_step_is_one_of_the_harness() -> None:
    assert {kind_of(Call(0, "client", site, 1, CallFault(FaultKind.KILLED_AFTER, 5))) for site in API_STEPS}
    assert {kind_of(Call(0, WORKER, site, 1, CallFault(FaultKind.KILLED_AFTER, 5))) for site in WORKER_STEPS}
    assert {kind_of(Call(0, role, site, 1, CallFault(FaultKind.LOST, 5))) for role, site in COMMITS}


def test_a_counterexample_that_no_scenario_can_follow_says_what_it_needs() -> None:
    plan = Plan((RECORD, Action(1, 0, ActionKind.DEPLOY)), skews_ms=(0, 9, 0))
    decisions: Decisions = {
        (WORKER, "memories.claim", 1): CallFault(FaultKind.FROZEN, 5_000),
        ("client 1", "s3.put_object", 1): 9_000,
    }

    assert obstacles(Counterexample(1, plan, decisions, Violation(PAID_ONCE, "A is paid twice"))) == [
        "client 1, s3.put_object, call 1: it takes 9.0 s",
        "worker on A, receive 1, memories.claim, call 1: frozen after",
        "a deployment of the API at that moment",
        "seeing the violation: it lasts only from one call to the next, or leaves no trace",
        "clocks of processes that differ",
    ]


@pytest.mark.parametrize("invariant", scenario_claims.UNSEEN)
def test_an_invariant_that_no_scenario_sees_is_an_obstacle(invariant: str) -> None:
    cannot = obstacles(Counterexample(1, Plan((RECORD,)), {}, Violation(invariant, "It is wrong")))

    assert cannot == [scenario_claims.UNSEEN[invariant]]


def test_a_world_without_a_violation_gets_no_script() -> None:
    """A script of it would be green, whatever the bug."""
    assert obstacles(Counterexample(1, Plan((RECORD,)), {}, Violation(PAID_ONCE, "It is wrong"))) != []


def at_call(number: int, receive: int = 1, kind: FaultKind = FaultKind.ERROR) -> Decisions:
    return {(f"worker on A, receive {receive}", "openai.transcribe", number): CallFault(kind, 20)}


def test_the_same_fault_at_calls_one_after_the_other_is_one_fault() -> None:
    blocks, cannot = translated(replay(Plan((RECORD,)), {**at_call(1), **at_call(2)}))

    assert cannot == []
    assert [block.fault for block in blocks] == ['faults.openai.errors(500, endpoint="transcription").first(2)']
    assert blocks[0].begins_ms == 0


def test_a_fault_at_a_later_call_is_activated_between_that_call_and_the_one_before() -> None:
    """The first receive fails for the quota; the second one comes much later, and its call fails otherwise."""
    decisions = {**at_call(1, kind=FaultKind.QUOTA), **at_call(1, receive=2)}
    happened = replay(Plan((RECORD,)), decisions)

    blocks, cannot = translated(happened)

    first, second = [call.at_ms for call in happened.calls if call.decided is not None]
    assert cannot == []
    assert blocks[0].begins_ms == 0
    assert first < blocks[1].begins_ms < second


def test_a_fault_at_a_call_right_behind_another_one_is_impossible() -> None:
    plan = Plan((RECORD, Action(1, 100, ActionKind.RECORD, 1)))
    decisions: Decisions = {("worker on B, receive 1", "memories.claim", 1): CallFault(FaultKind.KILLED_BEFORE, 5)}

    assert translated(replay(plan, decisions)) == (
        [],
        ["worker on B, receive 1, memories.claim, call 1: killed before"],
    )


def test_a_client_repeats_a_request_after_the_api_was_killed() -> None:
    text = script(Plan((RECORD,)), {("client 1", "memories.accept", 1): CallFault(FaultKind.KILLED_AFTER, 5)})

    killed = text.index('with suppress(httpx.TransportError), sim.fault(faults.api.killed_after("accept")')
    first = text.index("answers[0] = sim.api.upload(", killed)
    again = text.index("answers[0] = sim.api.upload(", first + 1)
    assert killed < first < text.index("sim.run_for(seconds(2))", first) < again
    assert "import httpx" in text


def test_a_commit_that_is_lost_in_one_request_is_lost_in_that_request_alone() -> None:
    decisions: Decisions = {("client 1", "memories.accept", number): CallFault(FaultKind.ERROR, 5) for number in (1, 2)}

    text = script(Plan((RECORD,)), decisions)

    assert 'with sim.fault(faults.database.commit_lost("accept", times=2), allow_untriggered=True):' in text
    assert text.count("sim.api.upload(") == 2


def test_requests_are_sent_again_while_the_database_is_down_and_after_it() -> None:
    text = script(Plan((RECORD,), outages=(Outage("memories", FaultKind.ERROR, 0, 20_000),)))

    down = text.index("    with sim.fault(faults.database.down(), allow_untriggered=True):\n")
    last = text.index("\n    answers[0] = sim.api.upload(")
    assert text.count("\n        answers[0] = sim.api.upload(", down, last) == 2


def test_a_recording_again_has_the_key_of_the_recording() -> None:
    """The explorer's second client sends what the first one sent, key and title included."""
    plan = Plan((Action(0, 0, ActionKind.RECORD, key=True, title="t"), Action(1, 60_000, ActionKind.RECORD_AGAIN)))

    text = script(plan, claim=IDEMPOTENCY)

    assert text.count("tenant='acme', title='t', idempotency_key='key-0'") == 2
    assert 'assert again_1.status_code == 503 or again_1.json()["id"] == answers[0].json()["id"]' in text


def test_two_tenants_may_have_the_same_key() -> None:
    plan = Plan(
        (
            Action(0, 0, ActionKind.RECORD, 1, key=True),
            Action(1, 9_000, ActionKind.RECORD, 2, tenant=1, key=True),
        )
    )

    text = script(plan, claim=TENANT_ISOLATION)

    assert "tenant='acme', idempotency_key='key-1'" in text
    assert "tenant='acme-2', idempotency_key='key-1'" in text
    assert "assert answers[2].status_code != 409" in text


def test_another_recording_under_a_key_must_be_refused() -> None:
    plan = Plan((Action(0, 0, ActionKind.RECORD, key=True), Action(1, 60_000, ActionKind.RECORD_OTHER, key=True)))

    assert "assert other_1.status_code in (409, 503)" in script(plan, claim=IDEMPOTENCY)


def test_a_large_recording_has_several_parts() -> None:
    assert "recordings.enlarged(" in script(Plan((Action(0, 0, ActionKind.RECORD, large=True),)))


def test_nothing_is_done_to_a_memory_that_no_client_knows() -> None:
    plan = Plan(
        (RECORD, Action(1, 60_000, ActionKind.DELETE), Action(2, 70_000, ActionKind.DUPLICATE)),
        outages=(Outage("memories", FaultKind.ERROR, 0, 3_600_000),),
        faults_end_ms=3_600_000,
    )

    text = script(plan)

    assert "sim.api.delete(" not in text
    assert "redeliver" not in text


def test_a_script_asserts_what_the_invariant_says_and_nothing_of_others() -> None:
    lines = {claim: script(Plan((RECORD,)), claim=claim) for claim in (TITLE_KEPT, ECONOMY)}

    assert "all_have_their_titles()" in lines[TITLE_KEPT]
    assert "assert" not in lines[ECONOMY]


def test_days_pass_while_the_relay_is_off() -> None:
    """A run of the relay for each minute of 32 days takes the better part of an hour."""
    text = script(Plan((RECORD,), days=32))

    assert "    with sim.fault(faults.queue.relay_off()):\n        sim.run_for(days(32))\n" in text


@pytest.mark.parametrize(
    ("site", "kind", "possible"),
    [
        ("memories.save_transcript", FaultKind.KILLED_BEFORE, False),
        ("memories.save_transcript", FaultKind.KILLED_AFTER, True),
        ("memories.save_transcript", FaultKind.ERROR, True),
        ("openai.transcribe", FaultKind.KILLED_AFTER, False),
        ("openai.transcribe", FaultKind.BILLED_AND_LOST, False),
        ("openai.transcribe", FaultKind.KILLED_BEFORE, True),
    ],
)
def test_a_lost_answer_that_openai_has_billed_is_an_obstacle(site: str, kind: FaultKind, possible: bool) -> None:
    """The product must pay for it again, and an invariant of every scenario forbids that."""
    decisions: Decisions = {(WORKER, site, 1): CallFault(kind, 20)}

    cannot = obstacles(Counterexample(1, Plan((RECORD,)), decisions, Violation(PAID_ONCE, "It is wrong")))

    assert any("paying twice" in each for each in cannot) is not possible


def test_the_owner_retries_a_refused_recording() -> None:
    """A world does that at its end: a retry without a job is seen there only."""
    refused = script(Plan((RECORD,)), at_call(1, kind=FaultKind.REJECTED))

    assert "sim.api.retry(" in refused
    assert "sim.api.retry(" not in script(Plan((RECORD,)), at_call(1))


def test_an_empty_title_is_an_obstacle() -> None:
    """The API takes it for none, so that no memory of a scenario has one."""
    plan = Plan((Action(0, 0, ActionKind.RECORD, title=""),))

    cannot = obstacles(Counterexample(1, plan, {}, Violation(TITLE_KEPT, "It is wrong")))

    assert "an empty title: the API takes it for none" in cannot


def test_an_operator_whose_command_fails_goes_on() -> None:
    actions = (RECORD, Action(1, 600_000, ActionKind.REDRIVE_ALL))
    outage = Outage("sqs", FaultKind.ERROR, 0, 3_600_000)

    assert "    with suppress(OperatorCommandFailed):\n            sim.operator.redrive()\n" in script(
        Plan(actions, outages=(outage,), faults_end_ms=3_600_000)
    )
    assert "suppress" not in script(Plan(actions))


def test_an_error_comes_soon_and_not_after_a_timeout() -> None:
    """A 429 with a `Retry-After` of hours is answered at once: nobody waits in the call."""
    decisions: Decisions = {(WORKER, "openai.transcribe", 1): CallFault(FaultKind.RATE_LIMITED, 14_400_000)}

    calls = replay(Plan((RECORD,)), decisions).calls

    place = next(place for place, call in enumerate(calls) if call.site == "openai.transcribe")
    assert calls[place + 1].at_ms - calls[place].at_ms <= 3_000


def test_a_call_that_an_outage_spares_is_an_obstacle() -> None:
    """What is decided about a call goes before an outage; a database that is down commits nothing."""
    plan = Plan((RECORD,), outages=(Outage("memories", FaultKind.ERROR, 0, 20_000),))
    decisions: Decisions = {("client 1", "memories.accept", 1): CallFault(FaultKind.LOST, 5)}

    assert translated(replay(plan, decisions))[1] == ["client 1, memories.accept, call 1: answer lost"]


def test_a_script_lasts_as_long_as_the_world() -> None:
    """What a sweep does after a day happens a day later in the script, too."""
    soon, late = (
        Replay(Plan((RECORD,)), [Sent(0, 0, "upload", True)], [], Violation(NOTHING_LOST, "It is lost", at_ms))
        for at_ms in (60_000, 90_000_000)
    )

    assert "sim.run_for(hours(24))" not in render_script(soon, "test_it", ["It."], NOTHING_LOST)
    assert "sim.run_for(hours(24))" in render_script(late, "test_it", ["It."], NOTHING_LOST)
