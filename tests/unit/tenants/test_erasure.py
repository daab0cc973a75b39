"""`rawk tenant erase`: nothing of the tenant is left, whenever it is interrupted, and nothing of another is touched."""

from collections import Counter

import pytest

from rawk.domain.errors import DatabaseUnavailable, StorageUnavailable
from rawk.domain.memory import NewMemory, Status
from rawk.use_cases.processing import Acknowledged
from rawk.use_cases.recovery import BATCH
from rawk.use_cases.tenants import Erased
from tests.unit.tenants.world import OTHER, OURS, Interruption, TenantWorld
from tests.unit.use_cases.pipeline import Killed

MOST = 100
NOTHING = {"memories": {}, "outbox": set(), "audio": set(), "dead letters": set(), "users": set(), "keys": set()}


def calls_of_an_erasure() -> int:
    interruption = Interruption()
    list(TenantWorld().erasure(interruption).erase(OURS, MOST))
    return interruption.calls


def test_nothing_is_left_and_the_other_tenant_is_untouched(world):
    before = world.left_of(OTHER)

    erased = Counter(world.erasure().erase(OURS, MOST))

    assert world.left_of(OURS) == NOTHING
    assert world.left_of(OTHER) == before
    # The deletion removes the audio of memories, so that only that of no memory is left.
    assert erased == {Erased.USER: 2, Erased.KEY: 2, Erased.MEMORY: 5, Erased.DEAD_LETTER: 2, Erased.AUDIO: 1}


def test_callers_of_the_tenant_only_are_ended_and_others_keep_their_other_tenants(world):
    list(world.erasure().erase(OURS, MOST))

    assert [(user.name, user.tenants, user.disabled_at is None) for user in world.callers.list_users()] == [
        ("both", (OTHER,), True),
        ("ours", (), False),
        ("theirs", (OTHER,), True),
    ]
    assert [(key.id, key.tenants, key.revoked_at is None) for key in world.callers.list_keys()] == [
        ("key-both", (OTHER,), True),
        ("key-ours", (), False),
        ("key-theirs", (OTHER,), True),
    ]


def test_a_job_in_the_queue_finds_its_memory_deleted(world):
    list(world.erasure().erase(OURS, MOST))

    assert world.pipeline.drain() == [Acknowledged()] * 2
    assert world.pipeline.memory(world.ids[OTHER, "queued"]).status is Status.COMPLETE
    assert world.left_of(OURS) == NOTHING


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
def test_an_erasure_that_is_interrupted_at_any_call_is_repeated(after_effect):
    for at_call in range(1, calls_of_an_erasure() + 1):
        world = TenantWorld()
        before = world.left_of(OTHER)
        with pytest.raises(Killed):
            list(world.erasure(Interruption(at_call, after_effect)).erase(OURS, MOST))
        world.pipeline.clock.sleep(60)  # dead letters that it held are visible again

        list(world.erasure().erase(OURS, MOST))

        assert world.left_of(OURS) == NOTHING, at_call
        assert world.left_of(OTHER) == before, at_call
        assert list(world.erasure().erase(OURS, MOST)) == []


def test_what_a_memory_refers_to_is_no_rest_of_an_upload(world):
    """A key of the configuration records while the tenant is erased."""
    erasing = world.erasure().erase(OURS, MOST)
    while next(erasing) is not Erased.DEAD_LETTER:
        pass
    memory_id = world.pipeline.record(tenant=OURS)
    list(erasing)

    assert set(world.left_of(OURS)["memories"]) == {memory_id}
    assert world.left_of(OURS)["audio"] == {f"audio/{OURS}/{memory_id}"}

    list(world.erasure().erase(OURS, MOST))
    assert world.left_of(OURS) == NOTHING


def test_a_memory_that_its_owner_deletes_meanwhile_is_not_counted(world):
    erasing = world.erasure().erase(OURS, MOST)
    while next(erasing) is not Erased.MEMORY:
        pass
    world.pipeline.memories.delete(OURS, world.ids[OURS, "complete"], world.pipeline.clock.now())

    assert Counter(erasing)[Erased.MEMORY] == 3
    assert world.left_of(OURS) == NOTHING


