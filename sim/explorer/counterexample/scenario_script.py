"""A broken world as a scenario script: what `sim` can do itself is written as code, the rest as what to do by hand.

The explorer cuts in at any call; a scenario breaks what is outside of the product. Most of the former has its equal
among the latter (docs/how-to/add-a-fault.md); where it has not, the script says so instead of pretending.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sim.explorer.counterexample.report import story
from sim.explorer.counterexample.shrinking import Broken
from sim.explorer.plan.call_sites import Site, Trouble
from sim.explorer.plan.plan import HOUR_MS, Act, CallName, Decisions, Deed, Outage, Plan, Straight, Struck
from sim.explorer.runtime.ledger import TENANTS
from sim.explorer.world.world import World

type SiteName = str

OUTAGES: Mapping[tuple[str, Trouble], str] = {
    ("openai", Trouble.ERROR): "faults.openai.down()",
    ("openai", Trouble.QUOTA): "faults.openai.quota_exhausted()",
    ("openai", Trouble.MISCONFIGURED): "faults.openai.wrong_key()",
    ("openai", Trouble.RATE_LIMITED): "faults.openai.rate_limited(retry_after_seconds=20)",
    ("openai.analyse", Trouble.ERROR): 'faults.openai.down(endpoint="chat")',
    ("openai.analyse", Trouble.MALFORMED): 'faults.openai.bad_analysis("malformed")',
    ("openai.transcribe", Trouble.REJECTED): "faults.openai.unreadable_audio()",
    ("openai.analyse", Trouble.REFUSED): 'faults.openai.bad_analysis("refusal")',
    ("openai.analyse", Trouble.TRUNCATED): 'faults.openai.bad_analysis("length")',
    ("openai.transcribe", Trouble.ERROR): 'faults.openai.down(endpoint="transcription")',
    ("audio.fetch", Trouble.ERROR): "faults.storage.get_fails()",
    ("memories", Trouble.ERROR): "faults.database.down()",
    ("audio", Trouble.ERROR): "faults.storage.down()",
    ("queue", Trouble.ERROR): "faults.queue.down_for_all()",
}
_COMMITS = {"memories.claim": "claim", "memories.save_transcript": "transcript", "memories.save_analysis": "analysis"}
_STEPS = {**_COMMITS, "audio.fetch": "fetch", "queue.postpone": "return"}

STRIKES: Mapping[tuple[SiteName, Trouble], str] = {
    **{(site, Trouble.KILLED_BEFORE): f'faults.worker.killed_before("{step}")' for site, step in _STEPS.items()},
    **{(site, Trouble.KILLED_AFTER): f'faults.worker.killed_after("{step}")' for site, step in _STEPS.items()},
    **{(site, Trouble.LOST): f'faults.database.commit_answer_lost("{commit}")' for site, commit in _COMMITS.items()},
    **{(site, Trouble.ERROR): f'faults.database.commit_lost("{commit}")' for site, commit in _COMMITS.items()},
    ("memories.fail", Trouble.LOST): 'faults.database.commit_answer_lost("failure")',
    ("memories.accept", Trouble.LOST): 'faults.database.commit_answer_lost("accept")',
    ("openai.transcribe", Trouble.KILLED_BEFORE): 'faults.worker.killed_during("transcription")',
    ("openai.analyse", Trouble.KILLED_BEFORE): 'faults.worker.killed_during("analysis")',
    ("openai.transcribe", Trouble.REJECTED): "faults.openai.unreadable_audio()",
    ("openai.transcribe", Trouble.ERROR): 'faults.openai.errors(500, times=1, endpoint="transcription")',
    ("openai.analyse", Trouble.ERROR): 'faults.openai.errors(500, times=1, endpoint="chat")',
    ("openai.analyse", Trouble.REFUSED): 'faults.openai.bad_analysis("refusal")',
    ("openai.analyse", Trouble.FILTERED): 'faults.openai.bad_analysis("content_filter")',
    ("openai.analyse", Trouble.TRUNCATED): 'faults.openai.bad_analysis("length")',
    ("queue.send", Trouble.LOST): "faults.queue.send_answer_lost()",
    ("queue.send", Trouble.ERROR): "faults.queue.down()",
    ("queue.postpone", Trouble.ERROR): "faults.queue.visibility_change_fails()",
    ("queue.acknowledge", Trouble.ERROR): "faults.queue.delivered_twice()",
    ("audio.complete", Trouble.LOST): "faults.storage.put_answer_lost()",
    ("audio.fetch", Trouble.ERROR): "faults.storage.get_fails()",
}


@dataclass(frozen=True, slots=True)
class Met:
    """Where a decision struck."""

    site: SiteName
    trouble: Trouble


def scenario(broken: Broken) -> str:
    """The script's text. It holds on a product that keeps the promise, as the explorer's world does."""
    doc = [f"Found by the explorer, seed {broken.seed}: {broken.found}.", "", f"Claim: {broken.promise}."]
    doc += ["", *(f"  {line}" for line in story(broken))]
    return script(broken.plan, met_in(broken.plan, broken.decisions), f"test_seed_{broken.seed}", doc)


def script(plan: Plan, met: Mapping[CallName, Met], name: str, doc: list[str], ending: tuple[str, ...] = ()) -> str:
    """A scenario that does what the plan says and meets what was met."""
    blocks, by_hand = _faults(plan.outages, met)
    body: list[str] = []
    indent = "    "
    for fault in blocks:
        body.append(f"{indent}with sim.fault({fault}, allow_untriggered=True):")
        indent += "    "
    body += [f"{indent}{line}" for act in plan.acts for line in _act(act)]
    body.append(f"{indent}sim.run_for(hours({_hours(plan)}))")
    body.append("    sim.run_until(sim.everything_is_done, within=hours(14))")
    body.append("    sim.run_for(hours(2))  # an analysis that is still due comes by itself")
    body += [f"    {line}" for line in ending]
    used = ["Memories", "Simulation", *(["faults"] if "faults." in "\n".join(body) else []), "hours", "needs"]
    imports = ", ".join(used)
    notes = [f"    # Not in the power of a scenario: {what}" for what in by_hand]
    head = ['"""' + _escaped(doc[0]), *map(_escaped, doc[1:]), '"""', "", f"from sim import {imports}", ""]
    return "\n".join(
        [
            *(*head, "pytestmark = needs.virtual_time", "", ""),
            *(f"def {name}(sim: Simulation) -> None:", "    memories: dict[int, Memories] = {}", *notes, *body, ""),
        ]
    )


def met_in(plan: Plan, decisions: Decisions) -> dict[CallName, Met]:
    """At which calls the decisions struck, seen by playing them once more."""
    from sim.explorer.plan.decisions import Remembered

    met: dict[CallName, Met] = {}

    class Noting(Remembered):
        def decide(self, site: Site, actor: str, number: int) -> int | Struck:
            decided = super().decide(site, actor, number)
            if isinstance(decided, Struck):
                met[actor, number] = Met(site.name, decided.trouble)
            return decided

    World(plan, Noting(decisions)).run()
    return met


def _faults(outages: tuple[Outage, ...], met: Mapping[CallName, Met]) -> tuple[list[str], list[str]]:
    """What `sim` can break, and in words what it can not."""
    blocks, by_hand = [], []
    for outage in outages:
        fault = OUTAGES.get((outage.port, outage.trouble))
        blocks.append(fault) if fault is not None else by_hand.append(f"{outage.port}: {outage.trouble}")
    for (actor, _), each in met.items():
        fault = STRIKES.get((each.site, each.trouble))
        blocks.append(fault) if fault is not None else by_hand.append(f"{actor}, at {each.site}: {each.trouble}")
    return list(dict.fromkeys(blocks)), by_hand


def _act(act: Act) -> list[str]:
    tenant = f'tenant="{TENANTS[act.tenant]}"' if act.tenant else ""
    made = f"memories[{act.recording}]"
    match act.deed:
        case Deed.RECORD | Deed.RECORD_OTHER:
            return [f"{made} = sim.api.record(1{', ' + tenant if tenant else ''})"]
        case Deed.UPLOAD_STRAIGHT if Straight.of(act.number) in (Straight.SUBMITTED, Straight.SUBMITTED_TWICE):
            return [f"{made} = sim.api.record_by_direct_upload(1{', ' + tenant if tenant else ''})"]
        case Deed.RETRY:
            return [f"sim.api.retry({made}.ids[0]{', ' + tenant if tenant else ''})"]
        case Deed.ANALYSE_AGAIN:
            return [f"sim.api.request_analysis({made}.ids[0]{', ' + tenant if tenant else ''})"]
        case Deed.RECORD_AGAIN | Deed.DUPLICATE:
            return [f"sim.queue.redeliver({made})"]
        case Deed.DELETE:
            return [f"sim.api.delete({made}.ids[0]{', ' + tenant if tenant else ''})"]
        case Deed.READ:
            return [f"{made}.now()"]
        case Deed.REDRIVE_ALL | Deed.REDRIVE_SOME:
            return ["sim.operator.redrive()"]
        case Deed.POISON:
            return ['sim.queue.send_poison("not JSON")']
        case Deed.PURGE:
            return ['sim.operator.purge("poison", "deleted", "done")']
        case _:
            return [f"# Not in the power of a scenario: {act.deed}"]


def _hours(plan: Plan) -> int:
    """Until the trouble has ended, in whole hours."""
    return -(-plan.calm_at_ms // HOUR_MS)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', "'''").rstrip()
