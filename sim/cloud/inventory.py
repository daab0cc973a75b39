"""Lists all resources in the local cloud, independently of Terraform's state: a destroy must have removed them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jmespath  # type: ignore[import-untyped]

from sim.cloud.servers import Cloud

TAG = "Tags[?Key=='Name']|[0].Value"
OWN_GROUPS = "{0}ParameterGroups[?!starts_with({0}ParameterGroupName, 'default.')].[{0}ParameterGroupName]"
"""Without AWS's default groups: they exist from their first use on and stay."""
ECS = (("ServiceNamespace", "ecs"),)


@dataclass(frozen=True)
class Kind:
    """One kind of resource: the operation that lists it, and where identity and name are in its response."""

    service: str
    operation: str
    where: str
    """JMESPath of pairs (identity, name), or of identities alone when they contain the name."""
    arguments: tuple[tuple[str, Any], ...] = ()

    def found(self, cloud: Cloud) -> Iterator[str]:
        """A line for each existing resource: `ec2 describe_vpcs: vpc-1 rawk`."""
        answer = getattr(cloud.client(self.service), self.operation)(**dict(self.arguments))
        for each in jmespath.search(self.where, answer) or ():
            words = each if isinstance(each, list) else [each]
            yield f"{self.service} {self.operation}: {' '.join(str(word) for word in words if word)}"


