"""A pipeline from the rendering is created and removed completely; a failed creation leaves nothing behind."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import boto3
import pytest

from sim.localstack.conformance.documented.smaller_services import TRUST
from sim.provisioning import Pipeline, ProvisionError, Rendering, destroy, provision, put_secrets
from sim.provisioning.clients import Clients

_numbers = count()


@pytest.fixture
def name() -> str:
    return f"made-{next(_numbers)}"


@pytest.fixture
def clients(session: boto3.Session, endpoint_url: str) -> Clients:
    return Clients.of(session, endpoint_url)


@pytest.fixture
def pipeline(name: str, session: boto3.Session, endpoint_url: str, package: bytes) -> Iterator[Pipeline]:
    made = provision(
        Rendering.load("core"), name, session, endpoint_url, package, {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    )
    yield made
    destroy(made, session=session, endpoint_url=endpoint_url)


def names_left(name: str, clients: Clients) -> list[str]:
    """Names that remain after a pipeline is destroyed. LocalStack deletes functions asynchronously, so this waits."""
    end = time.monotonic() + 10
    while found := names(name, clients):
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return found


def names(name: str, clients: Clients) -> list[str]:
    functions = [each["FunctionName"] for each in clients.lambda_.list_functions()["Functions"]]
    return [
        *(each for each in functions if each.startswith(f"{name}-")),
        *clients.sqs.list_queues(QueueNamePrefix=f"{name}-").get("QueueUrls", []),
        *(each["Name"] for each in clients.s3.list_buckets()["Buckets"] if each["Name"].startswith(f"{name}-")),
        *(each["RoleName"] for each in clients.iam.list_roles()["Roles"] if each["RoleName"].startswith(f"{name}-")),
        *(each["Name"] for each in clients.events.list_rules(NamePrefix=f"{name}-")["Rules"]),
        *(
            each["Name"]
            for each in clients.secretsmanager.list_secrets()["SecretList"]
            if each["Name"].startswith(f"{name}/")
        ),
        *(
            each["PolicyName"]
            for each in clients.iam.list_policies(Scope="Local")["Policies"]
            if each["PolicyName"].startswith(f"{name}-")
        ),
        *(
            each["logGroupName"]
            for each in clients.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}-")["logGroups"]
        ),
        *(
            each["UUID"]
            for each in clients.lambda_.list_event_source_mappings()["EventSourceMappings"]
            if f":function:{name}-" in each["FunctionArn"]
        ),
    ]


def test_the_functions_get_their_own_environment_and_the_additional_one(pipeline: Pipeline, clients: Clients) -> None:
    worker = clients.lambda_.get_function_configuration(FunctionName=pipeline.worker_function)
    environment = worker["Environment"]["Variables"]
    assert environment["JOBS_QUEUE_URL"] == pipeline.jobs_queue_url
    assert environment["OPENAI_BASE_URL"] == "http://127.0.0.1:9/v1"
    assert worker["State"] == "Active"
    assert worker["Timeout"] == pipeline.limits.function_timeout_seconds


def test_the_secrets_are_written_where_the_product_reads_them(
    pipeline: Pipeline, clients: Clients, session: boto3.Session, endpoint_url: str
) -> None:
    put_secrets(
        pipeline,
        database_url="postgresql://here",
        openai_api_key="sk-x",
        api_keys_json="{}",
        session=session,
        endpoint_url=endpoint_url,
    )

    def read(secret_id: str) -> str:
        return str(clients.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"])

    assert read(pipeline.api_environment["DATABASE_URL_SECRET_ID"]) == "postgresql://here"
    assert read(pipeline.api_environment["API_KEYS_SECRET_ID"]) == "{}"
    assert read(pipeline.secret_ids["openai_api_key"]) == "sk-x"


def test_two_pipelines_are_independent(
    pipeline: Pipeline, session: boto3.Session, endpoint_url: str, package: bytes, clients: Clients
) -> None:
    other = provision(Rendering.load("short_timeouts"), f"{pipeline.name}b", session, endpoint_url, package)
    assert other.limits.visibility_timeout_seconds != pipeline.limits.visibility_timeout_seconds
    destroy(other, session=session, endpoint_url=endpoint_url)
    assert clients.sqs.get_queue_attributes(QueueUrl=pipeline.jobs_queue_url, AttributeNames=["QueueArn"])
    assert names_left(other.name, clients) == []


def test_destroy_removes_recordings_and_messages(
    name: str, session: boto3.Session, endpoint_url: str, package: bytes, clients: Clients
) -> None:
    made = provision(Rendering.load("core"), name, session, endpoint_url, package)
    assert names(name, clients)
    clients.s3.put_object(Bucket=made.audio_bucket, Key="audio/a", Body=b"x")
    clients.s3.create_multipart_upload(Bucket=made.audio_bucket, Key="audio/b")
    destroy(made, session=session, endpoint_url=endpoint_url)
    assert names_left(name, clients) == []
    destroy(made, session=session, endpoint_url=endpoint_url)  # removed resources are ignored


def test_a_failed_creation_removes_what_it_has_created(
    name: str, session: boto3.Session, endpoint_url: str, package: bytes, clients: Clients
) -> None:
    in_the_way = f"{name}-worker"
    clients.iam.create_role(RoleName=in_the_way, AssumeRolePolicyDocument=TRUST)
    with pytest.raises(ProvisionError, match=r"aws_iam_role\.worker could not be created.*EntityAlreadyExists"):
        provision(Rendering.load("core"), name, session, endpoint_url, package)
    assert clients.iam.get_role(RoleName=in_the_way)
    clients.iam.delete_role(RoleName=in_the_way)
    assert names_left(name, clients) == []


def test_the_additional_environment_cannot_replace_variables_of_terraform(
    name: str, session: boto3.Session, endpoint_url: str, package: bytes, clients: Clients
) -> None:
    with pytest.raises(ProvisionError, match="LEASE_SECONDS"):
        provision(Rendering.load("core"), name, session, endpoint_url, package, {"LEASE_SECONDS": "1"})
    assert names_left(name, clients) == []


def test_destroy_reports_what_it_could_not_remove(
    pipeline: Pipeline, session: boto3.Session, endpoint_url: str, clients: Clients
) -> None:
    bucket = next(each for each in pipeline.resources if each.type == "aws_s3_bucket")
    forged = replace(pipeline, resources=(replace(bucket, references={"id": "No_Such_Bucket!"}),))
    with pytest.raises(ProvisionError, match="No_Such_Bucket"):
        destroy(forged, session=session, endpoint_url=endpoint_url)
    assert clients.s3.head_bucket(Bucket=pipeline.audio_bucket)


def test_a_pipeline_is_created_in_about_a_second(
    name: str, session: boto3.Session, endpoint_url: str, package: bytes, pipeline: Pipeline
) -> None:
    """With a warm LocalStack, that is, after `pipeline`. It takes 0.25 s; the limit is for a busy machine."""
    began = time.monotonic()
    made = provision(Rendering.load("core"), f"{name}-quick", session, endpoint_url, package)
    took = time.monotonic() - began
    destroy(made, session=session, endpoint_url=endpoint_url)
    assert took < 5, f"{pipeline.name} took {took:.1f} s"
