"""Clients that waste connections: they send almost nothing, or read nothing. Others are not affected."""

from sim import Simulation, faults, minutes


def test_upload_of_one_byte_a_chunk(sim: Simulation) -> None:
    """Clients upload one byte a chunk.

    Claim: While clients upload one byte a chunk, the API refuses them, keeps nothing of them, and accepts the
    recordings of others, which complete.
    """
    # Given clients that upload one byte a chunk.
    with sim.fault(faults.clients.one_byte_chunks()):
        # When others record.
        memories = sim.api.record(3)
        sim.run_until(memories.all_complete, within=minutes(5))

    # Then theirs are the only memories and the only audio.
    assert len(sim.api.list_memories("acme")) == 3
    assert len(sim.stored_audio()) == 3


def test_event_streams_that_are_never_read(sim: Simulation) -> None:
    """Clients open event streams and never read them.

    Claim: While clients hold event streams that they never read, others record, follow their memory to its end by
    an event stream of their own, and their recordings complete.
    """
    # Given clients that follow an upload which nobody submits, so that the streams stay open, and never read them.
    waiting = sim.api.begin_direct_upload().json()["id"]
    with sim.fault(faults.clients.unread_event_streams(waiting)):
        # When others record and follow.
        memories = sim.api.record(2)
        stream = sim.api.follow(memories.ids[0])
        sim.run_until(memories.all_complete, within=minutes(5))

        # Then their own stream has every status to the end, and was not refused; it connects again at the end, and
        # on a slow machine once more.
        assert stream.statuses()[-1] == "complete"
        assert stream.connections <= 3
    assert sim.api.delete(waiting).status_code == 204


def test_connections_that_send_nothing(sim: Simulation) -> None:
    """One address holds hundreds of connections and sends nothing.

    Claim: While one address holds more connections than it may have and sends nothing on them, clients of the same
    address are accepted, because the API ends silent connections for them, and their recordings complete.
    """
    # Given more silent connections than one address may have.
    with sim.fault(faults.clients.silent_connections()):
        # When others record from the same address, then their memories complete.
        memories = sim.api.record(3)
        sim.run_until(memories.all_complete, within=minutes(5))
