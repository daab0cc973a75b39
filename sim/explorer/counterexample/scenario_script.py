"""A counterexample as a scenario script, if a scenario can do all that it needs.

A counterexample that needs what no scenario can do gets no script; `obstacles` names it. The script repeats actions and
faults. It should fail as long as the bug is there, but the invariants of scenarios see less than those of the explorer:
some scripts pass all the same (`tox -e mutants -- scripts` names them).
"""

from collections.abc import Mapping

from sim.explorer.counterexample.report import numbered_lines
from sim.explorer.counterexample.scenario_faults import TriggeredFault, translated
from sim.explorer.counterexample.shrinking import Counterexample
from sim.explorer.invariants.names import NOTHING_LOST, RETRYABLE
from sim.explorer.plan.call_sites import CallSite
from sim.explorer.plan.decisions import RecordedDecisions
from sim.explorer.plan.plan import (
    HOUR_MS,
    SECOND_MS,
    Action,
    ActionKind,
    CallFault,
    CallName,
    Decisions,
    DirectUpload,
    Plan,
)
from sim.explorer.runtime.ledger import TENANTS
from sim.explorer.world.operator import REDRIVEN_REASONS
from sim.explorer.world.world import World

_UPLOADS = frozenset({ActionKind.RECORD, ActionKind.RECORD_AGAIN, ActionKind.RECORD_OTHER, ActionKind.DIRECT_UPLOAD})
_REPEATED = frozenset({ActionKind.RECORD_AGAIN, ActionKind.RECORD_OTHER})
_BETWEEN_CALLS = frozenset({NOTHING_LOST, RETRYABLE})
"""Invariants about places, which scenarios check at rest."""
_IMPOSSIBLE = {
    ActionKind.DEPLOY: "a deployment of the API at that moment",
    ActionKind.REMOVE_AUDIO: "audio that disappears from S3 for good",
}


def obstacles(counterexample: Counterexample) -> list[str]:
    """What the counterexample needs and no scenario can do; empty if its script is exact."""
    plan, decisions = counterexample.plan, counterexample.decisions
    _, cannot = translated(plan.outages, triggered_faults(plan, decisions), _recordings(plan))
    for (actor, site, number), decided in decisions.items():
        if isinstance(decided, int):
            cannot.append(f"{actor}, {site}, call {number}: it takes {decided / SECOND_MS:.1f} s")
    cannot += [_IMPOSSIBLE[action.kind] for action in (*plan.actions, *plan.late) if action.kind in _IMPOSSIBLE]
    if any(each.kind is ActionKind.DUPLICATE and _is_written_out(each, plan) for each in (*plan.actions, *plan.late)):
        cannot.append("a duplicate of the message of a recording that is uploaded under a key")
    if counterexample.violation.invariant in _BETWEEN_CALLS and not _is_wrong_at_rest(counterexample):
        cannot.append("looking between two calls: at rest nothing is wrong")
    if any(plan.skews_ms):
        cannot.append("clocks of processes that differ")
    if plan.outlives_deadline:
        cannot.append("a function that runs on after its deadline")
    if plan.batch > 1:
        cannot.append(f"a batch of {plan.batch} messages")
    if plan.quiet:
        cannot.append("counting every call of the product")
    return list(dict.fromkeys(cannot))


def _is_wrong_at_rest(counterexample: Counterexample) -> bool:
    """Whether the world also ends wrongly, when what happens between two calls is not looked at."""
    world = World(counterexample.plan, RecordedDecisions(counterexample.decisions))
    world.invariants.at_rest_only = True
    return world.run().violation is not None


def script_of(counterexample: Counterexample) -> str:
    """The text of the script, of a counterexample without `obstacles`."""
    plan, violation = counterexample.plan, counterexample.violation
    doc = [f"Found by the explorer, seed {counterexample.seed}: {violation.details}."]
    doc += ["", f"Claim: {violation.invariant}.", "", *(f"  {line}" for line in numbered_lines(counterexample))]
    triggered = triggered_faults(plan, counterexample.decisions)
    return render_script(plan, triggered, f"test_seed_{counterexample.seed}", doc)


