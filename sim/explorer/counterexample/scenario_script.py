"""A counterexample as a scenario script. What `sim` can do is code; what only the explorer can do is a comment.

The explorer injects faults into the product's calls, a scenario injects them outside of the product. Most faults of the
explorer have an equivalent in `sim.faults`; a comment in the script names each one that has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sim.explorer.counterexample.report import numbered_lines
from sim.explorer.counterexample.shrinking import Counterexample
from sim.explorer.plan.call_sites import CallSite, FaultKind
from sim.explorer.plan.decisions import RecordedDecisions
from sim.explorer.plan.plan import (
    HOUR_MS,
    Action,
    ActionKind,
    CallFault,
    CallName,
    Decisions,
    DirectUpload,
    Outage,
    Plan,
)
from sim.explorer.runtime.ledger import TENANTS
from sim.explorer.world.world import World

type SiteName = str

_SUBMITTED = (DirectUpload.SUBMITTED, DirectUpload.SUBMITTED_TWICE)

OUTAGES: Mapping[tuple[str, FaultKind], str] = {
    ("openai", FaultKind.ERROR): "faults.openai.down()",
    ("openai", FaultKind.QUOTA): "faults.openai.quota_exhausted()",
    ("openai", FaultKind.MISCONFIGURED): "faults.openai.wrong_key()",
    ("openai", FaultKind.RATE_LIMITED): "faults.openai.rate_limited(retry_after_seconds=20)",
    ("openai.analyse", FaultKind.ERROR): 'faults.openai.down(endpoint="chat")',
    ("openai.analyse", FaultKind.MALFORMED): 'faults.openai.bad_analysis("malformed")',
    ("openai.transcribe", FaultKind.REJECTED): "faults.openai.unreadable_audio()",
    ("openai.analyse", FaultKind.REFUSED): 'faults.openai.bad_analysis("refusal")',
    ("openai.analyse", FaultKind.TRUNCATED): 'faults.openai.bad_analysis("length")',
    ("openai.transcribe", FaultKind.ERROR): 'faults.openai.down(endpoint="transcription")',
    ("s3.get_object", FaultKind.ERROR): "faults.storage.get_fails()",
    ("memories", FaultKind.ERROR): "faults.database.down()",
    ("s3", FaultKind.ERROR): "faults.storage.down()",
    ("sqs", FaultKind.ERROR): "faults.queue.down_for_all()",
}
_COMMITS = {"memories.claim": "claim", "memories.save_transcript": "transcript", "memories.save_analysis": "analysis"}
_STEPS = {**_COMMITS, "s3.get_object": "fetch", "sqs.change_message_visibility": "return"}

CALL_FAULTS: Mapping[tuple[SiteName, FaultKind], str] = {
    **{(site, FaultKind.KILLED_BEFORE): f'faults.worker.killed_before("{step}")' for site, step in _STEPS.items()},
    **{(site, FaultKind.KILLED_AFTER): f'faults.worker.killed_after("{step}")' for site, step in _STEPS.items()},
    **{
        (site, FaultKind.LOST): f'faults.database.commit_response_lost("{commit}")' for site, commit in _COMMITS.items()
    },
    **{(site, FaultKind.ERROR): f'faults.database.commit_lost("{commit}")' for site, commit in _COMMITS.items()},
    ("memories.fail", FaultKind.LOST): 'faults.database.commit_response_lost("failure")',
    ("memories.accept", FaultKind.LOST): 'faults.database.commit_response_lost("accept")',
    ("openai.transcribe", FaultKind.KILLED_BEFORE): 'faults.worker.killed_during("transcription")',
    ("openai.analyse", FaultKind.KILLED_BEFORE): 'faults.worker.killed_during("analysis")',
    ("openai.transcribe", FaultKind.REJECTED): "faults.openai.unreadable_audio()",
    ("openai.transcribe", FaultKind.ERROR): 'faults.openai.errors(500, times=1, endpoint="transcription")',
    ("openai.analyse", FaultKind.ERROR): 'faults.openai.errors(500, times=1, endpoint="chat")',
    ("openai.analyse", FaultKind.REFUSED): 'faults.openai.bad_analysis("refusal")',
    ("openai.analyse", FaultKind.FILTERED): 'faults.openai.bad_analysis("content_filter")',
    ("openai.analyse", FaultKind.TRUNCATED): 'faults.openai.bad_analysis("length")',
    ("sqs.send_message", FaultKind.LOST): "faults.queue.send_response_lost()",
    ("sqs.send_message", FaultKind.ERROR): "faults.queue.down()",
    ("sqs.change_message_visibility", FaultKind.ERROR): "faults.queue.visibility_change_fails()",
    ("sqs.acknowledge", FaultKind.ERROR): "faults.queue.delivered_twice()",
    ("s3.put_object", FaultKind.LOST): "faults.storage.put_response_lost()",
    ("s3.get_object", FaultKind.ERROR): "faults.storage.get_fails()",
}


@dataclass(frozen=True, slots=True)
class TriggeredFault:
    """The call site and the kind of a fault that was injected."""

    site: SiteName
    kind: FaultKind


def script_of(counterexample: Counterexample) -> str:
    """The text of the script. The scenario passes when the product no longer violates the invariant."""
    plan, violation = counterexample.plan, counterexample.violation
    doc = [f"Found by the explorer, seed {counterexample.seed}: {violation.details}."]
    doc += ["", f"Claim: {violation.invariant}.", "", *(f"  {line}" for line in numbered_lines(counterexample))]
    triggered = triggered_faults(plan, counterexample.decisions)
    return render_script(plan, triggered, f"test_seed_{counterexample.seed}", doc)


def render_script(
    plan: Plan, triggered: Mapping[CallName, TriggeredFault], name: str, doc: list[str], ending: tuple[str, ...] = ()
) -> str:
    """A scenario with the actions and outages of the plan and the faults that were triggered."""
    faults, impossible = _faults(plan.outages, triggered)
    body: list[str] = []
    indent = "    "
    for fault in faults:
        body.append(f"{indent}with sim.fault({fault}, allow_untriggered=True):")
        indent += "    "
    body += [f"{indent}{line}" for action in plan.actions for line in _lines_of(action)]
    body.append(f"{indent}sim.run_for(hours({_hours(plan)}))")
    body.append("    sim.run_until(sim.everything_is_done, within=hours(14))")
    body.append("    sim.run_for(hours(2))  # pending analyses are queued again by then")
    body += [f"    {line}" for line in ending]
    names = ["Memories", "Simulation", *(["faults"] if "faults." in "\n".join(body) else []), "hours", "needs"]
    notes = [f"    # A scenario cannot do this: {what}" for what in impossible]
    head = ['"""' + _escaped(doc[0]), *map(_escaped, doc[1:]), '"""', "", f"from sim import {', '.join(names)}", ""]
    head += ["pytestmark = needs.virtual_time", "", "", f"def {name}(sim: Simulation) -> None:"]
    return "\n".join([*head, "    memories: dict[int, Memories] = {}", *notes, *body, ""])


def triggered_faults(plan: Plan, decisions: Decisions) -> dict[CallName, TriggeredFault]:
    """At which calls faults were injected; found by running the world once more."""
    triggered: dict[CallName, TriggeredFault] = {}

    class Noticing(RecordedDecisions):
        def decide(self, site: CallSite, actor: str, number: int) -> int | CallFault:
            decided = super().decide(site, actor, number)
            if isinstance(decided, CallFault):
                triggered[actor, site.name, number] = TriggeredFault(site.name, decided.kind)
            return decided

    World(plan, Noticing(decisions)).run()
    return triggered


def _faults(outages: tuple[Outage, ...], triggered: Mapping[CallName, TriggeredFault]) -> tuple[list[str], list[str]]:
    """The faults of `sim`, and in words the faults that `sim` does not have."""
    faults, impossible = [], []
    for outage in outages:
        fault = OUTAGES.get((outage.port, outage.kind))
        faults.append(fault) if fault is not None else impossible.append(f"{outage.port}: {outage.kind}")
    for (actor, _, _), each in triggered.items():
        fault = CALL_FAULTS.get((each.site, each.kind))
        faults.append(fault) if fault is not None else impossible.append(f"{actor}, at {each.site}: {each.kind}")
    return list(dict.fromkeys(faults)), impossible


def _lines_of(action: Action) -> list[str]:
    tenant = f'tenant="{TENANTS[action.tenant]}"' if action.tenant else ""
    made = f"memories[{action.recording}]"
    match action.kind:
        case ActionKind.RECORD | ActionKind.RECORD_OTHER:
            return [f"{made} = sim.api.record(1{', ' + tenant if tenant else ''})"]
        case ActionKind.DIRECT_UPLOAD if DirectUpload.of(action.number) in _SUBMITTED:
            return [f"{made} = sim.api.record_by_direct_upload(1{', ' + tenant if tenant else ''})"]
        case ActionKind.RETRY:
            return [f"sim.api.retry({made}.ids[0]{', ' + tenant if tenant else ''})"]
        case ActionKind.RETRY_ANALYSIS:
            return [f"sim.api.request_analysis({made}.ids[0]{', ' + tenant if tenant else ''})"]
        case ActionKind.RECORD_AGAIN | ActionKind.DUPLICATE:
            return [f"sim.queue.redeliver({made})"]
        case ActionKind.DELETE:
            return [f"sim.api.delete({made}.ids[0]{', ' + tenant if tenant else ''})"]
        case ActionKind.READ:
            return [f"{made}.fetch()"]
        case ActionKind.REDRIVE_ALL | ActionKind.REDRIVE_SOME:
            return ["sim.operator.redrive()"]
        case ActionKind.POISON:
            return ['sim.queue.send_poison("not JSON")']
        case ActionKind.PURGE:
            return ['sim.operator.purge("poison", "deleted", "done")']
        case _:
            return [f"# A scenario cannot do this: {action.kind}"]


def _hours(plan: Plan) -> int:
    """Until the faults end, in whole hours."""
    return -(-plan.faults_end_ms // HOUR_MS)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', "'''").rstrip()
