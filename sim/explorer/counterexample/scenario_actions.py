"""What clients, the operator and the environment do in a counterexample, as lines of a scenario."""

from collections.abc import Iterator
from dataclasses import dataclass

from sim.explorer.counterexample.replay import Replay
from sim.explorer.counterexample.scenario_claims import of_first_upload, of_other_upload, of_repeated_upload
from sim.explorer.plan.plan import Action, ActionKind, DirectUpload, Plan
from sim.explorer.runtime.ledger import TENANTS
from sim.explorer.world.clients import Sent
from sim.explorer.world.operator import REDRIVEN_REASONS

UPLOADS = frozenset({ActionKind.RECORD, ActionKind.RECORD_AGAIN, ActionKind.RECORD_OTHER, ActionKind.DIRECT_UPLOAD})
_REPEATED = frozenset({ActionKind.RECORD_AGAIN, ActionKind.RECORD_OTHER, ActionKind.REPEAT_FORM})
_SENT = UPLOADS | {ActionKind.RETRY, ActionKind.RETRY_ANALYSIS}
_OPERATOR = frozenset({ActionKind.REDRIVE_ALL, ActionKind.REDRIVE_SOME, ActionKind.PURGE})
_LARGE_BYTES = 11_000_000
"""Three parts of an upload to S3."""
_ABOUT_A_MEMORY = frozenset({ActionKind.DELETE, ActionKind.READ, ActionKind.DUPLICATE, ActionKind.REPEAT_FORM})


@dataclass(frozen=True, slots=True)
class Step:
    """What the script does at one moment."""

    at_ms: int
    lines: list[str]
    sent: int | None = None
    """The request, by its place in `Replay.sent`."""


