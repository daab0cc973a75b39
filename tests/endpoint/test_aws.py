"""The aws engine on an emulator that it does not know to be one: all it is told is AWS_ENDPOINT_URL.

What is deployed is made by `terraform apply`, with short limits; the API is started beside it, as it would be on
a machine of somebody's. The engine finds all of it by Terraform's outputs, `--api-url` and AWS's API alone.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sim.engines.aws.deployment import PLAYING_LOCK
from sim.engines.base.running_pipeline import RunningPipeline
from sim.engines.embedded.engine import EmbeddedWorld
from sim.journal.journal import Journal
from sim.provisioning.clients import Clients
from sim.provisioning.terraform import Terraform, find_terraform
from sim.report.run_record import RunRecord, read_run

from .playing import ROOT, play

SCENARIOS = (
    "everyday/test_one_recording.py",
    "openai/test_server_errors.py",
    "operations/test_redrive_selective.py",
    "operations/test_redrive_twice.py",
    "clients/test_two_tenants.py",
    "queue/test_duplicates.py::test_duplicate_delivery_after_completion",
    "queue/test_poison.py",
    "worker/test_throttled_worker.py::test_throttled_for_twenty_seconds",
)
"""OpenAI's faults, poison, duplicates, redrive, throttling: what real AWS allows."""
SKIPPED = (
    "storage/test_object_missing.py",
    "openai/test_rate_limit.py::test_short_rate_limit_is_waited_out",
)
ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWorld]:
    find_terraform()  # without one these tests fail, and say so
    with EmbeddedWorld(
        tmp_path_factory.mktemp("deployed"), "short_timeouts", say=print, with_terraform=True
    ) as running:
        yield running


