"""A counterexample as a scenario script, if a scenario can do all that it needs.

The script repeats requests, actions and faults, and asserts what the violated invariant says. It fails as long as the
bug is there and passes without it: `tox -e mutants -- scripts` shows that for every mutant of the explorer. A
counterexample that needs what no scenario can do, or whose violation no scenario sees, gets no script; `obstacles`
names why.
"""

from collections.abc import Iterator

from sim.explorer.counterexample import scenario_claims
from sim.explorer.counterexample.replay import Replay, depends_on_durations, replay_of, with_other_pages
from sim.explorer.counterexample.report import numbered_lines
from sim.explorer.counterexample.scenario_actions import UPLOADS, ScriptActions, Step
from sim.explorer.counterexample.scenario_faults import Block, translated
from sim.explorer.counterexample.shrinking import Counterexample
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.plan import HOUR_MS, LARGEST_PAGE, SECOND_MS, ActionKind, CallFault, DirectUpload

_IMPOSSIBLE = {
    ActionKind.DEPLOY: "a deployment of the API at that moment",
    ActionKind.REMOVE_AUDIO: "audio that disappears from S3 for good",
}
_NO_CLAIM = ""


def obstacles(counterexample: Counterexample) -> list[str]:
    """What the counterexample needs and no scenario can do; empty if its script is exact."""
    plan = counterexample.plan
    replay = replay_of(plan, counterexample.decisions)
    blocks, cannot = translated(replay)
    cannot += [_IMPOSSIBLE[action.kind] for action in (*plan.actions, *plan.late) if action.kind in _IMPOSSIBLE]
    cannot += _not_nested(blocks)
    if counterexample.violation.invariant in scenario_claims.UNSEEN:
        cannot.append(scenario_claims.UNSEEN[counterexample.violation.invariant])
    elif replay.violation is None and with_other_pages(plan, counterexample.decisions):
        cannot.append("audio on more than one page of a listing: a page of S3 has 1,000 keys")
    elif replay.violation is None:
        cannot.append("seeing the violation: it lasts only from one call to the next, or leaves no trace")
    elif not cannot and depends_on_durations(plan, counterexample.decisions, replay.violation.invariant):
        cannot.append("meeting the moment: with other durations of its calls nothing is wrong")
    if any(each.title == "" and each.kind in UPLOADS for each in plan.actions):
        cannot.append("an empty title: the API takes it for none")
    if replay.loses_what_is_paid:
        cannot.append("paying twice for a transcription whose answer was lost: every scenario forbids that")
    if any(plan.skews_ms):
        cannot.append("clocks of processes that differ")
    if plan.outlives_deadline:
        cannot.append("a function that runs on after its deadline")
    if plan.batch > 1:
        cannot.append(f"a batch of {plan.batch} messages")
    if plan.page < LARGEST_PAGE:
        cannot.append(f"pages of {plan.page}: the product's have more")
    return list(dict.fromkeys(cannot))


def script_of(counterexample: Counterexample) -> str:
    """The text of the script, of a counterexample without `obstacles`."""
    replay = replay_of(counterexample.plan, counterexample.decisions)
    violation = replay.violation or counterexample.violation
    doc = [f"Found by the explorer, seed {counterexample.seed}: {violation.details}."]
    doc += ["", f"Claim: {violation.invariant}.", "", *(f"  {line}" for line in numbered_lines(counterexample))]
    return render_script(replay, f"test_seed_{counterexample.seed}", doc, violation.invariant)


def render_script(
    replay: Replay, name: str, doc: list[str], claim: str = _NO_CLAIM, ending: tuple[str, ...] = ()
) -> str:
    """A scenario with the requests, actions and faults of the replay; it asserts the claim, which is an invariant.

    `ending` stands in place of the redrive at the end.
    """
    plan, actions = replay.plan, ScriptActions(replay, claim)
    blocks, _ = translated(replay)
    body = [*_variables(actions.steps(), ending)]
    body += [f"    {line}" for line in _indented(blocks, actions.steps(), plan.faults_end_ms)]
    if any(_is_swept(action.number) for action in plan.actions if action.kind is ActionKind.DIRECT_UPLOAD):
        body += [f"    {line}" for line in scenario_claims.long_wait("hours(24)")]
    body.append("    sim.run_until(sim.everything_is_done, within=hours(14))")
    body.append("    sim.run_for(hours(2))  # pending analyses are queued again by then")
    if plan.days:
        body += [f"    {line}" for line in scenario_claims.long_wait(f"days({plan.days})")]
        body += [f"    {line}" for line in actions.late_lines()]
        body.append("    sim.run_until(sim.everything_is_done, within=hours(14))")
    body += [f"    {line}" for line in scenario_claims.at_rest(claim)]
    redrive = ["sim.operator.redrive()", "sim.run_until(sim.everything_is_done, within=hours(14))"]
    body += [f"    {line}" for line in ending or (*redrive, *_owners_retry(replay))]
    body += [f"    {line}" for line in scenario_claims.at_the_end(claim, replay.details)]
    if replay.violation is not None and replay.violation.at_ms >= 20 * HOUR_MS and "hours(24)" not in "".join(body):
        # Found by the sweep, which waits a day.
        body += [f"    {line}" for line in scenario_claims.long_wait("hours(24)")]
    return "\n".join([*_head(doc, body), f"def {name}(sim: Simulation) -> None:", *body, ""])


