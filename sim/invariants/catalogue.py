"""The invariants of every recording, checked in the database, in S3, in the queues and in the logs."""

from itertools import pairwise
from typing import TYPE_CHECKING

from sim.app import APP
from sim.invariants.secret_pieces import Search
from sim.invariants.sought import sought_in
from sim.invariants.violation import InvariantViolated, Numbers

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

FINAL_STATUSES = {"complete", "transcript_only", "failed"}


def nothing_lost(sim: "Simulation") -> Numbers:
    """Every accepted recording is in the database, its audio is in S3, and its status is final.

    Final are `complete`, `transcript_only` and `failed` with a reason. A transcript, if there is one, is word for word
    that of the memory's own recording.
    """
    memories = sim.pipeline.ledger.memories()
    audio = sim.pipeline.audio.keys()
    for accepted in sim.api.accepted:
        memory = memories.get(accepted.memory_id)
        if memory is None:
            raise InvariantViolated(
                f"nothing is lost: memory {accepted.memory_id} was accepted and is not in the database"
            )
        if memory["audio_key"] not in audio:
            raise InvariantViolated(f"nothing is lost: the audio of memory {accepted.memory_id} is not in S3")
        if memory["status"] not in FINAL_STATUSES:
            raise InvariantViolated(f"nothing is lost: memory {accepted.memory_id} stayed {memory['status']}")
        if memory["status"] == "failed" and not memory["failure_reason"]:
            raise InvariantViolated(f"nothing is lost: memory {accepted.memory_id} failed without a reason")
        if memory["status"] != "failed" and accepted.transcript not in (None, memory["transcript"]):
            raise InvariantViolated(
                f"nothing is lost: memory {accepted.memory_id} has the transcript of another recording"
            )
    return {"recordings accepted": len(sim.api.accepted), "objects in S3": len(audio)}


def no_transcript_erased(sim: "Simulation") -> Numbers:
    """A memory that once had a transcript still has it."""
    memories = sim.pipeline.ledger.memories()
    had_one = [step for step in sim.pipeline.ledger.steps() if step.status in {"transcript_only", "complete"}]
    for step in had_one:
        if memories[step.memory_id]["transcript"] is None:
            raise InvariantViolated(f"no transcript is erased: memory {step.memory_id} was {step.status} and has none")
    return {"memories that had a transcript": len({step.memory_id for step in had_one})}


def status_never_went_back(sim: "Simulation") -> Numbers:
    """A memory's status only moves forward. Only a redrive or a retry leaves `failed`."""
    steps = sim.pipeline.ledger.steps()
    for earlier, later in pairwise(steps):
        step = earlier.status, later.status
        if earlier.memory_id == later.memory_id and step not in APP.allowed_status_steps:
            raise InvariantViolated(
                f"status never goes back: memory {later.memory_id} went from {earlier.status} to {later.status}"
            )
    return {"statuses": len(steps)}


def tenants_see_only_their_own(sim: "Simulation") -> Numbers:
    """No tenant's list contains another tenant's memory, and a request for one is answered 404."""
    requests = 0
    for tenant in sim.api.tenants:
        seen = {memory["id"] for memory in sim.api.list_memories(tenant)}
        others = [each for each in sim.api.accepted if each.tenant != tenant]
        foreign = seen & {each.memory_id for each in others}
        if foreign:
            raise InvariantViolated(f"tenants see only their own: the list of {tenant} contains {sorted(foreign)}")
        for each in others[:3]:
            requests += 1
            status_code = sim.api.get_memory(each.memory_id, tenant).status_code
            if status_code != 404:
                raise InvariantViolated(
                    f"tenants see only their own: {tenant} got {status_code} for the memory of another tenant"
                )
    return {"tenants": len(sim.api.tenants), "requests for memories of others": requests}


def no_secret_in_a_log(sim: "Simulation") -> Numbers:
    """No output of any process has a piece of a secret or of what a person said, at any level, in any form.

    Secrets are the API keys, the OpenAI key, the database URL with its password, the keys that sign tokens, the secret
    keys of AWS sessions, users' passwords, and all that gives access by itself: presigned requests, bearer tokens.
    What a person said is the transcript, and what was made of it: its title and its summary.
    """
    sought = sought_in(sim)
    search = Search(sought)
    logs = sim.pipeline.logs()
    for process, text in logs.items():
        if pieces := search.found_in(text):
            raise InvariantViolated(
                f"no secret is in a log: the log of the {process} contains a piece of {', '.join(pieces)}"
            )
    return {"logs": len(logs), "characters": sum(map(len, logs.values())), "secrets": len(sought)}


def no_unexpected_denial(sim: "Simulation") -> Numbers:
    """IAM denied no call, except those that the scenario provoked."""
    refused = sim.pipeline.roles.refused()
    unexpected = [each for each in refused if (each.role, each.action) not in sim.pipeline.roles.expected]
    if unexpected:
        denials = "; ".join(f"the {each.role} {each.action} on {each.resource} ({each.times})" for each in unexpected)
        raise InvariantViolated(f"IAM denies only what the scenario expects: {denials}")
    return {"expected denials": sum(each.times for each in refused)}


def at_rest(sim: "Simulation") -> Numbers:
    """Nothing is left to do: the jobs queue and the outbox are empty, and no memory has a lease.

    The dead-letter queue contains one message for each failed memory that an operator can mend and each poison message
    of the scenario. A memory whose own recording is at fault has failed, and has none.
    """
    jobs = sim.pipeline.queues.jobs()
    if jobs.total:
        raise InvariantViolated(f"at rest: the jobs queue still contains {jobs}")
    if count := sim.pipeline.ledger.outbox_count():
        raise InvariantViolated(f"at rest: the outbox still contains {count} rows")
    if leases := sim.pipeline.ledger.leases():
        raise InvariantViolated(f"at rest: these memories still have a lease: {leases}")
    reasons = [each["failure_reason"] for each in sim.pipeline.ledger.memories().values() if each["status"] == "failed"]
    failed = sum(reason not in APP.subject_faults for reason in reasons)
    poison = sim.queue.poison_sent
    dead_letters = sim.pipeline.queues.dead_letters().total
    if dead_letters != failed + poison:
        raise InvariantViolated(
            f"at rest: {dead_letters} dead letters, but {failed} failed memories that an operator can mend "
            f"and {poison} poison messages"
        )
    return {"jobs": jobs.total, "rows in the outbox": count, "leases": len(leases), "dead letters": dead_letters}