def render_script(
    plan: Plan, triggered: Mapping[CallName, TriggeredFault], name: str, doc: list[str], ending: tuple[str, ...] = ()
) -> str:
    """A scenario with the actions and outages of the plan and the faults that were triggered."""
    faults, _ = translated(plan.outages, triggered, _recordings(plan))
    body: list[str] = []
    indent = "    "
    for fault in faults:
        body.append(f"{indent}with sim.fault({fault}, allow_untriggered=True):")
        indent += "    "
    body += [f"{indent}{line}" for line in _lines(plan)]
    body.append(f"{indent}sim.run_for(hours({-(-plan.faults_end_ms // HOUR_MS)}))")
    body.append("    sim.run_until(sim.everything_is_done, within=hours(14))")
    body.append("    sim.run_for(hours(2))  # pending analyses are queued again by then")
    if plan.days:
        body.append(f"    sim.run_for(days({plan.days}))")
        body += [f"    {line}" for action in plan.late for line in _lines_of(action, plan)]
    redrive = ("sim.operator.redrive()", "sim.run_until(sim.everything_is_done, within=hours(14))")
    body += [f"    {line}" for line in ending or redrive]
    text = "\n".join(body)
    names = ["Memories", "Simulation", *(each for each in ("days", "faults") if f"{each}" in text)]
    names += ["hours", "needs", *(each for each in ("recordings", "seconds") if f"{each}" in text)]
    head = ['"""' + _escaped(doc[0]), *map(_escaped, doc[1:]), '"""', ""]
    head += ["from typing import Any", "", f"from sim import {', '.join(names)}", ""]
    head += ["pytestmark = needs.virtual_time", "", "", f"def {name}(sim: Simulation) -> None:"]
    variables = ["    memories: dict[int, Memories] = {}", "    answers: dict[int, Any] = {}"]
    return "\n".join([*head, *variables, text, ""])


def triggered_faults(plan: Plan, decisions: Decisions) -> dict[CallName, TriggeredFault]:
    """At which calls faults were injected; found by running the world once more."""
    triggered: dict[CallName, TriggeredFault] = {}

    class Noticing(RecordedDecisions):
        def decide(self, site: CallSite, actor: str, number: int) -> int | CallFault:
            decided = super().decide(site, actor, number)
            if isinstance(decided, CallFault):
                triggered[actor, site.name, number] = TriggeredFault(site.name, decided.kind, decided.ms)
            return decided

    World(plan, Noticing(decisions)).run()
    return triggered


def _recordings(plan: Plan) -> int:
    return len({action.recording for action in plan.actions if action.kind in _UPLOADS})


def _lines(plan: Plan) -> list[str]:
    """The actions in order, with the time between them."""
    lines: list[str] = []
    now_ms = 0
    for action in sorted(plan.actions, key=lambda each: each.at_ms):
        gap_seconds = (action.at_ms - now_ms) // SECOND_MS
        if gap_seconds:
            lines.append(f"sim.run_for(seconds({gap_seconds}))")
            now_ms += gap_seconds * SECOND_MS
        lines += _lines_of(action, plan)
    return lines


def _is_written_out(action: Action, plan: Plan) -> bool:
    """Whether each request about its recording is written out: `Memories` are recorded once and without a key."""
    mine = [each for each in (*plan.actions, *plan.late) if each.recording == action.recording]
    repeated = any(each.kind in _REPEATED or each.kind is ActionKind.REPEAT_FORM for each in mine)
    direct = [each for each in mine if each.kind is ActionKind.DIRECT_UPLOAD]
    return repeated or any(
        each.key or each.title or DirectUpload.of(each.number) is not DirectUpload.SUBMITTED for each in direct
    )


def _arguments(*pairs: tuple[str, str | None]) -> str:
    return "".join(f", {name}={value!r}" for name, value in pairs if value is not None)