def test_more_memories_and_objects_than_a_page_are_erased(world):
    now = world.pipeline.clock.now()
    for number in range(2 * BATCH + 1):
        memory_id, audio = world.pipeline.randomness.new_id(), f"audio/{OURS}/many-{number}"
        world.pipeline.memories.accept(NewMemory(memory_id, OURS, audio, "audio/wav", 1, "d", "c"), now, now)
        world.pipeline.audio.put(f"incoming/{OURS}/{number}", b"R", "audio/wav")
    before = world.left_of(OTHER)

    erased = Counter(world.erasure().erase(OURS, MOST))

    assert erased[Erased.MEMORY] == 5 + 2 * BATCH + 1
    assert erased[Erased.AUDIO] == 1 + 2 * BATCH + 1
    assert (world.left_of(OURS), world.left_of(OTHER)) == (NOTHING, before)


# the command


def test_without_yes_the_command_says_what_there_is_and_changes_nothing(rawk, world):
    before = world.left_of(OURS), world.left_of(OTHER)

    code, output, errors = rawk("erase", OURS)

    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        "memories:       5: uploading 1, queued 1, complete 2, failed 1",
        "audio objects:  6",
        "dead letters:   2",
        "users:          ours to be disabled; both to stand for their other tenants only",
        "keys:           key-ours to be revoked; key-both to stand for their other tenants only",
        "nothing was changed; add --yes to erase all of it for good",
    ]
    assert (world.left_of(OURS), world.left_of(OTHER)) == before


def test_with_yes_the_command_says_what_it_erased_and_what_remains(rawk, world):
    code, output, errors = rawk("erase", OURS, "--yes")

    assert (code, errors) == (0, "")
    assert output.startswith("erased: users 2, keys 2, memories 5, dead letters 2, audio objects 1\nremains")
    for rest in ("tombstones", "SQS", "log", "backups", f"remove {OURS} from API_KEYS_JSON"):
        assert rest in output
    assert world.left_of(OURS) == NOTHING


@pytest.mark.parametrize("options", [(), ("--yes",)])
@pytest.mark.parametrize("tenant", ["nobody", "acm", "ACME", "acme-", "acme-22"])
def test_a_tenant_that_does_not_exist_is_said_to_have_nothing(rawk, world, tenant, options):
    before = world.left_of(OURS), world.left_of(OTHER)

    code, output, _ = rawk("erase", tenant, *options)

    assert code == 0
    assert f"nothing of the tenant {tenant} " in output
    assert (world.left_of(OURS), world.left_of(OTHER)) == before


@pytest.mark.parametrize("tenant", ["", "..", "../acme", "acme/x", "*", "a" * 65, "acme\n"])
def test_what_is_no_name_of_a_tenant_is_an_invalid_command(rawk, world, tenant):
    before = world.left_of(OURS)

    assert rawk("erase", tenant, "--yes")[0] == 2
    assert rawk("export", tenant, "--to", "x")[0] == 2
    assert world.left_of(OURS) == before


@pytest.mark.parametrize("failure", [StorageUnavailable("S3 is down"), DatabaseUnavailable("Postgres is down")])
def test_a_command_that_fails_says_what_it_has_erased(rawk, world, monkeypatch, failure):
    def fail(*_):
        raise failure

    monkeypatch.setattr(world.pipeline.audio, "of_tenant", fail)

    code, output, errors = rawk("erase", OURS, "--yes")

    assert code == 1
    assert output == "erased: users 2, keys 2, memories 5, dead letters 2, audio objects 0\n"
    assert errors == f"rawk: {type(failure).__name__}: {failure}\n"


def test_audio_that_outlasts_its_memory_is_erased_by_the_next_command(rawk, world, monkeypatch):
    def fail(key):
        raise StorageUnavailable(f"S3 cannot delete {key}")

    with monkeypatch.context() as outage:
        outage.setattr(world.pipeline.audio, "delete", fail)
        assert rawk("erase", OURS, "--yes")[0] == 1
    assert world.left_of(OURS)["memories"] == {}
    assert len(world.left_of(OURS)["audio"]) == 6

    assert "audio objects 6" in rawk("erase", OURS, "--yes")[1]
    assert world.left_of(OURS) == NOTHING


def test_progress_is_printed_each_hundred(rawk, world):
    now = world.pipeline.clock.now()
    for number in range(2 * BATCH - 5):
        memory_id, audio = world.pipeline.randomness.new_id(), f"audio/{OURS}/many-{number}"
        world.pipeline.memories.accept(NewMemory(memory_id, OURS, audio, "audio/wav", 1, "d", "c"), now, now)

    assert rawk("erase", OURS, "--yes")[2] == "rawk: 100 memories erased\nrawk: 200 memories erased\n"
