"""The calls of AWS that the provider makes for each resource type, as permissions: to read it, and to write it.

Reads are those of a refresh, which a plan makes; writes are those of a creation, a change and a deletion. Braces hold
attributes of the planned resource. The names are those of the Service Authorization Reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from dataclasses import dataclass

from sim.cloud.planned_resources import ACCOUNT, NAME, REGION

TAG = ("aws:requesttag/pipeline", "aws:resourcetag/pipeline", "ec2:createaction")
"""The keys that policies about EC2 judge by, in lower case."""


@dataclass(frozen=True)
class Calls:
    """Actions of one service on one resource, with what the request says beside it."""

    actions: str
    """`service:Action Action ...`"""
    resource: str
    """An ARN, or `*` where the action supports no resource."""
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def requests(self) -> list[tuple[str, str, dict[str, tuple[str, ...]]]]:
        service, _, names = self.actions.partition(":")
        return [(f"{service}:{name}", self.resource, dict(self.context)) for name in names.split()]


def of(actions: str, resource: str = "*", **context: str) -> Calls:
    """`resource` is `service:rest`, of this account and region; `service::rest` for a service without a region."""
    service, _, rest = resource.partition(":")
    if resource != "*" and service != "arn":
        region = "" if rest.startswith(":") else REGION
        resource = f"arn:aws:{service}:{region}:{ACCOUNT}:{rest.removeprefix(':')}"
    return Calls(actions, resource, tuple((key.replace("__", ":"), (value,)) for key, value in context.items()))


def made(action: str, kind: str) -> tuple[Calls, ...]:
    """A call that makes a tagged resource of EC2, which also needs the permission to tag it at its creation."""
    resource = f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/made-1"
    new = (("aws:requesttag/pipeline", (NAME,)), ("aws:resourcetag/pipeline", ()), ("ec2:createaction", ()))
    tagging = (*new[:2], ("ec2:createaction", (action,)))
    return Calls(f"ec2:{action}", resource, new), Calls("ec2:CreateTags", resource, tagging)


def ours(actions: str, kind: str) -> Calls:
    """Calls about a resource of EC2 that has the pipeline's tag."""
    tagged = (("aws:requesttag/pipeline", ()), ("aws:resourcetag/pipeline", (NAME,)), ("ec2:createaction", ()))
    return Calls(f"ec2:{actions}", f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/ours-1", tagged)


def foreign(actions: str, kind: str, **context: str) -> Calls:
    """Calls about a resource of EC2 without a tag: AWS or another service has made it."""
    known = tuple((f"ec2:{key}", (value,)) for key, value in context.items())
    resource = f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/foreign-1"
    return Calls(f"ec2:{actions}", resource, (*((key, ()) for key in TAG), *known))


def retagged(kind: str) -> Calls:
    """Another tag of a resource of EC2, given with `-var tags=...`."""
    return ours("CreateTags DeleteTags", kind)


GATEWAY = f"arn:aws:apigateway:{REGION}::/"
ECR = f"ecr:repository/{NAME}"
RULE = "elasticloadbalancing:{kind}/app/{{name}}/0123456789abcdef"

READS: dict[str, tuple[Calls, ...]] = {
    "aws_apigatewayv2_api": (of("apigateway:GET", f"{GATEWAY}apis/a1"), of("apigateway:GET", f"{GATEWAY}tags/a1")),
    "aws_apigatewayv2_integration": (of("apigateway:GET", f"{GATEWAY}apis/a1/integrations/i1"),),
    "aws_apigatewayv2_route": (of("apigateway:GET", f"{GATEWAY}apis/a1/routes/r1"),),
    "aws_apigatewayv2_stage": (of("apigateway:GET", f"{GATEWAY}apis/a1/stages/$default"),),
    "aws_apigatewayv2_vpc_link": (of("apigateway:GET", f"{GATEWAY}vpclinks/v1"),),
    "aws_appautoscaling_policy": (of("application-autoscaling:DescribeScalingPolicies"),),
    "aws_appautoscaling_target": (
        of("application-autoscaling:DescribeScalableTargets"),
        of("application-autoscaling:ListTagsForResource", "application-autoscaling:scalable-target/0a1b"),
    ),
    "aws_apprunner_auto_scaling_configuration_version": (
        of(
            "apprunner:DescribeAutoScalingConfiguration ListTagsForResource",
            "apprunner:autoscalingconfiguration/{auto_scaling_configuration_name}/1/0a1b",
        ),
    ),
    "aws_apprunner_service": (
        of("apprunner:DescribeService ListTagsForResource", "apprunner:service/{service_name}/0a1b"),
    ),
    "aws_apprunner_vpc_connector": (
        of("apprunner:DescribeVpcConnector ListTagsForResource", "apprunner:vpcconnector/{vpc_connector_name}/1/0a1b"),
    ),
    "aws_budgets_budget": (of("budgets:ViewBudget ListTagsForResource", "budgets::budget/{name}"),),
    "aws_cloudwatch_dashboard": (of("cloudwatch:GetDashboard", "cloudwatch::dashboard/{dashboard_name}"),),
    "aws_cloudwatch_event_rule": (of("events:DescribeRule ListTagsForResource", "events:rule/{name}"),),
    "aws_cloudwatch_event_target": (of("events:ListTargetsByRule", "events:rule/{rule}"),),
    "aws_cloudwatch_log_group": (
        of("logs:DescribeLogGroups", "logs:log-group::log-stream:"),
        of("logs:ListTagsForResource", "logs:log-group:{name}"),
    ),
    "aws_cloudwatch_log_metric_filter": (of("logs:DescribeMetricFilters", "logs:log-group:{log_group_name}"),),
    "aws_cloudwatch_metric_alarm": (
        of("cloudwatch:DescribeAlarms ListTagsForResource", "cloudwatch:alarm:{alarm_name}"),
    ),
    "aws_codedeploy_app": (of("codedeploy:GetApplication ListTagsForResource", "codedeploy:application:{name}"),),
    "aws_codedeploy_deployment_group": (
        of(
            "codedeploy:GetDeploymentGroup ListTagsForResource",
            "codedeploy:deploymentgroup:{app_name}/{deployment_group_name}",
        ),
    ),
    "aws_db_instance": (of("rds:DescribeDBInstances ListTagsForResource", "rds:db:{identifier}"),),
    "aws_db_subnet_group": (of("rds:DescribeDBSubnetGroups ListTagsForResource", "rds:subgrp:{name}"),),
    "aws_default_security_group": (of("ec2:DescribeSecurityGroups DescribeSecurityGroupRules"),),
    "aws_ecs_cluster": (of("ecs:DescribeClusters", "ecs:cluster/{name}"),),
    "aws_ecs_service": (of("ecs:DescribeServices", "ecs:service/{cluster}/{name}"),),
    "aws_ecs_task_definition": (of("ecs:DescribeTaskDefinition"),),
    "aws_egress_only_internet_gateway": (of("ec2:DescribeEgressOnlyInternetGateways"),),
    "aws_eip": (of("ec2:DescribeAddresses DescribeAddressesAttribute"),),
    "aws_eip_association": (of("ec2:DescribeAddresses"),),
    "aws_iam_instance_profile": (of("iam:GetInstanceProfile", "iam::instance-profile/{name}"),),
    "aws_iam_policy": (of("iam:GetPolicy GetPolicyVersion ListPolicyVersions", "iam::policy/{name}"),),
    "aws_iam_role": (of("iam:GetRole ListRolePolicies ListAttachedRolePolicies", "iam::role/{name}"),),
    "aws_iam_role_policy": (of("iam:GetRolePolicy", f"iam::role/{NAME}-worker"),),
    "aws_instance": (
        of(
            "ec2:DescribeInstances DescribeInstanceTypes DescribeInstanceAttribute DescribeInstanceCreditSpecifications"
            " DescribeVolumes DescribeVpcs DescribeTags DescribeImages"
        ),
        of("iam:GetInstanceProfile", "iam::instance-profile/{iam_instance_profile}"),
        of("ssm:GetParameter", f"arn:aws:ssm:{REGION}::parameter/aws/service/ami-amazon-linux-latest/al2023"),
    ),
    "aws_internet_gateway": (of("ec2:DescribeInternetGateways"),),
    "aws_lambda_event_source_mapping": (
        of("lambda:GetEventSourceMapping ListTags", "lambda:event-source-mapping:0a1b"),
    ),
    "aws_lambda_function": (
        of(
            "lambda:GetFunction GetFunctionConfiguration ListVersionsByFunction GetFunctionCodeSigningConfig ListTags",
            "lambda:function:{function_name}",
        ),
    ),
    "aws_lambda_function_event_invoke_config": (
        of("lambda:GetFunctionEventInvokeConfig", "lambda:function:{function_name}"),
    ),
    "aws_lambda_function_url": (of("lambda:GetFunctionUrlConfig", "lambda:function:{function_name}"),),
    "aws_lambda_permission": (of("lambda:GetPolicy", "lambda:function:{function_name}"),),
    "aws_lb": (
        of(
            "elasticloadbalancing:DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeCapacityReservation"
            " DescribeTags"
        ),
    ),
    "aws_lb_listener": (of("elasticloadbalancing:DescribeListeners DescribeListenerAttributes DescribeTags"),),
    "aws_lb_target_group": (
        of("elasticloadbalancing:DescribeTargetGroups DescribeTargetGroupAttributes DescribeTargetHealth DescribeTags"),
    ),
    "aws_nat_gateway": (of("ec2:DescribeNatGateways"),),
    "aws_rds_cluster": (
        of("rds:DescribeDBClusters ListTagsForResource", "rds:cluster:{cluster_identifier}"),
        of("rds:DescribeGlobalClusters", "rds::global-cluster:*"),
    ),
    "aws_rds_cluster_instance": (of("rds:DescribeDBInstances ListTagsForResource", "rds:db:{identifier}"),),
    "aws_route": (of("ec2:DescribeRouteTables"),),
    "aws_route_table": (of("ec2:DescribeRouteTables"),),
    "aws_route_table_association": (of("ec2:DescribeRouteTables"),),
    "aws_s3_bucket": (
        of(
            "s3:ListBucket GetBucketAcl GetBucketCORS GetBucketLogging GetBucketObjectLockConfiguration GetBucketPolicy"
            " GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration"
            " GetAccelerateConfiguration GetLifecycleConfiguration GetReplicationConfiguration GetBucketLocation",
            "arn:aws:s3:::{bucket}",
        ),
    ),
    "aws_s3_bucket_cors_configuration": (of("s3:GetBucketCORS", f"arn:aws:s3:::{NAME}-audio-{ACCOUNT}"),),
    "aws_s3_bucket_lifecycle_configuration": (
        of("s3:GetLifecycleConfiguration", f"arn:aws:s3:::{NAME}-audio-{ACCOUNT}"),
    ),
    "aws_s3_bucket_public_access_block": (of("s3:GetBucketPublicAccessBlock", f"arn:aws:s3:::{NAME}-audio-{ACCOUNT}"),),
    "aws_s3_bucket_server_side_encryption_configuration": (
        of("s3:GetEncryptionConfiguration", f"arn:aws:s3:::{NAME}-audio-{ACCOUNT}"),
    ),
    "aws_secretsmanager_secret": (
        of("secretsmanager:DescribeSecret GetResourcePolicy", "secretsmanager:secret:{name}-Ab1Cd2"),
    ),
    "aws_security_group": (of("ec2:DescribeSecurityGroups DescribeNetworkInterfaces"),),
    "aws_sns_topic": (of("sns:GetTopicAttributes ListTagsForResource", "sns:{name}"),),
    "aws_sns_topic_policy": (of("sns:GetTopicAttributes", f"sns:{NAME}-alarms"),),
    "aws_sns_topic_subscription": (of("sns:GetSubscriptionAttributes", f"sns:{NAME}-alarms"),),
    "aws_sqs_queue": (of("sqs:GetQueueAttributes GetQueueUrl ListQueueTags", "sqs:{name}"),),
    "aws_subnet": (of("ec2:DescribeSubnets DescribeNetworkInterfaces"),),
    "aws_vpc": (
        of(
            "ec2:DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups"
            " DescribeAvailabilityZones"
        ),
    ),
    "aws_vpc_endpoint": (of("ec2:DescribeVpcEndpoints DescribePrefixLists"),),
    "aws_vpc_security_group_egress_rule": (of("ec2:DescribeSecurityGroupRules"),),
    "aws_vpc_security_group_ingress_rule": (of("ec2:DescribeSecurityGroupRules"),),
    "aws_xray_group": (of("xray:GetGroup ListTagsForResource", "xray:group/{group_name}/0A1B"),),
    "aws_xray_sampling_rule": (
        of("xray:GetSamplingRules"),
        of("xray:ListTagsForResource", "xray:sampling-rule/{rule_name}"),
    ),
}

SECRET_READS: dict[str, tuple[Calls, ...]] = {
    # 5.100 reads the value of a write-only secret on each refresh, 6.26 lists its versions:
    # https://github.com/hashicorp/terraform-provider-aws/pull/44876
    "aws_secretsmanager_secret_version": (
        of("secretsmanager:GetSecretValue ListSecretVersionIds DescribeSecret", "secretsmanager:secret:{name}-Ab1Cd2"),
    ),
}
"""What a refresh of secrets reads. `name` is each secret of the topology."""

WRITES: dict[str, tuple[Calls, ...]] = {
    "aws_apigatewayv2_api": (
        of("apigateway:POST", f"{GATEWAY}apis"),
        of("apigateway:PATCH DELETE", f"{GATEWAY}apis/a1"),
        of("apigateway:POST PUT DELETE TagResource UntagResource", f"{GATEWAY}tags/a1"),
    ),
    "aws_apigatewayv2_integration": (
        of("apigateway:POST", f"{GATEWAY}apis/a1/integrations"),
        of("apigateway:PATCH DELETE", f"{GATEWAY}apis/a1/integrations/i1"),
    ),
    "aws_apigatewayv2_route": (
        of("apigateway:POST", f"{GATEWAY}apis/a1/routes"),
        of("apigateway:PATCH DELETE", f"{GATEWAY}apis/a1/routes/r1"),
    ),
    "aws_apigatewayv2_stage": (
        of("apigateway:POST", f"{GATEWAY}apis/a1/stages"),
        of("apigateway:PATCH DELETE", f"{GATEWAY}apis/a1/stages/$default"),
    ),
    "aws_apigatewayv2_vpc_link": (
        of("apigateway:POST", f"{GATEWAY}vpclinks"),
        of("apigateway:PATCH DELETE", f"{GATEWAY}vpclinks/v1"),
    ),
    "aws_appautoscaling_policy": (
        of(
            "application-autoscaling:PutScalingPolicy DeleteScalingPolicy",
            "application-autoscaling:scalable-target/0a1b",
            **{"application-autoscaling__service-namespace": "ecs"},
        ),
    ),
    "aws_appautoscaling_target": (
        of(
            "application-autoscaling:RegisterScalableTarget DeregisterScalableTarget",
            "application-autoscaling:scalable-target/0a1b",
            **{"application-autoscaling__service-namespace": "ecs"},
        ),
        Calls(
            "application-autoscaling:TagResource UntagResource",
            f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/0a1b",
            (("application-autoscaling:service-namespace", ()),),
        ),
    ),
    "aws_apprunner_auto_scaling_configuration_version": (
        of(
            "apprunner:CreateAutoScalingConfiguration DeleteAutoScalingConfiguration TagResource UntagResource",
            "apprunner:autoscalingconfiguration/{auto_scaling_configuration_name}/1/0a1b",
        ),
    ),
    "aws_apprunner_service": (
        of(
            "apprunner:CreateService UpdateService DeleteService TagResource UntagResource",
            "apprunner:service/{service_name}/0a1b",
        ),
        # AWS also requires them on what the service refers to.
        of("apprunner:CreateService UpdateService", "apprunner:autoscalingconfiguration/{service_name}/1/0a1b"),
        of("apprunner:CreateService UpdateService", "apprunner:vpcconnector/{service_name}/1/0a1b"),
    ),
    "aws_apprunner_vpc_connector": (
        of(
            "apprunner:CreateVpcConnector DeleteVpcConnector TagResource UntagResource",
            "apprunner:vpcconnector/{vpc_connector_name}/1/0a1b",
        ),
    ),
    "aws_budgets_budget": (of("budgets:ModifyBudget TagResource UntagResource", "budgets::budget/{name}"),),
    "aws_cloudwatch_dashboard": (
        of("cloudwatch:PutDashboard DeleteDashboards", "cloudwatch::dashboard/{dashboard_name}"),
    ),
    "aws_cloudwatch_event_rule": (of("events:PutRule DeleteRule TagResource UntagResource", "events:rule/{name}"),),
    "aws_cloudwatch_event_target": (of("events:PutTargets RemoveTargets", "events:rule/{rule}"),),
    "aws_cloudwatch_log_group": (
        of(
            "logs:CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource",
            "logs:log-group:{name}",
        ),
    ),
    "aws_cloudwatch_log_metric_filter": (
        of("logs:PutMetricFilter DeleteMetricFilter", "logs:log-group:{log_group_name}"),
    ),
    "aws_cloudwatch_metric_alarm": (
        of("cloudwatch:PutMetricAlarm DeleteAlarms TagResource UntagResource", "cloudwatch:alarm:{alarm_name}"),
    ),
    "aws_codedeploy_app": (
        of(
            "codedeploy:CreateApplication UpdateApplication DeleteApplication TagResource UntagResource",
            "codedeploy:application:{name}",
        ),
    ),
    "aws_codedeploy_deployment_group": (
        of(
            "codedeploy:CreateDeploymentGroup UpdateDeploymentGroup DeleteDeploymentGroup TagResource UntagResource",
            "codedeploy:deploymentgroup:{app_name}/{deployment_group_name}",
        ),
    ),
    "aws_db_instance": (
        of(
            "rds:CreateDBInstance ModifyDBInstance DeleteDBInstance AddTagsToResource RemoveTagsFromResource"
            " RebootDBInstance",
            "rds:db:{identifier}",
        ),
        of("rds:CreateDBInstance ModifyDBInstance", "rds:subgrp:{db_subnet_group_name}"),
        of("rds:CreateDBInstance ModifyDBInstance", "rds:pg:default.postgres16"),
        of("rds:CreateDBInstance ModifyDBInstance", "rds:og:default:postgres-16"),
        of("rds:CreateDBSnapshot DeleteDBInstance AddTagsToResource", "rds:snapshot:{final_snapshot_identifier}"),
    ),
    "aws_db_subnet_group": (
        of(
            "rds:CreateDBSubnetGroup ModifyDBSubnetGroup DeleteDBSubnetGroup AddTagsToResource RemoveTagsFromResource",
            "rds:subgrp:{name}",
        ),
    ),
    "aws_default_security_group": (
        Calls(
            "ec2:CreateTags",
            f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/default-1",
            ((TAG[0], (NAME,)), (TAG[1], ()), (TAG[2], ())),
        ),
        ours("RevokeSecurityGroupEgress RevokeSecurityGroupIngress", "security-group"),
    ),
    "aws_ecs_cluster": (
        of(
            "ecs:CreateCluster DeleteCluster UpdateCluster UpdateClusterSettings TagResource UntagResource",
            "ecs:cluster/{name}",
        ),
    ),
    "aws_ecs_service": (
        of("ecs:CreateService UpdateService DeleteService TagResource UntagResource", "ecs:service/{cluster}/{name}"),
    ),
    "aws_ecs_task_definition": (
        of("ecs:RegisterTaskDefinition TagResource UntagResource", "ecs:task-definition/{family}:7"),
    ),
    "aws_egress_only_internet_gateway": (
        *made("CreateEgressOnlyInternetGateway", "egress-only-internet-gateway"),
        ours("CreateEgressOnlyInternetGateway", "vpc"),
        ours("DeleteEgressOnlyInternetGateway", "egress-only-internet-gateway"),
        retagged("egress-only-internet-gateway"),
    ),
    "aws_eip": (
        *made("AllocateAddress", "elastic-ip"),
        ours("ReleaseAddress DisassociateAddress", "elastic-ip"),
        retagged("elastic-ip"),
    ),
    "aws_eip_association": (
        ours("AssociateAddress DisassociateAddress", "elastic-ip"),
        ours("AssociateAddress", "instance"),
        # The interface of the machine, which RunInstances makes without tags.
        foreign("AssociateAddress DisassociateAddress", "network-interface"),
    ),
    "aws_iam_instance_profile": (
        of(
            "iam:CreateInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile"
            " TagInstanceProfile UntagInstanceProfile",
            "iam::instance-profile/{name}",
        ),
    ),
    "aws_iam_policy": (
        of(
            "iam:CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion TagPolicy UntagPolicy",
            "iam::policy/{name}",
        ),
    ),
    "aws_iam_role": (
        of(
            "iam:CreateRole DeleteRole TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
            " ListInstanceProfilesForRole",
            "iam::role/{name}",
        ),
    ),
    "aws_iam_role_policy": (of("iam:PutRolePolicy DeleteRolePolicy", f"iam::role/{NAME}-worker"),),
    "aws_instance": (
        *made("RunInstances", "instance"),
        Calls(
            "ec2:CreateTags",
            f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/made-1",
            ((TAG[0], (NAME,)), (TAG[1], ()), (TAG[2], ("RunInstances",))),
        ),
        foreign("RunInstances", "network-interface"),
        Calls(
            "ec2:RunInstances",
            f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/made-1",
            ((TAG[0], (NAME,)), (TAG[1], ()), (TAG[2], ())),
        ),
        ours("RunInstances", "subnet"),
        ours("RunInstances", "security-group"),
        Calls(
            "ec2:RunInstances",
            f"arn:aws:ec2:{REGION}::image/ami-1",
            (("ec2:owner", ("amazon",)), *((key, ()) for key in TAG)),
        ),
        ours(
            "TerminateInstances StopInstances StartInstances ModifyInstanceAttribute ModifyInstanceMetadataOptions",
            "instance",
        ),
        retagged("instance"),
        retagged("volume"),
    ),
    "aws_internet_gateway": (
        *made("CreateInternetGateway", "internet-gateway"),
        ours("AttachInternetGateway DetachInternetGateway", "vpc"),
        ours("AttachInternetGateway DetachInternetGateway DeleteInternetGateway", "internet-gateway"),
        retagged("internet-gateway"),
    ),
    "aws_lambda_event_source_mapping": (
        of(
            "lambda:CreateEventSourceMapping",
            **{"lambda__functionarn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-worker"},
        ),
        of(
            "lambda:UpdateEventSourceMapping DeleteEventSourceMapping",
            "lambda:event-source-mapping:0a1b",
            **{"lambda__functionarn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-worker"},
        ),
        Calls(
            "lambda:TagResource UntagResource",
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:0a1b",
            (("lambda:functionarn", ()),),
        ),
    ),
    "aws_lambda_function": (
        of(
            "lambda:CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction TagResource"
            " UntagResource",
            "lambda:function:{function_name}",
        ),
    ),
    "aws_lambda_function_event_invoke_config": (
        of(
            "lambda:PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig",
            "lambda:function:{function_name}",
        ),
    ),
    "aws_lambda_function_url": (
        of(
            "lambda:CreateFunctionUrlConfig UpdateFunctionUrlConfig DeleteFunctionUrlConfig",
            "lambda:function:{function_name}",
        ),
    ),
    "aws_lambda_permission": (of("lambda:AddPermission RemovePermission", "lambda:function:{function_name}"),),
    "aws_lb": (
        of(
            "elasticloadbalancing:CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups"
            " SetSubnets AddTags RemoveTags",
            RULE.format(kind="loadbalancer").format(name="{name}"),
        ),
    ),
    "aws_lb_listener": (
        of("elasticloadbalancing:CreateListener", f"elasticloadbalancing:loadbalancer/app/{NAME}-api/0a1b"),
        of(
            "elasticloadbalancing:ModifyListener ModifyListenerAttributes DeleteListener AddTags RemoveTags",
            f"elasticloadbalancing:listener/app/{NAME}-api/0a1b/2c3d",
        ),
    ),
    "aws_lb_target_group": (
        of(
            "elasticloadbalancing:CreateTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes DeleteTargetGroup"
            " AddTags RemoveTags",
            "elasticloadbalancing:targetgroup/{name}/0a1b",
        ),
    ),
    "aws_nat_gateway": (
        *made("CreateNatGateway", "natgateway"),
        ours("CreateNatGateway", "subnet"),
        ours("CreateNatGateway", "elastic-ip"),
        ours("DeleteNatGateway", "natgateway"),
        retagged("natgateway"),
    ),
    "aws_rds_cluster": (
        of(
            "rds:CreateDBCluster ModifyDBCluster DeleteDBCluster AddTagsToResource RemoveTagsFromResource",
            "rds:cluster:{cluster_identifier}",
        ),
        of("rds:CreateDBCluster", "rds:subgrp:{db_subnet_group_name}"),
        of("rds:CreateDBCluster ModifyDBCluster", "rds:cluster-pg:default.aurora-postgresql16"),
        of("rds:CreateDBCluster ModifyDBCluster", "rds:og:default:aurora-postgresql-16"),
        of(
            "rds:CreateDBClusterSnapshot DeleteDBCluster AddTagsToResource",
            "rds:cluster-snapshot:{final_snapshot_identifier}",
        ),
    ),
    "aws_rds_cluster_instance": (
        of(
            "rds:CreateDBInstance ModifyDBInstance DeleteDBInstance AddTagsToResource RemoveTagsFromResource",
            "rds:db:{identifier}",
        ),
        of("rds:CreateDBInstance", f"rds:cluster:{NAME}-database"),
        of("rds:CreateDBInstance", "rds:subgrp:{db_subnet_group_name}"),
        of("rds:CreateDBInstance ModifyDBInstance", "rds:pg:default.aurora-postgresql16"),
    ),
    "aws_route": (ours("CreateRoute ReplaceRoute DeleteRoute", "route-table"),),
    "aws_route_table": (
        *made("CreateRouteTable", "route-table"),
        ours("CreateRouteTable", "vpc"),
        ours("DeleteRouteTable", "route-table"),
        retagged("route-table"),
    ),
    "aws_route_table_association": (
        ours("AssociateRouteTable DisassociateRouteTable", "route-table"),
        ours("AssociateRouteTable DisassociateRouteTable", "subnet"),
    ),
    "aws_s3_bucket": (of("s3:CreateBucket DeleteBucket PutBucketTagging", "arn:aws:s3:::{bucket}"),),
    "aws_s3_bucket_cors_configuration": (of("s3:PutBucketCORS", f"arn:aws:s3:::{NAME}-audio-{ACCOUNT}"),),
    "aws_s3_bucket_lifecycle_configuration": (
        of("s3:PutLifecycleConfiguration", f"arn:aws:s3:::{NAME}-audio-{ACCOUNT}"),
    ),
    "aws_s3_bucket_public_access_block": (of("s3:PutBucketPublicAccessBlock", f"arn:aws:s3:::{NAME}-audio-{ACCOUNT}"),),
    "aws_s3_bucket_server_side_encryption_configuration": (
        of("s3:PutEncryptionConfiguration", f"arn:aws:s3:::{NAME}-audio-{ACCOUNT}"),
    ),
    "aws_secretsmanager_secret": (
        of(
            "secretsmanager:CreateSecret UpdateSecret DeleteSecret TagResource UntagResource",
            "secretsmanager:secret:{name}-Ab1Cd2",
        ),
    ),
    "aws_secretsmanager_secret_version": (
        of("secretsmanager:PutSecretValue UpdateSecretVersionStage", "secretsmanager:secret:{name}-Ab1Cd2"),
    ),
    "aws_security_group": (
        *made("CreateSecurityGroup", "security-group"),
        ours("CreateSecurityGroup", "vpc"),
        ours("DeleteSecurityGroup RevokeSecurityGroupEgress RevokeSecurityGroupIngress", "security-group"),
        # Interfaces that a deleted function has left: the provider deletes them before their group and subnet.
        # https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/ec2/vpc_network_interface.go
        foreign("DeleteNetworkInterface DetachNetworkInterface", "network-interface"),
        retagged("security-group"),
    ),
    "aws_sns_topic": (of("sns:CreateTopic DeleteTopic SetTopicAttributes TagResource UntagResource", "sns:{name}"),),
    "aws_sns_topic_policy": (of("sns:SetTopicAttributes", f"sns:{NAME}-alarms"),),
    "aws_sns_topic_subscription": (
        of("sns:Subscribe", f"sns:{NAME}-alarms"),
        of("sns:SetSubscriptionAttributes Unsubscribe"),
    ),
    "aws_sqs_queue": (of("sqs:CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue", "sqs:{name}"),),
    "aws_subnet": (
        *made("CreateSubnet", "subnet"),
        ours("CreateSubnet", "vpc"),
        ours("DeleteSubnet ModifySubnetAttribute AssociateSubnetCidrBlock DisassociateSubnetCidrBlock", "subnet"),
        foreign("DeleteNetworkInterface DetachNetworkInterface", "network-interface"),
        retagged("subnet"),
    ),
    "aws_vpc": (
        *made("CreateVpc", "vpc"),
        ours("DeleteVpc ModifyVpcAttribute AssociateVpcCidrBlock DisassociateVpcCidrBlock", "vpc"),
        retagged("vpc"),
    ),
    "aws_vpc_endpoint": (
        *made("CreateVpcEndpoint", "vpc-endpoint"),
        ours("CreateVpcEndpoint", "vpc"),
        ours("CreateVpcEndpoint ModifyVpcEndpoint", "subnet"),
        ours("CreateVpcEndpoint ModifyVpcEndpoint", "security-group"),
        ours("CreateVpcEndpoint ModifyVpcEndpoint", "route-table"),
        ours("ModifyVpcEndpoint DeleteVpcEndpoints", "vpc-endpoint"),
        retagged("vpc-endpoint"),
    ),
    **dict.fromkeys(
        ("aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"),
        (
            *made("AuthorizeSecurityGroupIngress", "security-group-rule"),
            *made("AuthorizeSecurityGroupEgress", "security-group-rule"),
            ours(
                "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress"
                " RevokeSecurityGroupEgress ModifySecurityGroupRules",
                "security-group",
            ),
            retagged("security-group-rule"),
        ),
    ),
    "aws_xray_group": (
        of("xray:CreateGroup UpdateGroup DeleteGroup TagResource UntagResource", "xray:group/{group_name}/0A1B"),
    ),
    "aws_xray_sampling_rule": (
        of(
            "xray:CreateSamplingRule UpdateSamplingRule DeleteSamplingRule TagResource UntagResource",
            "xray:sampling-rule/{rule_name}",
        ),
    ),
}
