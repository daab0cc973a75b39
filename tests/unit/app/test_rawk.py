"""RAWK's instance of `App`: complete, consistent with the product, and of the current protocol."""

import inspect
import json
from typing import get_args

import pytest

from rawk.domain.memory import Status
from sim.app import APP, ApiStep, App, Commit, WorkerStep
from sim.app.protocol import PROTOCOL_VERSION, InvalidApiKeys, RowChange
from sim.app.rawk.observed_tables import STATES
from sim.conservation import Deletion, State


def test_it_has_every_member_of_the_current_protocol() -> None:
    members = [name for name, _ in inspect.getmembers(App) if not name.startswith("_")]
    assert [name for name in members if not hasattr(APP, name)] == []
    assert APP.protocol_version == PROTOCOL_VERSION


def test_its_steps_are_those_that_faults_accept() -> None:
    assert tuple(APP.database.commits) == get_args(Commit)
    assert tuple(APP.api_steps) == get_args(ApiStep)
    assert tuple(APP.worker_steps) == get_args(WorkerStep)


@pytest.mark.parametrize("name", [*get_args(ApiStep), *get_args(WorkerStep)])
def test_each_step_is_a_commit_or_a_call(name: str) -> None:
    step = {**APP.api_steps, **APP.worker_steps}[name]
    assert (step.commit is None) == bool(step.call)
    assert step.commit is None or step.commit in APP.database.commits


def test_a_message_names_its_subject() -> None:
    assert APP.subject_of(APP.message_body("a-memory", "a-correlation")) == "a-memory"


@pytest.mark.parametrize("body", ["", "not JSON", "[]", "{}", '{"memory_id": null}', '{"memory_id": 1}'])
def test_other_messages_name_none(body: str) -> None:
    assert APP.subject_of(body) is None


def test_api_keys_are_read_as_the_product_reads_them() -> None:
    assert APP.read_api_keys(json.dumps({"key": "acme"})) == {"key": "acme"}


@pytest.mark.parametrize("keys_json", ["not JSON", "[]", '{"key": ""}'])
def test_invalid_api_keys_are_refused(keys_json: str) -> None:
    with pytest.raises(InvalidApiKeys, match="API keys"):
        APP.read_api_keys(keys_json)


def test_a_status_never_goes_back() -> None:
    assert ("queued", "processing") in APP.allowed_status_steps
    assert ("complete", "queued") not in APP.allowed_status_steps


def test_what_a_transaction_says_about_a_memory() -> None:
    row = {"id": "m", "tenant": "acme", "status": "queued", "audio_key": "audio/acme/m", "billed_seconds": 0}
    processing = {**row, "status": "processing"}

    upload = APP.commit_of(
        1.0, [RowChange("memories", "inserted", row), RowChange("outbox", "inserted", {"memory_id": "m"})]
    )
    claim = APP.commit_of(2.0, [RowChange("memories", "updated", row), RowChange("memories", "updated", processing)])
    deletion = APP.commit_of(
        3.0,
        [
            RowChange("memories", "deleted", row),
            RowChange("outbox", "deleted", {"memory_id": "m"}),
            RowChange("deleted_memories", "inserted", {"memory_id": "m"}),
        ],
    )

    assert [(each.subject, each.state, each.audio_tenant) for each in upload.rows] == [("m", State.UNFINISHED, "acme")]
    assert (upload.queued, upload.sent) == (("m",), ())
    assert [each.status for each in claim.rows] == ["processing"]
    assert (deletion.rows, deletion.deleted, deletion.sent) == ((), (Deletion("m", by_owner=True),), ("m",))
    assert APP.commit_of(4.0, [RowChange("memories", "deleted", row)]).deleted == (Deletion("m", by_owner=False),)


def test_every_status_of_a_memory_is_a_state() -> None:
    assert set(STATES) == set(Status)


def test_nothing_that_was_said_is_recorded() -> None:
    recorded = {column for table in APP.observed_tables for column in table.columns}
    assert recorded & {"title", "transcript", "analysis", "failure_detail"} == set()