def _owners_retry(replay: Replay) -> list[str]:
    """A recording that OpenAI refused has no dead letter: its owner retries it, as at the end of a world."""
    kinds = [each.decided.kind for each in replay.calls if isinstance(each.decided, CallFault)]
    if FaultKind.REJECTED not in (*kinds, *(outage.kind for outage in replay.plan.outages)):
        return []
    return [
        "for each in sim.api.accepted:",
        '    if sim.api.get_memory(each.memory_id, each.tenant).json()["status"] == "failed":',
        "        assert sim.api.retry(each.memory_id, each.tenant).status_code == 202",
        "sim.run_until(sim.everything_is_done, within=hours(14))",
    ]


def _is_swept(number: int) -> bool:
    return DirectUpload.of(number) is DirectUpload.NOT_SUBMITTED


def _head(doc: list[str], body: list[str]) -> list[str]:
    text = "\n".join(body)
    names = ("Memories", "Simulation", "days", "faults", "hours", "needs", "recordings", "seconds")
    used = [each for each in names if each in ("Simulation", "needs") or each in text]
    imports = ["import httpx", ""] if "httpx" in text else []
    failing = ["from sim.scenario.operator import OperatorCommandFailed"] if "OperatorCommandFailed" in text else []
    standard = ["from contextlib import suppress"] if "suppress(" in text else []
    standard += ["from typing import Any"] if "Any]" in text else []
    return [
        *('"""' + _escaped(doc[0]), *map(_escaped, doc[1:]), '"""', ""),
        *(*standard, *([""] if standard else []), *imports, f"from sim import {', '.join(used)}", *failing, ""),
        *("pytestmark = needs.virtual_time", "", ""),
    ]


def _variables(steps: list[Step], ending: tuple[str, ...]) -> Iterator[str]:
    text = "\n".join([*(line for step in steps for line in step.lines), *ending])
    if "memories" in text.replace("list_memories", ""):
        yield "    memories: dict[int, Memories] = {}"
    if "answers[" in text:
        yield "    answers: dict[int, Any] = {}"


def _indented(blocks: list[Block], steps: list[Step], ends_ms: int) -> Iterator[str]:
    """The steps in their order, each fault as a block from its beginning to the end, or to its own end."""
    indent, now_ms = "", 0
    moments: list[tuple[int, int, Block | Step]] = [(step.at_ms, 2, step) for step in steps]
    for block in blocks:
        if block.sent is None:
            moments.append((block.begins_ms, 1, block))
        if block.ends_ms is not None:
            moments.append((block.ends_ms, 0, block))
    for at_ms, order, what in sorted(moments, key=lambda each: each[:2]):
        gap_seconds = (at_ms - now_ms) // SECOND_MS
        if gap_seconds > 0:
            yield f"{indent}sim.run_for(seconds({gap_seconds}))"
            now_ms += gap_seconds * SECOND_MS
        if isinstance(what, Step):
            yield from (f"{indent}{line}" for line in _with_own_faults(what, blocks))
        elif order == 0:
            indent = indent.removesuffix("    ")
        else:
            yield f"{indent}with sim.fault({what.fault}, allow_untriggered=True):"
            indent += "    "
    rest_hours = max(-(-(ends_ms - now_ms) // HOUR_MS), 1)
    yield f"{indent}sim.run_for(hours({rest_hours}))"


def _with_own_faults(step: Step, blocks: list[Block]) -> list[str]:
    """The lines of a request, in the block of the faults that concern it alone."""
    faults = [block.fault for block in blocks if block.sent == step.sent is not None]
    own = [f"sim.fault({fault}, allow_untriggered=True)" for fault in faults]
    if not own:
        return step.lines
    closed = ["suppress(httpx.TransportError)"] if any("faults.api" in each for each in own) else []
    return [f"with {', '.join([*closed, *own])}:", *(f"    {line}" for line in step.lines)]


def _not_nested(blocks: list[Block]) -> list[str]:
    """A block ends before one that began later: Python's blocks cannot do that."""
    ending = [block for block in blocks if block.ends_ms is not None]
    return [
        f"ending {block.fault} while {other.fault} is active"
        for block in ending
        for other in blocks
        if other.sent is None and other is not block and block.begins_ms < other.begins_ms < (block.ends_ms or 0)
    ]


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', "'''").rstrip()