class ScriptActions:
    """The actions of one counterexample; `claim` is the violated invariant, which some lines assert."""

    def __init__(self, replay: Replay, claim: str) -> None:
        self._plan = replay.plan
        self._sent = replay.sent
        self._claim = claim
        self._actions = {action.number: action for action in (*replay.plan.actions, *replay.plan.late)}
        self._first = _first_actions(replay.plan)
        self._faulty = {
            replay.sent[call.sent].number for call in replay.calls if call.sent is not None and call.decided is not None
        }
        """Actions with a request in which a call failed."""
        outages = {outage.port for outage in replay.plan.outages}
        failed = any(call.role == "operator" and call.decided is not None for call in replay.calls)
        self._operator_fails = failed or not outages.isdisjoint(("sqs", "memories"))

    def steps(self) -> list[Step]:
        """Everything before the days that pass, in order."""
        requests = [
            Step(each.at_ms, self._lines_of_request(place, each), place)
            for place, each in enumerate(self._sent)
            if self._actions[each.number] not in self._plan.late
        ]
        others = [Step(each.at_ms, self._lines_of(each)) for each in self._plan.actions if each.kind not in _SENT]
        return sorted(requests + others, key=lambda step: step.at_ms)

    def late_lines(self) -> Iterator[str]:
        for action in self._plan.late:
            if action.kind in _SENT:
                places = [place for place, each in enumerate(self._sent) if each.number == action.number]
                for place in places:
                    yield from self._lines_of_request(place, self._sent[place])
            else:
                yield from self._lines_of(action)

    # requests that are repeated until they are answered

    def _lines_of_request(self, place: int, sent: Sent) -> list[str]:
        action = self._actions[sent.number]
        if sent.what == "retry":
            ask = "retry" if action.kind is ActionKind.RETRY else "request_analysis"
            return [f"sim.api.{ask}({self._memory_id(action)}{self._tenant(action)})"]
        if sent.what == "begin":
            return self._begin(place, action)
        if sent.what == "submit" and not self._is_written_out(action):
            return []  # the line that records it has submitted it
        if sent.what == "submit":
            begun = f'{self._variable(action)}.json()["id"]'
            return [f"sim.api.submit({begun}{self._tenant(action)})"]
        return self._upload(place, action)

    def _upload(self, place: int, action: Action) -> list[str]:
        take = self._take(action)
        if action.kind is ActionKind.RECORD_OTHER:
            other = f"other_{action.number}"
            described = self._described(action, action)
            take = f"recordings.pick({action.recording + 9}, seed=1)[{action.recording + 8}].data"
            return [f"{other} = sim.api.upload({take}{described})", *of_other_upload(self._claim, other)]
        first = self._first[action.recording]
        described = self._described(first, first)
        if not self._is_written_out(action):
            title = _arguments(("tenant", TENANTS[first.tenant]), ("title", first.title))
            return [f"memories[{action.recording}] = sim.api.record(1{title})"]
        variable = self._variable(action)
        lines = [f"{variable} = sim.api.upload({take}{described})"]
        if variable != self._answer(action):
            if first.key and self._is_known_before(place):
                lines += of_repeated_upload(self._claim, variable, self._answer(action))
        elif not any(each.kind is ActionKind.RECORD_OTHER for each in self._actions.values()):
            lines += of_first_upload(self._claim, variable)
        return lines

    def _begin(self, place: int, action: Action) -> list[str]:
        first = self._first[action.recording]
        if not self._is_written_out(action):
            return [f"memories[{action.recording}] = sim.api.record_by_direct_upload(1{self._tenant(first)})"]
        variable = self._variable(action)
        lines = [f'{variable} = sim.api.begin_direct_upload("audio/wav"{self._described(first, first)})']
        repeated = [each.what for each in self._sent[place + 1 :] if each.number == action.number][:1] == ["begin"]
        if repeated:
            return lines
        non_audio = DirectUpload.of(action.number) is DirectUpload.NON_AUDIO
        content = 'b"GIF89a, and no sound at all in it"' if non_audio else self._take(action)
        return [*lines, f"sim.api.upload_to_s3({variable}, {content})"]

    # everything else

    def _lines_of(self, action: Action) -> list[str]:
        number, kind = action.recording, action.kind
        if kind in _ABOUT_A_MEMORY and not self._is_known_at(action):
            return []
        refused = ".status_code == 404" if not self._database_fails() else ".status_code in (404, 503)"
        other = f", tenant={TENANTS[1 - self._owner(action)]!r}"
        match kind:
            case ActionKind.REPEAT_FORM:
                return [f"sim.api.upload_to_s3({self._answer(action)}, recordings.silence())"]
            case ActionKind.DELETE:
                return [
                    f"assert sim.api.delete({self._memory_id(action)}{other}){refused}",
                    f"sim.api.delete({self._memory_id(action)}{self._tenant(action)})",
                ]
            case ActionKind.READ:
                return [f"assert sim.api.get_memory({self._memory_id(action)}{other}){refused}"]
            case ActionKind.LIST:
                return [f"sim.api.list_memories({TENANTS[self._owner(action)]!r})"]
            case ActionKind.DUPLICATE if self._is_written_out(self._first[number]):
                known = f"each.memory_id == {self._memory_id(action)}"
                return [
                    f"uploaded = [each for each in sim.api.accepted if {known}]",
                    "sim.queue.redeliver(Memories(sim.api, uploaded))",
                ]
            case ActionKind.DUPLICATE:
                return [f"sim.queue.redeliver(memories[{number}])"]
            case _:
                return self._lines_without_memory(kind)

    def _lines_without_memory(self, kind: ActionKind) -> list[str]:
        lines = _lines_without_memory(kind)
        if kind in _OPERATOR and self._operator_fails:
            return ["with suppress(OperatorCommandFailed):", *(f"    {line}" for line in lines)]
        return lines

    def _database_fails(self) -> bool:
        return any(outage.port == "memories" for outage in self._plan.outages)

    # of one recording

    def _is_written_out(self, action: Action) -> bool:
        """Whether each request about its recording is written out: `Memories` are recorded once and without a key."""
        first = self._first[action.recording]
        mine = [each for each in self._actions.values() if each.recording == action.recording]
        uploads = [each for each in mine if each.kind in UPLOADS]
        sent = [each for each in self._sent if self._actions[each.number] in uploads and each.what != "submit"]
        fails = any(outage.port in ("memories", "s3") for outage in self._plan.outages)
        refused = any(each.known is False and each.what == "upload" for each in sent)
        refused = refused or any(self._actions[number] in uploads for number in self._faulty)
        special = first.key or first.large or len(sent) > 1 or refused
        if first.kind is ActionKind.DIRECT_UPLOAD:
            special = special or first.title is not None
            special = special or DirectUpload.of(first.number) is not DirectUpload.SUBMITTED
        return special or fails or any(each.kind in _REPEATED for each in mine)

    def _is_known_before(self, place: int) -> bool:
        recording = self._actions[self._sent[place].number].recording
        return any(each.known for each in self._sent[:place] if self._actions[each.number].recording == recording)

    def _is_known_at(self, action: Action) -> bool:
        """Whether its client knows a memory, or at least a form, when the action begins."""
        before = [
            each
            for each in self._sent
            if self._actions[each.number].recording == action.recording
            and (action in self._plan.late or each.at_ms <= action.at_ms)
        ]
        wanted = ("begin",) if action.kind is ActionKind.REPEAT_FORM else ()
        return any(each.known or each.what in wanted for each in before)

    def _owner(self, action: Action) -> int:
        return self._first.get(action.recording, action).tenant

    def _tenant(self, action: Action) -> str:
        return f", tenant={TENANTS[self._owner(action)]!r}"

    def _answer(self, action: Action) -> str:
        return f"answers[{action.recording}]"

    def _variable(self, action: Action) -> str:
        first = self._first[action.recording]
        return self._answer(action) if action.number == first.number else f"again_{action.number}"

    def _memory_id(self, action: Action) -> str:
        if self._is_written_out(self._first[action.recording]):
            return f'{self._answer(action)}.json()["id"]'
        return f"memories[{action.recording}].ids[0]"

    def _take(self, action: Action) -> str:
        first = self._first[action.recording]
        if first.large:
            name = 'recordings.by_name("dentist-reminder")'
            return f"recordings.enlarged({name}, {_LARGE_BYTES + action.recording:_})"
        return f"recordings.pick({action.recording + 1}, seed=1)[{action.recording}].data"

    def _described(self, titled: Action, owner: Action) -> str:
        # As `make_recording`: two tenants may choose the same key.
        key = f"key-{owner.recording - owner.tenant}" if owner.key else None
        return _arguments(("tenant", TENANTS[owner.tenant]), ("title", titled.title), ("idempotency_key", key))


def _first_actions(plan: Plan) -> dict[int, Action]:
    """By recording: the action that came first decides about its tenant, title and key (`ApiClients._recording`)."""
    first: dict[int, Action] = {}
    for action in (*sorted(plan.actions, key=lambda each: each.at_ms), *plan.late):
        if action.kind is not ActionKind.RECORD_OTHER:
            first.setdefault(action.recording, action)
    for action in (*plan.actions, *plan.late):
        first.setdefault(action.recording, action)
    return first


def _arguments(*pairs: tuple[str, str | None]) -> str:
    return "".join(f", {name}={value!r}" for name, value in pairs if value is not None)


def _lines_without_memory(kind: ActionKind) -> list[str]:
    match kind:
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
