"""The rendering and a real `terraform apply` create the same pipeline."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from sim.provisioning import Pipeline, Rendering, TerraformError, TerraformPipeline, destroy, provision
from sim.provisioning.clients import Clients
from sim.provisioning.terraform import Terraform, copy_configuration, find_terraform
from tests.integration.provisioning.describing import describe

EXTRA = {"SOMETHING_OF_THIS_WORLD": "1"}


def _why_not() -> str | None:
    """Why Terraform cannot be used here; None when it can."""
    try:
        find_terraform()
    except TerraformError as error:
        return str(error)
    return None


pytestmark = [pytest.mark.terraform, pytest.mark.skipif(_why_not() is not None, reason=str(_why_not()))]


@pytest.fixture(scope="module")
def applied(
    tmp_path_factory: pytest.TempPathFactory, session: boto3.Session, endpoint_url: str, package: bytes
) -> Iterator[tuple[TerraformPipeline, Pipeline]]:
    lines: list[str] = []
    terraform = TerraformPipeline(
        tmp_path_factory.mktemp("terraform"),
        topology="core",
        name="by-terraform",
        session=session,
        endpoint_url=endpoint_url,
        worker_package=package,
        extra_environment=EXTRA,
        progress=lines.append,
    )
    pipeline = terraform.apply()
    assert any("Apply complete" in line for line in lines), "progress must get Terraform's lines"
    yield terraform, pipeline
    terraform.destroy()
    queues = Clients.of(session, endpoint_url).sqs.list_queues(QueueNamePrefix="by-terraform-")
    assert not queues.get("QueueUrls"), "destroy must leave nothing"


def test_both_ways_create_the_same_pipeline(
    applied: tuple[TerraformPipeline, Pipeline], session: boto3.Session, endpoint_url: str, package: bytes
) -> None:
    _, by_terraform = applied
    rendered = provision(Rendering.load("core"), "rendered", session, endpoint_url, package, EXTRA)
    clients = Clients.of(session, endpoint_url)
    try:
        ours, theirs = describe(rendered, clients), describe(by_terraform, clients)
    finally:
        destroy(rendered, session=session, endpoint_url=endpoint_url)
    differing = {what: (ours[what], theirs[what]) for what in theirs if ours[what] != theirs[what]}
    assert not differing, "(from the rendering, from Terraform)"


def test_a_second_plan_changes_nothing(applied: tuple[TerraformPipeline, Pipeline]) -> None:
    terraform, _ = applied
    assert terraform.drift() == []


def test_a_manual_change_is_drift(
    applied: tuple[TerraformPipeline, Pipeline], session: boto3.Session, endpoint_url: str
) -> None:
    terraform, pipeline = applied
    sqs = Clients.of(session, endpoint_url).sqs
    right = str(pipeline.limits.visibility_timeout_seconds)
    sqs.set_queue_attributes(QueueUrl=pipeline.jobs_queue_url, Attributes={"VisibilityTimeout": "7"})
    try:
        assert terraform.drift() == ["module.pipeline.aws_sqs_queue.jobs"]
    finally:
        sqs.set_queue_attributes(QueueUrl=pipeline.jobs_queue_url, Attributes={"VisibilityTimeout": right})


def test_a_missing_endpoint_is_reported_at_once(tmp_path: Path, session: boto3.Session, package: bytes) -> None:
    began = time.monotonic()
    nowhere = TerraformPipeline(
        tmp_path,
        topology="core",
        name="nowhere",
        session=session,
        endpoint_url="http://127.0.0.1:9",
        worker_package=package,
    )
    with pytest.raises(TerraformError, match=r"no AWS at http://127\.0\.0\.1:9"):
        nowhere.apply()
    assert time.monotonic() - began < 20


def test_a_refusal_has_the_error_output_of_terraform(tmp_path: Path) -> None:
    terraform = Terraform(copy_configuration(tmp_path))
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "x" { nonsense }', encoding="utf-8")
    with pytest.raises(TerraformError, match=r"(?s)terraform validate failed with exit code 1:.*nonsense"):
        terraform.run("validate", "-no-color")


def test_ctrl_c_ends_terraform_and_its_providers(tmp_path: Path) -> None:
    """In another process, because the test itself must not be interrupted."""
    script = (
        "import sys, pathlib; from sim.provisioning.terraform import *;"
        "t = Terraform(copy_configuration(pathlib.Path(sys.argv[1])), {'AWS_ENDPOINT_URL': 'http://10.255.255.1:9',"
        " 'AWS_ACCESS_KEY_ID': 'x', 'AWS_SECRET_ACCESS_KEY': 'x'});"
        "t.run('init'); print('ready', flush=True);"
        "t.run('plan', '-var=name=abc', '-var=topology=core', '-var=worker_package_path=x', '-var=max_retries=25',"
        " timeout_seconds=300)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    provider = _wait_for_provider(tmp_path)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) != 0
    child.stdout.close()
    assert not _running(provider), "the provider still runs"


def _wait_for_provider(folder: Path) -> int:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                same_folder = (process / "cwd").resolve() == folder.resolve()
                is_provider = b"terraform-provider-aws" in (process / "cmdline").read_bytes()
            except OSError:
                continue  # it has ended in the meantime
            if same_folder and is_provider:
                return int(process.name)
        time.sleep(0.05)
    raise AssertionError("terraform started no provider within 30 s")


def _running(pid: int) -> bool:
    try:
        return b"terraform-provider-aws" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