@pytest.fixture(scope="module")
def deployed(world: EmbeddedWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPipeline]:
    running = world.pipeline("deployed", Journal(tmp_path_factory.mktemp("journal") / "journal.jsonl"), seed=1)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def outputs(world: EmbeddedWorld, deployed: RunningPipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `terraform output -json` prints, in a file; with the simulator as the switch in Terraform would tell it."""
    told = json.loads(Terraform(world.terraform_folder("deployed")).run("output", "-json"))
    assert told["api"]["value"] == {"kind": "none"}, "the topology core has no home for an API"
    clients = Clients.of(world.session, world.endpoint_url)
    key = clients.secretsmanager.create_secret(
        Name="deployed/openai-simulator-key", SecretString=deployed.credentials.openai_api_key
    )
    told["openai_simulator"]["value"] = {"url": deployed.openai.server.url, "key_secret_id": key["ARN"]}
    file = tmp_path_factory.mktemp("outputs") / "outputs.json"
    file.write_text(json.dumps(told))
    return file


@pytest.fixture
def env(deployed: RunningPipeline) -> dict[str, str]:
    """A shell with which any AWS command reaches the account."""
    return {
        "AWS_ENDPOINT_URL": str(deployed.endpoint_url),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "RAWK_API_KEYS_JSON": deployed.credentials.api_keys_json,
        "COLUMNS": "300",
    }


def on(deployed: RunningPipeline, outputs: Path, *scenarios: str) -> list[str]:
    chosen = [f"scenarios/{scenario}" for scenario in scenarios]
    place = ["--topology", "core", "--outputs", str(outputs), "--api-url", deployed.api.url]
    return [*chosen, "--engine", "aws", *place]


MEANT = ("--account", ACCOUNT, "--yes-this-costs-money")


def test_scenarios_hold_on_what_is_deployed_and_take_away_what_is_theirs(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    untouched = deployed.ledger.memories().keys()
    played = play(*on(deployed, outputs, *SCENARIOS, *SKIPPED), *MEANT, "-rs", "-n", "2", env=env)

    assert played.returncode == 0, played.stdout
    assert f"{len(SCENARIOS)} passed" in played.stdout, played.stdout
    assert "engine aws can not break AWS calls" in played.stdout
    assert "engine aws can not keep the limits of production there (its functions may run 6 s)" in played.stdout
    assert "a scenario costs at most about" in played.stdout
    assert deployed.ledger.memories().keys() == untouched
    assert deployed.audio.keys() == set()
    assert (deployed.queues.jobs().total, deployed.queues.dead_letters().total) == (0, 0)
    # And what the worker did is read from its logs.
    told = [point.text for scenario in record_of(played.stdout).scenarios for point in scenario.timeline.points]
    assert told.count("worker: transcript saved") >= len(SCENARIOS)


def record_of(output: str) -> RunRecord:
    record = re.search(r"record: (\S+)", output)
    assert record, output
    return read_run(ROOT / record[1])


def test_what_is_others_is_left_alone_and_nothing_is_judged_beside_it(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    deployed.sqs.send_message(QueueUrl=deployed.pipeline.dead_letter_queue_url, MessageBody="somebody else's")
    try:
        played = play(*on(deployed, outputs, SCENARIOS[0]), *MEANT, env=env)

        assert played.returncode != 0
        assert "the dead-letter queue holds 1 messages that are not ours" in played.stdout
        assert deployed.queues.dead_letters().total == 1
    finally:
        deployed.sqs.purge_queue(QueueUrl=deployed.pipeline.dead_letter_queue_url)


def test_with_one_key_scenarios_of_one_tenant_are_played(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    key, tenant = next((key, tenant) for tenant, key in deployed.credentials.tenant_keys.items())
    alone = {**env, "RAWK_API_KEYS_JSON": "", "RAWK_API_KEY": key}
    played = play(*on(deployed, outputs, SCENARIOS[0], "clients/test_two_tenants.py"), *MEANT, "-rs", env=alone)

    assert played.returncode == 0, played.stdout
    assert "1 passed" in played.stdout
    assert f"can not speak for more than one tenant there (the one key is {tenant}'s)" in played.stdout


def test_two_do_not_play_on_one_pipeline_at_once(deployed: RunningPipeline, outputs: Path, env: dict[str, str]) -> None:
    with psycopg.connect(deployed.database_url.replace("+psycopg", ""), autocommit=True) as somebody:
        somebody.execute("SELECT pg_advisory_lock(%s)", (PLAYING_LOCK,))
        played = play(*on(deployed, outputs, SCENARIOS[0]), *MEANT, env=env)

    assert played.returncode == 2, played.stdout
    assert "somebody else plays scenarios on deployed just now" in played.stdout


def test_workers_that_somebody_holds_back_are_told_and_left(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    deployed.worker.reserve_concurrency(0)
    try:
        played = play(*on(deployed, outputs, SCENARIOS[0]), *MEANT, env=env)

        assert played.returncode != 0
        assert "no worker may run, deployed-worker has a reserved concurrency of 0" in played.stdout
    finally:
        deployed.worker.reserve_concurrency(None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], f"these credentials are of account {ACCOUNT}: say --account {ACCOUNT} if that is meant"),
        (["--account", "111111111111"], f"these credentials are of account {ACCOUNT}, not of 111111111111"),
        (["--account", ACCOUNT], "say --yes-this-costs-money if that is meant"),
    ],
)
def test_what_was_not_meant_is_refused(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str], options: list[str], sentence: str
) -> None:
    refused = play(*on(deployed, outputs, SCENARIOS[0]), *options, env=env)

    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert sentence in refused.stdout
    assert "Traceback" not in refused.stdout


def test_a_database_out_of_reach_is_said(deployed: RunningPipeline, outputs: Path, env: dict[str, str]) -> None:
    elsewhere = {**env, "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing"}
    refused = play(*on(deployed, outputs, SCENARIOS[0]), *MEANT, env=elsewhere)

    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the database can not be reached from here, and every scenario looks into it" in refused.stdout
