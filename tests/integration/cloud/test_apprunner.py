"""App Runner, which moto does not have: create, wait, change and delete, as a client sees it."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Client

IMAGE = {
    "ImageRepository": {
        "ImageIdentifier": "000000000000.dkr.ecr.us-east-1.amazonaws.com/rawk-api:1",
        "ImageRepositoryType": "ECR",
        "ImageConfiguration": {"Port": "8080", "RuntimeEnvironmentSecrets": {"DATABASE_URL": "arn:of:a:secret"}},
    }
}


def service_of(client: Client, **more: Any) -> dict[str, Any]:
    name = f"service-{uuid.uuid4().hex[:8]}"
    made: dict[str, Any] = client("apprunner").create_service(ServiceName=name, SourceConfiguration=IMAGE, **more)
    return dict(made["Service"])


def described(client: Client, service: dict[str, Any]) -> dict[str, Any]:
    return dict(client("apprunner").describe_service(ServiceArn=service["ServiceArn"])["Service"])


def test_a_service_is_in_progress_after_its_creation_and_running_at_the_first_look(client: Client) -> None:
    service = service_of(client)
    assert service["Status"] == "OPERATION_IN_PROGRESS"
    assert described(client, service)["Status"] == "RUNNING"
    assert service["ServiceArn"].startswith("arn:aws:apprunner:us-east-1:000000000000:service/")


def test_missing_settings_get_the_defaults_of_aws_in_the_units_of_aws(client: Client) -> None:
    service = described(client, service_of(client, InstanceConfiguration={"Cpu": "0.25 vCPU", "Memory": "0.5 GB"}))
    assert service["InstanceConfiguration"] == {"Cpu": "256", "Memory": "512"}
    assert service["HealthCheckConfiguration"]["Protocol"] == "TCP"
    assert service["NetworkConfiguration"]["EgressConfiguration"] == {"EgressType": "DEFAULT"}
    assert service["AutoScalingConfigurationSummary"]["AutoScalingConfigurationName"] == "DefaultConfiguration"
    assert "ObservabilityConfiguration" not in service


def test_an_equal_service_is_returned_and_another_of_its_name_refused(client: Client) -> None:
    runner, service = client("apprunner"), service_of(client)
    again = runner.create_service(ServiceName=service["ServiceName"], SourceConfiguration=IMAGE)
    assert again["Service"]["ServiceArn"] == service["ServiceArn"]
    with pytest.raises(ClientError, match="already exists"):
        runner.create_service(
            ServiceName=service["ServiceName"], SourceConfiguration=IMAGE, InstanceConfiguration={"Cpu": "2048"}
        )


def test_a_change_keeps_the_other_settings(client: Client) -> None:
    service = service_of(client, HealthCheckConfiguration={"Protocol": "HTTP", "Path": "/api/v1/health"})
    client("apprunner").update_service(ServiceArn=service["ServiceArn"], InstanceConfiguration={"Cpu": "512"})
    changed = described(client, service)
    assert changed["InstanceConfiguration"] == {"Cpu": "512", "Memory": "2048"}
    assert changed["HealthCheckConfiguration"]["Path"] == "/api/v1/health"


def test_a_deleted_service_does_not_exist(client: Client) -> None:
    service = service_of(client)
    client("apprunner").delete_service(ServiceArn=service["ServiceArn"])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        described(client, service)


def test_a_connector_in_use_cannot_be_deleted_and_an_unknown_one_cannot_be_used(
    client: Client, subnets: list[str]
) -> None:
    runner = client("apprunner")
    name = f"connector-{uuid.uuid4().hex[:8]}"
    connector = runner.create_vpc_connector(VpcConnectorName=name, Subnets=subnets)["VpcConnector"]
    assert connector["Status"] == "ACTIVE"
    arn = connector["VpcConnectorArn"]
    service = service_of(
        client, NetworkConfiguration={"EgressConfiguration": {"EgressType": "VPC", "VpcConnectorArn": arn}}
    )
    with pytest.raises(ClientError, match=service["ServiceName"]):
        runner.delete_vpc_connector(VpcConnectorArn=arn)
    runner.delete_service(ServiceArn=service["ServiceArn"])
    assert runner.delete_vpc_connector(VpcConnectorArn=arn)["VpcConnector"]["Status"] == "INACTIVE"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        service_of(client, NetworkConfiguration={"EgressConfiguration": {"EgressType": "VPC", "VpcConnectorArn": arn}})


def test_configurations_of_one_name_have_numbered_revisions(client: Client) -> None:
    runner, name = client("apprunner"), f"scaling-{uuid.uuid4().hex[:8]}"

    def make(most: int) -> dict[str, Any]:
        made = runner.create_auto_scaling_configuration(AutoScalingConfigurationName=name, MaxSize=most)
        return dict(made["AutoScalingConfiguration"])

    first, again, second = make(3), make(3), make(4)
    assert (first["AutoScalingConfigurationRevision"], first["Status"], first["MaxConcurrency"]) == (1, "active", 100)
    assert again["AutoScalingConfigurationArn"] == first["AutoScalingConfigurationArn"]
    assert second["AutoScalingConfigurationRevision"] == 2
    deleted = runner.delete_auto_scaling_configuration(AutoScalingConfigurationArn=first["AutoScalingConfigurationArn"])
    assert deleted["AutoScalingConfiguration"]["Status"] == "inactive"


def test_a_service_has_its_observability_configuration(client: Client) -> None:
    made = client("apprunner").create_observability_configuration(
        ObservabilityConfigurationName=f"traces-{uuid.uuid4().hex[:8]}", TraceConfiguration={"Vendor": "AWSXRAY"}
    )["ObservabilityConfiguration"]
    wanted = {"ObservabilityEnabled": True, "ObservabilityConfigurationArn": made["ObservabilityConfigurationArn"]}
    assert made["Status"] == "ACTIVE"
    assert (
        described(client, service_of(client, ObservabilityConfiguration=wanted))["ObservabilityConfiguration"] == wanted
    )


def test_tags_can_be_added_and_removed(client: Client) -> None:
    runner, arn = client("apprunner"), service_of(client, Tags=[{"Key": "a", "Value": "1"}])["ServiceArn"]
    runner.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    runner.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert runner.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_an_unknown_operation_is_refused_with_the_error_code_of_aws(client: Client) -> None:
    with pytest.raises(ClientError, match="UnknownOperationException"):
        client("apprunner").list_vpc_ingress_connections()