KINDS = (
    Kind("apigatewayv2", "get_apis", "Items[].[ApiId, Name]"),
    Kind("apigatewayv2", "get_vpc_links", "Items[].[VpcLinkId, Name]"),
    Kind(
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets[].[ResourceId]",
        (("ServiceNamespace", "ecs"),),
    ),
    Kind(
        "application-autoscaling",
        "describe_scaling_policies",
        "ScalingPolicies[].[PolicyName, ResourceId]",
        (("ServiceNamespace", "ecs"),),
    ),
    Kind("apprunner", "list_services", "ServiceSummaryList[].[ServiceName]"),
    Kind("apprunner", "list_vpc_connectors", "VpcConnectors[].[VpcConnectorName]"),
    Kind(
        "apprunner",
        "list_auto_scaling_configurations",
        "AutoScalingConfigurationSummaryList[].[AutoScalingConfigurationName]",
    ),
    Kind(
        "apprunner",
        "list_observability_configurations",
        "ObservabilityConfigurationSummaryList[].[ObservabilityConfigurationName]",
    ),
    Kind("budgets", "describe_budgets", "Budgets[].[BudgetName]", (("AccountId", "000000000000"),)),
    Kind("cloudwatch", "describe_alarms", "MetricAlarms[].[AlarmName]"),
    Kind("cloudwatch", "list_dashboards", "DashboardEntries[].[DashboardName]"),
    Kind("codedeploy", "list_applications", "applications"),
    Kind("dynamodb", "list_tables", "TableNames"),
    Kind("ec2", "describe_vpcs", f"Vpcs[].[VpcId, {TAG}]"),
    Kind("ec2", "describe_subnets", f"Subnets[].[SubnetId, {TAG}]"),
    Kind("ec2", "describe_security_groups", "SecurityGroups[].[GroupId, GroupName]"),
    Kind("ec2", "describe_route_tables", f"RouteTables[].[RouteTableId, {TAG}]"),
    Kind("ec2", "describe_internet_gateways", f"InternetGateways[].[InternetGatewayId, {TAG}]"),
    Kind(
        "ec2",
        "describe_egress_only_internet_gateways",
        f"EgressOnlyInternetGateways[].[EgressOnlyInternetGatewayId, {TAG}]",
    ),
    Kind("ec2", "describe_nat_gateways", f"NatGateways[?State!='deleted'][].[NatGatewayId, {TAG}]"),
    Kind("ec2", "describe_addresses", f"Addresses[].[AllocationId, {TAG}]"),
    Kind("ec2", "describe_vpc_endpoints", f"VpcEndpoints[?State!='deleted'][].[VpcEndpointId, {TAG}]"),
    Kind("ec2", "describe_network_interfaces", "NetworkInterfaces[].[NetworkInterfaceId, Description]"),
    Kind("ec2", "describe_volumes", f"Volumes[].[VolumeId, {TAG}]"),
    Kind("ec2", "describe_instances", f"Reservations[].Instances[?State.Name!='terminated'][].[InstanceId, {TAG}]"),
    Kind("ecr", "describe_repositories", "repositories[].[repositoryName]"),
    Kind("ecs", "list_clusters", "clusterArns"),
    Kind("ecs", "list_task_definitions", "taskDefinitionArns", (("status", "ACTIVE"),)),
    Kind("elbv2", "describe_load_balancers", "LoadBalancers[].[LoadBalancerName]"),
    Kind("elbv2", "describe_target_groups", "TargetGroups[].[TargetGroupName]"),
    Kind("events", "list_rules", "Rules[].[Name]"),
    Kind("iam", "list_roles", "Roles[].[RoleName]"),
    Kind("iam", "list_policies", "Policies[].[PolicyName]", (("Scope", "Local"),)),
    Kind("iam", "list_instance_profiles", "InstanceProfiles[].[InstanceProfileName]"),
    Kind("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList[].[Arn]"),
    Kind("lambda", "list_functions", "Functions[].[FunctionName]"),
    Kind("lambda", "list_event_source_mappings", "EventSourceMappings[].[UUID, FunctionArn]"),
    Kind("logs", "describe_log_groups", "logGroups[].[logGroupName]"),
    Kind("logs", "describe_metric_filters", "metricFilters[].[filterName, logGroupName]"),
    Kind("rds", "describe_db_clusters", "DBClusters[].[DBClusterIdentifier]"),
    Kind("rds", "describe_db_cluster_parameter_groups", OWN_GROUPS.format("DBCluster")),
    Kind("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots[].[DBClusterSnapshotIdentifier]"),
    Kind("rds", "describe_db_instances", "DBInstances[].[DBInstanceIdentifier]"),
    Kind("rds", "describe_db_parameter_groups", OWN_GROUPS.format("DB")),
    Kind("rds", "describe_db_snapshots", "DBSnapshots[].[DBSnapshotIdentifier]"),
    Kind("rds", "describe_db_subnet_groups", "DBSubnetGroups[].[DBSubnetGroupName]"),
    Kind("s3", "list_buckets", "Buckets[].[Name]"),
    Kind("scheduler", "list_schedules", "Schedules[].[Name]"),
    Kind("secretsmanager", "list_secrets", "SecretList[].[Name]", (("IncludePlannedDeletion", True),)),
    Kind("sns", "list_topics", "Topics[].[TopicArn]"),
    Kind("sns", "list_subscriptions", "Subscriptions[].[SubscriptionArn]"),
    Kind("sqs", "list_queues", "QueueUrls"),
    Kind("ssm", "describe_parameters", "Parameters[?!starts_with(Name, '/aws/')].[Name]"),
    Kind("xray", "get_groups", "Groups[].[GroupName]"),
    Kind("xray", "get_sampling_rules", "SamplingRuleRecords[].SamplingRule.[RuleName]"),
)
"""One for each independent resource type of the configuration; a test compares them."""


KEPT_BY_DESIGN = "ecs list_task_definitions: "
"""`skip_destroy` in terraform/modules/api_ecs: a rollback needs the earlier revisions. They cost nothing."""


def inventory(cloud: Cloud) -> frozenset[str]:
    """All existing resources."""
    return frozenset(line for kind in KINDS for line in kind.found(cloud))


def unexpected(found: frozenset[str]) -> frozenset[str]:
    """The resources that should not exist after a destroy."""
    return frozenset(line for line in found if not line.startswith(KEPT_BY_DESIGN))


def named(found: frozenset[str], name: str) -> list[str]:
    """The resources of one pipeline, by the prefix of their names."""
    return sorted(line for line in found if name in line)
