"""The aws engine on an emulator, of which it knows AWS_ENDPOINT_URL only.

`terraform apply` deploys the pipeline, with short timeouts; the API runs beside it. The engine finds everything by
Terraform's outputs, `--api-url` and AWS's API.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sim.engines.aws.deployment import RUN_LOCK
from sim.engines.base.running_pipeline import RunningPipeline
from sim.engines.embedded.engine import EmbeddedWorld
from sim.journal.journal import Journal
from sim.provisioning.clients import Clients
from sim.provisioning.terraform import Terraform, find_terraform
from sim.report.run_record import RunRecord, read_run

from .scenario_runs import ROOT, run_scenarios

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
"""Faults of OpenAI, poison, duplicates, redrives and throttling: what works on real AWS."""
SKIPPED = (
    "storage/test_object_missing.py",
    "openai/test_rate_limit.py::test_short_rate_limit_is_waited_out",
)
ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedWorld]:
    find_terraform()  # raises a sentence without one
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
    """What `terraform output -json` prints, in a file; with the simulator as the switch in Terraform adds it."""
    printed = json.loads(Terraform(world.terraform_folder("deployed")).run("output", "-json"))
    assert printed["api"]["value"] == {"kind": "none"}, "the topology core has no home for an API"
    clients = Clients.of(world.session, world.endpoint_url)
    key = clients.secretsmanager.create_secret(
        Name="deployed/openai-simulator-key", SecretString=deployed.credentials.openai_api_key
    )
    printed["openai_simulator"]["value"] = {"url": deployed.openai.server.url, "key_secret_id": key["ARN"]}
    file = tmp_path_factory.mktemp("outputs") / "outputs.json"
    file.write_text(json.dumps(printed))
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


CONSENT = ("--account", ACCOUNT, "--yes-this-costs-money")


def test_scenarios_pass_on_a_deployed_pipeline_and_remove_what_they_created(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    untouched = deployed.ledger.memories().keys()
    run = run_scenarios(*on(deployed, outputs, *SCENARIOS, *SKIPPED), *CONSENT, "-rs", "-n", "2", env=env)

    assert run.returncode == 0, run.stdout
    assert f"{len(SCENARIOS)} passed" in run.stdout, run.stdout
    assert "engine aws cannot inject faults into AWS calls" in run.stdout
    assert "engine aws cannot use the timeouts of production there (its functions may run 6 s)" in run.stdout
    assert "a scenario costs about" in run.stdout
    assert deployed.ledger.memories().keys() == untouched
    assert deployed.audio.keys() == set()
    assert (deployed.queues.jobs().total, deployed.queues.dead_letters().total) == (0, 0)
    # And what the worker did was read from its logs.
    printed = [point.text for scenario in record_of(run.stdout).scenarios for point in scenario.timeline.points]
    assert printed.count("worker: transcript saved") >= len(SCENARIOS)


def record_of(output: str) -> RunRecord:
    record = re.search(r"record: (\S+)", output)
    assert record, output
    return read_run(ROOT / record[1])


def test_messages_of_other_senders_are_left_alone_and_prevent_a_verdict(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    deployed.sqs.send_message(QueueUrl=deployed.pipeline.dead_letter_queue_url, MessageBody="another sender's")
    try:
        run = run_scenarios(*on(deployed, outputs, SCENARIOS[0]), *CONSENT, env=env)

        assert run.returncode != 0
        assert "the dead-letter queue holds 1 messages that are not ours" in run.stdout
        assert deployed.queues.dead_letters().total == 1
    finally:
        deployed.sqs.purge_queue(QueueUrl=deployed.pipeline.dead_letter_queue_url)


def test_with_one_key_scenarios_of_one_tenant_run(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    key, tenant = next((key, tenant) for tenant, key in deployed.credentials.tenant_keys.items())
    alone = {**env, "RAWK_API_KEYS_JSON": "", "RAWK_API_KEY": key}
    run = run_scenarios(*on(deployed, outputs, SCENARIOS[0], "clients/test_two_tenants.py"), *CONSENT, "-rs", env=alone)

    assert run.returncode == 0, run.stdout
    assert "1 passed" in run.stdout
    assert f"cannot act for more than one tenant there (the one key is {tenant}'s)" in run.stdout


def test_two_runs_on_one_pipeline_at_once_are_refused(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    with psycopg.connect(deployed.database_url.replace("+psycopg", ""), autocommit=True) as another_run:
        another_run.execute("SELECT pg_advisory_lock(%s)", (RUN_LOCK,))
        run = run_scenarios(*on(deployed, outputs, SCENARIOS[0]), *CONSENT, env=env)

    assert run.returncode == 2, run.stdout
    assert "another run uses deployed at the moment" in run.stdout


def test_a_reserved_concurrency_of_zero_is_reported_and_left(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str]
) -> None:
    deployed.worker.reserve_concurrency(0)
    try:
        run = run_scenarios(*on(deployed, outputs, SCENARIOS[0]), *CONSENT, env=env)

        assert run.returncode != 0
        assert "no worker can run, deployed-worker has a reserved concurrency of 0" in run.stdout
    finally:
        deployed.worker.reserve_concurrency(None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], f"these credentials are of account {ACCOUNT}: pass --account {ACCOUNT} to run there"),
        (["--account", "111111111111"], f"these credentials are of account {ACCOUNT}, not of 111111111111"),
        (["--account", ACCOUNT], "pass --yes-this-costs-money to run all the same"),
    ],
)
def test_a_run_without_account_or_consent_is_refused(
    deployed: RunningPipeline, outputs: Path, env: dict[str, str], options: list[str], sentence: str
) -> None:
    refused = run_scenarios(*on(deployed, outputs, SCENARIOS[0]), *options, env=env)

    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert sentence in refused.stdout
    assert "Traceback" not in refused.stdout


def test_an_unreachable_database_is_reported(deployed: RunningPipeline, outputs: Path, env: dict[str, str]) -> None:
    elsewhere = {**env, "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing"}
    refused = run_scenarios(*on(deployed, outputs, SCENARIOS[0]), *CONSENT, env=elsewhere)

    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "the database cannot be reached from this machine, and every scenario reads it" in refused.stdout
