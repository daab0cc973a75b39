"""EC2, ECS, RDS, Application Auto Scaling, X-Ray: they return the given settings, so a second plan has no changes."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.conftest import Client


def named(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


# EC2


def group_of(client: Client, subnets: list[str]) -> str:
    ec2 = client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
    return str(ec2.create_security_group(GroupName=named("group"), Description="a group", VpcId=vpc)["GroupId"])


def test_a_rule_whose_source_is_a_group_keeps_its_description(client: Client, subnets: list[str]) -> None:
    ec2, group, source = client("ec2"), group_of(client, subnets), group_of(client, subnets)
    pair = {"GroupId": source, "Description": "the API"}
    permission = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [pair]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [rule["Description"] for rule in rules if not rule["IsEgress"]] == ["the API"]


def test_an_instance_has_the_groups_of_its_interface_and_can_be_monitored(client: Client, subnets: list[str]) -> None:
    ec2, group = client("ec2"), group_of(client, subnets)
    nic = {"DeviceIndex": 0, "SubnetId": subnets[0], "Groups": [group], "AssociatePublicIpAddress": True}
    made = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, NetworkInterfaces=[nic])
    instance = made["Instances"][0]["InstanceId"]
    ec2.monitor_instances(InstanceIds=[instance])
    [found] = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert [each["GroupId"] for each in found["SecurityGroups"]] == [group]
    assert found["Monitoring"]["State"] == "enabled"
    ec2.unmonitor_instances(InstanceIds=[instance])
    [found] = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert found["Monitoring"]["State"] == "disabled"


def test_a_subnet_is_found_by_its_ipv6_block_and_the_state_of_the_block_is_a_string(client: Client) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.8.0.0/24", Ipv6CidrBlock=block)["Subnet"]
    association = subnet["Ipv6CidrBlockAssociationSet"][0]["AssociationId"]
    by_block = {"Name": "ipv6-cidr-block-association.association-id", "Values": [association]}
    [found] = ec2.describe_subnets(Filters=[by_block])["Subnets"]
    assert found["SubnetId"] == subnet["SubnetId"]
    assert found["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlockState"] == {"State": "associated"}


@pytest.mark.parametrize(("given", "stays"), [({}, False), ({"DeleteOnTermination": False}, True)])
def test_the_interface_of_an_instance_is_deleted_with_it_unless_delete_on_termination_is_false(
    client: Client, subnets: list[str], given: dict[str, bool], stays: bool
) -> None:
    ec2 = client("ec2")
    nic = {"DeviceIndex": 0, "SubnetId": subnets[0], **given}
    made = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, NetworkInterfaces=[nic])["Instances"][0]
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    left = {each["NetworkInterfaceId"] for each in ec2.describe_network_interfaces()["NetworkInterfaces"]}
    assert (made["NetworkInterfaces"][0]["NetworkInterfaceId"] in left) is stays


def test_the_interface_of_a_nat_gateway_is_deleted_with_it(client: Client, subnets: list[str]) -> None:
    ec2 = client("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]

    def interfaces() -> set[str]:
        return {each["NetworkInterfaceId"] for each in ec2.describe_network_interfaces()["NetworkInterfaces"]}

    before = interfaces()
    gateway = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    assert len(interfaces() - before) == 1
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert interfaces() == before


# ECS and Application Auto Scaling


@pytest.fixture
def service(client: Client) -> dict[str, str]:
    ecs, cluster = client("ecs"), named("cluster")
    ecs.create_cluster(clusterName=cluster)
    container = {"name": "api", "image": "rawk-api:1", "memory": 512}
    ecs.register_task_definition(family=cluster, containerDefinitions=[container])
    made = ecs.create_service(
        cluster=cluster,
        serviceName="api",
        taskDefinition=cluster,
        desiredCount=1,
        availabilityZoneRebalancing="ENABLED",
        enableECSManagedTags=True,
        enableExecuteCommand=True,
        healthCheckGracePeriodSeconds=60,
        deploymentConfiguration={"maximumPercent": 200, "minimumHealthyPercent": 100},
    )["service"]
    assert made["enableExecuteCommand"], "the response has it, too"
    return {"cluster": cluster, "service": "api"}


def test_a_service_keeps_the_settings_of_its_creation(client: Client, service: dict[str, str]) -> None:
    [found] = client("ecs").describe_services(cluster=service["cluster"], services=["api"])["services"]
    kept = (
        found["availabilityZoneRebalancing"],
        found["enableECSManagedTags"],
        found["enableExecuteCommand"],
        found["healthCheckGracePeriodSeconds"],
        found["deploymentConfiguration"]["maximumPercent"],
    )
    assert kept == ("ENABLED", True, True, 60, 200)


def test_a_scaling_target_has_tags(client: Client, service: dict[str, str]) -> None:
    scaling = client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{service['cluster']}/api",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    arn = scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4, Tags={"a": "1"})["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}
    scaling.deregister_scalable_target(**target)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scaling.list_tags_for_resource(ResourceARN=arn)


def test_a_deleted_cluster_is_not_listed(client: Client) -> None:
    ecs, name = client("ecs"), named("cluster")
    arn = ecs.create_cluster(clusterName=name)["cluster"]["clusterArn"]
    assert arn in ecs.list_clusters()["clusterArns"]
    ecs.delete_cluster(cluster=name)
    assert arn not in ecs.list_clusters()["clusterArns"]


# RDS


def database_of(client: Client, **more: Any) -> dict[str, Any]:
    made = client("rds").create_db_instance(
        DBInstanceIdentifier=named("database"),
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="rawk",
        MasterUserPassword="long enough for this",
        **more,
    )
    return dict(made["DBInstance"])


def test_a_database_is_found_by_its_resource_id(client: Client) -> None:
    one, other = database_of(client), database_of(client)
    assert one["DbiResourceId"] != other["DbiResourceId"]
    by_id = {"Name": "dbi-resource-id", "Values": [one["DbiResourceId"]]}
    [found] = client("rds").describe_db_instances(Filters=[by_id])["DBInstances"]
    assert found["DBInstanceIdentifier"] == one["DBInstanceIdentifier"]


def test_performance_insights_can_be_switched_on(client: Client) -> None:
    watched = database_of(client, EnablePerformanceInsights=True)
    assert (watched["PerformanceInsightsEnabled"], watched["PerformanceInsightsRetentionPeriod"]) == (True, 7)
    unwatched = database_of(client)
    assert not unwatched["PerformanceInsightsEnabled"]
    changed = client("rds").modify_db_instance(
        DBInstanceIdentifier=unwatched["DBInstanceIdentifier"], EnablePerformanceInsights=True
    )["DBInstance"]
    assert changed["PerformanceInsightsEnabled"]


def test_the_source_of_a_changed_parameter_is_the_user(client: Client) -> None:
    rds, group = client("rds"), named("parameters")
    rds.create_db_parameter_group(DBParameterGroupName=group, DBParameterGroupFamily="postgres16", Description="ours")
    ssl = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[ssl])
    [found] = rds.describe_db_parameters(DBParameterGroupName=group)["Parameters"]
    assert (found["ParameterName"], found["Source"]) == ("rds.force_ssl", "user")


def test_a_serverless_v2_cluster_has_its_data_api_and_no_v1_scaling(client: Client) -> None:
    rds, limits = client("rds"), {"MinCapacity": 0.5, "MaxCapacity": 1.0}
    made = rds.create_db_cluster(
        DBClusterIdentifier=named("cluster"),
        Engine="aurora-postgresql",
        EngineVersion="16.6",
        MasterUsername="rawk",
        MasterUserPassword="long enough for this",
        EnableHttpEndpoint=True,
        ServerlessV2ScalingConfiguration=limits,
    )["DBCluster"]
    [found] = rds.describe_db_clusters(DBClusterIdentifier=made["DBClusterIdentifier"])["DBClusters"]
    assert found["HttpEndpointEnabled"]
    assert found["ServerlessV2ScalingConfiguration"] == limits
    assert "ScalingConfigurationInfo" not in found
    rds.disable_http_endpoint(ResourceArn=made["DBClusterArn"])
    [found] = rds.describe_db_clusters(DBClusterIdentifier=made["DBClusterIdentifier"])["DBClusters"]
    assert not found["HttpEndpointEnabled"]


def test_automated_snapshots_are_deleted_with_their_cluster_and_manual_ones_stay(client: Client) -> None:
    rds, cluster = client("rds"), named("cluster")
    rds.create_db_cluster(
        DBClusterIdentifier=cluster, Engine="aurora-postgresql", MasterUsername="rawk", MasterUserPassword="long enough"
    )
    rds.create_db_cluster_snapshot(DBClusterIdentifier=cluster, DBClusterSnapshotIdentifier=f"{cluster}-mine")

    def snapshots() -> list[str]:
        found = rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]
        return sorted(each["SnapshotType"] for each in found if each["DBClusterIdentifier"] == cluster)

    assert snapshots() == ["automated", "manual"]
    rds.delete_db_cluster(DBClusterIdentifier=cluster, SkipFinalSnapshot=True)
    assert snapshots() == ["manual"]


# X-Ray


def test_an_xray_group_can_be_created_found_changed_and_deleted(client: Client) -> None:
    xray, name = client("xray"), named("group")
    made = xray.create_group(GroupName=name, FilterExpression="error", Tags=[{"Key": "a", "Value": "1"}])["Group"]
    assert made["InsightsConfiguration"] == {"InsightsEnabled": False, "NotificationsEnabled": False}
    xray.update_group(GroupARN=made["GroupARN"], InsightsConfiguration={"InsightsEnabled": True})
    found = xray.get_group(GroupName=name)["Group"]
    assert (found["FilterExpression"], found["InsightsConfiguration"]["InsightsEnabled"]) == ("error", True)
    assert xray.list_tags_for_resource(ResourceARN=made["GroupARN"])["Tags"] == [{"Key": "a", "Value": "1"}]
    with pytest.raises(ClientError, match="already exists"):
        xray.create_group(GroupName=name)
    xray.delete_group(GroupARN=made["GroupARN"])
    assert name not in [each["GroupName"] for each in xray.get_groups()["Groups"]]


def test_a_sampling_rule_can_be_created_changed_and_deleted(client: Client) -> None:
    xray, name = client("xray"), named("rule")
    rule = {
        "RuleName": name,
        "Priority": 1000,
        "Version": 1,
        "ReservoirSize": 1,
        "FixedRate": 0.05,
        **dict.fromkeys(("ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath", "ResourceARN"), "*"),
    }
    made = xray.create_sampling_rule(SamplingRule=rule)["SamplingRuleRecord"]["SamplingRule"]
    xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": name, "FixedRate": 0.5})
    found = {each["SamplingRule"]["RuleName"]: each for each in xray.get_sampling_rules()["SamplingRuleRecords"]}
    assert found[name]["SamplingRule"]["FixedRate"] == 0.5
    assert found[name]["SamplingRule"]["RuleARN"] == made["RuleARN"]
    xray.delete_sampling_rule(RuleName=name)
    with pytest.raises(ClientError, match="does not exist"):
        xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": name, "FixedRate": 0.5})