def _lines_of(action: Action, plan: Plan) -> list[str]:
    mine = TENANTS[action.tenant]
    tenant, other = f", tenant={mine!r}", f", tenant={TENANTS[1 - action.tenant]!r}"
    number = action.recording
    written_out = _is_written_out(action, plan)
    memory_id = f'answers[{number}].json()["id"]' if written_out else f"memories[{number}].ids[0]"
    key = f"key-{number}" if action.key else None
    described = _arguments(("tenant", mine), ("title", action.title), ("idempotency_key", key))
    take = f"recordings.pick({number + 1}, seed=1)[{number}].data"
    match action.kind:
        case ActionKind.RECORD if not written_out:
            return [f"memories[{number}] = sim.api.record(1{_arguments(('tenant', mine), ('title', action.title))})"]
        case ActionKind.RECORD:
            return [f"answers[{number}] = sim.api.upload({take}{described})"]
        case ActionKind.RECORD_AGAIN:
            return [f"sim.api.upload({take}{described})"]
        case ActionKind.RECORD_OTHER:
            return [f"sim.api.upload(recordings.pick({number + 9}, seed=1)[{number + 8}].data{described})"]
        case ActionKind.DIRECT_UPLOAD if not written_out:
            return [f"memories[{number}] = sim.api.record_by_direct_upload(1{tenant})"]
        case ActionKind.DIRECT_UPLOAD:
            return [
                f'answers[{number}] = sim.api.begin_direct_upload("audio/wav"{described})',
                *_direct_upload(DirectUpload.of(action.number), number, take, tenant),
            ]
        case ActionKind.REPEAT_FORM:
            return [f"sim.api.upload_to_s3(answers[{number}], recordings.silence())"]
        case ActionKind.RETRY:
            return [f"sim.api.retry({memory_id}{tenant})"]
        case ActionKind.RETRY_ANALYSIS:
            return [f"sim.api.request_analysis({memory_id}{tenant})"]
        case ActionKind.DELETE:
            return [
                f"assert sim.api.delete({memory_id}{other}).status_code == 404",
                f"sim.api.delete({memory_id}{tenant})",
            ]
        case ActionKind.READ:
            return [f"assert sim.api.get_memory({memory_id}{other}).status_code == 404"]
        case ActionKind.LIST:
            return [f"sim.api.list_memories({mine!r})"]
        case _:
            return _lines_of_others(action, number)


def _direct_upload(how: DirectUpload, number: int, take: str, tenant: str) -> list[str]:
    content = 'b"GIF89a, and no sound at all in it"' if how is DirectUpload.NON_AUDIO else take
    submit = f'sim.api.submit(answers[{number}].json()["id"]{tenant})'
    times = {DirectUpload.NOT_SUBMITTED: 0, DirectUpload.SUBMITTED_TWICE: 2}.get(how, 1)
    return [f"sim.api.upload_to_s3(answers[{number}], {content})", *[submit] * times]


def _lines_of_others(action: Action, number: int) -> list[str]:
    """Of the operator, the queue and clients without a memory."""
    match action.kind:
        case ActionKind.DUPLICATE:
            return [f"sim.queue.redeliver(memories[{number}])"]
        case ActionKind.REDRIVE_ALL:
            return ["sim.operator.redrive()"]
        case ActionKind.REDRIVE_SOME:
            return [f"sim.operator.redrive({', '.join(map(repr, REDRIVEN_REASONS))})"]
        case ActionKind.POISON:
            return ['sim.queue.send_poison("not JSON")']
        case ActionKind.PURGE:
            return ['sim.operator.purge("poison", "deleted", "done")']
        case ActionKind.UPLOAD_NON_AUDIO:
            return ['sim.api.upload(b"GIF89a, and no sound at all in it")']
        case ActionKind.ABANDON_UPLOAD:
            return ["with sim.fault(faults.clients.disconnected_mid_upload()):", "    pass"]
        case _:
            return []


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', "'''").rstrip()
