"""What happens around the product: deployments, poison, duplicated messages, audio that disappears."""

from typing import TYPE_CHECKING

from rawk.domain.messages import Job, encode
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.plan.plan import Action
from sim.explorer.runtime.ledger import Recording

if TYPE_CHECKING:
    from sim.explorer.world.world import World

LONGEST_QUEUED_DAYS = 18
"""No message is older than that: 4 days in the jobs queue, 14 in the dead-letter queue."""
_UNKNOWN_MEMORY = "ffffffff-0000-4000-8000-000000000000"
_POISON: tuple[str, ...] = (
    "not JSON",
    '{"version": 2, "type": "process_memory"}',
    '{"version": 1, "type": "dance"}',
    "[]",
    encode(Job(_UNKNOWN_MEMORY, "corr-1")),
    '{"version": 1, "type": "process_memory", "memory_id": 7, "correlation_id": "c"}',
)


def deploy(world: "World", action: Action) -> None:
    """A new version of the API: running requests are cut off. Running workers continue, as on Lambda."""
    del action
    for actor in world.clients.served:
        if actor.kind == "api":
            actor.killed = True
            if isinstance(actor.subject, Recording) and actor.subject.open_uploads:
                world.coverage.reach(CoveragePoint.DEPLOY_KILLED_UPLOAD)


def send_poison(world: "World", action: Action) -> None:
    """A message that is no job of ours."""
    message_id = world.jobs.send(_POISON[action.number % len(_POISON)])
    world.message_names.name(message_id, f"poison {action.number + 1}")
    world.event_source_mapping.poll_soon()


def duplicate_job(world: "World", action: Action) -> None:
    """The job of a memory is in the queue a second time."""
    recording = world.ledger.recordings.get(action.recording)
    if recording is not None and recording.memory_ids and world.plan.days < LONGEST_QUEUED_DAYS:
        memory_id = recording.memory_ids[0]
        message_id = world.jobs.send(encode(Job(memory_id, "corr-1")))
        world.message_names.name(message_id, f"{world.ledger.label(memory_id)}, duplicate {action.number + 1}")
        world.event_source_mapping.poll_soon()


def remove_audio(world: "World", action: Action) -> None:
    """The audio of a memory disappears from S3. Audio that is still being uploaded cannot be removed."""
    recording = world.ledger.recordings.get(action.recording)
    for memory_id in recording.memory_ids if recording is not None else ():
        row = world.store.rows.get(memory_id)
        if row is not None and recording is not None:
            recording.audio_removed = True
            world.audio.objects.pop(row.memory.audio_key, None)
