"""What RAWK promises about every recording, read from the database, the store and the queues themselves."""

from itertools import pairwise
from typing import TYPE_CHECKING

from sim.app import APP
from sim.invariants.violation import InvariantViolated

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

RESTING = {"complete", "transcript_only", "failed"}


def nothing_lost(sim: "Simulation") -> None:
    """Every recording the API said yes to is in the database, its audio in the store, and it ended as it should.

    The end is complete, transcript-only with a state that says why, or failed with a reason; and whatever
    transcript there is holds the words that were spoken in that very recording.
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
            raise InvariantViolated(f"nothing is lost: the audio of memory {accepted.memory_id} is not in the store")
        if memory["status"] not in RESTING:
            raise InvariantViolated(f"nothing is lost: memory {accepted.memory_id} stayed {memory['status']}")
        if memory["status"] == "failed" and not memory["failure_reason"]:
            raise InvariantViolated(f"nothing is lost: memory {accepted.memory_id} failed without a reason")
        if memory["status"] != "failed" and accepted.transcript not in (None, memory["transcript"]):
            raise InvariantViolated(
                f"nothing is lost: memory {accepted.memory_id} holds the words of another recording: "
                f"{memory['transcript']!r} instead of {accepted.transcript!r}"
            )


def no_transcript_erased(sim: "Simulation") -> None:
    """A memory that ever had a transcript still has it."""
    memories = sim.pipeline.ledger.memories()
    for step in sim.pipeline.ledger.steps():
        had_one = step.status in {"transcript_only", "complete"}
        if had_one and memories[step.memory_id]["transcript"] is None:
            raise InvariantViolated(f"no transcript is erased: memory {step.memory_id} was {step.status} and has none")


def status_never_went_back(sim: "Simulation") -> None:
    """Status only moves forward; out of `failed` leads only a redrive or a retry."""
    for earlier, later in pairwise(sim.pipeline.ledger.steps()):
        step = earlier.status, later.status
        if earlier.memory_id == later.memory_id and step not in APP.allowed_status_steps:
            raise InvariantViolated(
                f"status never goes back: memory {later.memory_id} went from {earlier.status} to {later.status}"
            )


def tenants_see_only_their_own(sim: "Simulation") -> None:
    """No list holds another tenant's memory, and another's id is not found."""
    for tenant in sim.api.tenants:
        seen = {memory["id"] for memory in sim.api.listed(tenant)}
        others = [each for each in sim.api.accepted if each.tenant != tenant]
        strangers = seen & {each.memory_id for each in others}
        if strangers:
            raise InvariantViolated(f"tenants see only their own: {tenant} was listed {sorted(strangers)}")
        for each in others[:3]:
            status_code = sim.api.memory(each.memory_id, tenant).status_code
            if status_code != 404:
                raise InvariantViolated(f"tenants see only their own: {tenant} got {status_code} for another's memory")


def no_secret_in_a_log(sim: "Simulation") -> None:
    """Neither a key nor the database's password nor a transcript stands in anything that a process wrote."""
    secrets = {"the OpenAI key": sim.pipeline.credentials.openai_api_key, "the database URL": sim.pipeline.database_url}
    secrets |= {f"{tenant}'s API key": key for tenant, key in sim.pipeline.credentials.tenant_keys.items()}
    secrets |= {f"the transcript of {each.memory_id}": each.transcript for each in sim.api.accepted if each.transcript}
    for process, text in sim.pipeline.logs().items():
        for what, secret in secrets.items():
            if secret in text:
                raise InvariantViolated(f"no secret is in a log: {what} stands in the {process}'s")


def no_unexpected_denial(sim: "Simulation") -> None:
    """IAM refused nobody anything, but for what the scenario took away or tried on purpose."""
    unexpected = [
        each for each in sim.pipeline.roles.refused() if (each.role, each.action) not in sim.pipeline.roles.expected
    ]
    if unexpected:
        told = "; ".join(f"the {each.role} {each.action} on {each.resource} ({each.times})" for each in unexpected)
        raise InvariantViolated(f"nobody is refused by IAM what the scenario does not expect: {told}")


def at_rest(sim: "Simulation") -> None:
    """Nothing is left to do: jobs queue and outbox empty, no lease held, each dead letter belongs to a failed memory.

    Poison that the scenario itself sent is where it belongs.
    """
    jobs = sim.pipeline.queues.jobs()
    if jobs.total:
        raise InvariantViolated(f"at rest: the jobs queue still holds {jobs}")
    if count := sim.pipeline.ledger.outbox_count():
        raise InvariantViolated(f"at rest: the outbox still holds {count} rows")
    if leases := sim.pipeline.ledger.leases():
        raise InvariantViolated(f"at rest: leases are still held on {leases}")
    failed = sum(memory["status"] == "failed" for memory in sim.pipeline.ledger.memories().values())
    poison = sim.queue.poison_sent
    dead_letters = sim.pipeline.queues.dead_letters().total
    if dead_letters != failed + poison:
        raise InvariantViolated(
            f"at rest: {dead_letters} dead letters, but {failed} failed memories and {poison} poison messages"
        )
