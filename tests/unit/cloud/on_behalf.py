"""What AWS asks of the deploy role beyond the provider's own calls, each with its source.

AWS checks these permissions with the rights of the caller, while it serves another call: it makes alarms for a scaling
policy, takes over a role, creates the role of a service at its first use. No emulator asks for them.
"""

from dataclasses import dataclass

from sim.cloud.planned_resources import ACCOUNT, NAME
from tests.unit.cloud.provider_calls import Calls, of

STATES = f"arn:aws:s3:::terraform-state-{NAME}-{ACCOUNT}"


@dataclass(frozen=True)
class Asked:
    """Permissions that AWS asks for when a resource of one of these types is written."""

    types: tuple[str, ...]
    calls: tuple[Calls, ...]
    source: str


def passed(role: str, service: str) -> Calls:
    return of("iam:PassRole", f"iam::role/{NAME}-{role}", iam__passedtoservice=service)


def own_role(service: str, name: str) -> Calls:
    """The service's own role, created at its first use in an account."""
    return of(
        "iam:CreateServiceLinkedRole", f"iam::role/aws-service-role/{service}/{name}", iam__awsservicename=service
    )


ON_BEHALF = (
    Asked(
        ("aws_appautoscaling_policy",),
        (
            of(
                "cloudwatch:PutMetricAlarm DeleteAlarms DescribeAlarms",
                "cloudwatch:alarm:TargetTracking-service/{cluster}/{service}-AlarmHigh-0a1b2c3d",
            ),
            of("ecs:DescribeServices UpdateService", "ecs:service/{cluster}/{service}"),
        ),
        "https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html",
    ),
    Asked(
        ("aws_appautoscaling_target",),
        (
            own_role("ecs.application-autoscaling.amazonaws.com", "AWSServiceRoleForApplicationAutoScaling_ECSService"),
            of("ecs:DescribeServices UpdateService", "ecs:service/{cluster}/{service}"),
        ),
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html",
    ),
    Asked(
        ("aws_ecs_cluster", "aws_ecs_service"),
        (own_role("ecs.amazonaws.com", "AWSServiceRoleForECS"),),
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html",
    ),
    Asked(
        ("aws_ecs_task_definition",),
        (passed("api", "ecs-tasks.amazonaws.com"), passed("api-execution", "ecs-tasks.amazonaws.com")),
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
    ),
    Asked(
        ("aws_codedeploy_deployment_group",),
        (passed("api-deployment", "codedeploy.amazonaws.com"),),
        "https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html",
    ),
    Asked(
        ("aws_lb",),
        (
            own_role("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
            of("ec2:DescribeSubnets DescribeSecurityGroups DescribeVpcs DescribeInternetGateways"),
            of("ec2:DescribeAvailabilityZones DescribeAddresses DescribeAccountAttributes"),
        ),
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html",
    ),
    Asked(
        ("aws_apigatewayv2_vpc_link",),
        (
            own_role("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway"),
            of("ec2:DescribeSubnets DescribeSecurityGroups DescribeVpcs"),
        ),
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html",
    ),
    Asked(
        ("aws_lambda_function",),
        (
            passed("worker", "lambda.amazonaws.com"),
            passed("relay", "lambda.amazonaws.com"),
            # The configuration of a network, which Lambda checks with the caller's rights.
            of("ec2:DescribeSecurityGroups DescribeSubnets DescribeVpcs"),
            # The image, and the policy of its repository. Lambda writes that policy only if it is missing.
            of("ecr:BatchGetImage GetDownloadUrlForLayer GetRepositoryPolicy", f"ecr:repository/{NAME}/worker"),
        ),
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html,"
        " https://docs.aws.amazon.com/lambda/latest/dg/images-create.html",
    ),
    Asked(
        ("aws_instance",),
        (passed("api", "ec2.amazonaws.com"),),
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html",
    ),
    Asked(
        ("aws_apprunner_service",),
        (
            passed("api", "tasks.apprunner.amazonaws.com"),
            passed("api-pull", "build.apprunner.amazonaws.com"),
            own_role("apprunner.amazonaws.com", "AWSServiceRoleForAppRunner"),
        ),
        "https://docs.aws.amazon.com/apprunner/latest/dg/security_iam_service-with-iam.html",
    ),
    Asked(
        ("aws_apprunner_vpc_connector",),
        (
            own_role("networking.apprunner.amazonaws.com", "AWSServiceRoleForAppRunnerNetworking"),
            of("ec2:DescribeSubnets DescribeSecurityGroups DescribeVpcs"),
        ),
        "https://docs.aws.amazon.com/apprunner/latest/dg/using-service-linked-roles-networking.html",
    ),
    Asked(
        ("aws_db_instance", "aws_rds_cluster", "aws_db_subnet_group"),
        (
            own_role("rds.amazonaws.com", "AWSServiceRoleForRDS"),
            of("ec2:DescribeSubnets DescribeSecurityGroups DescribeVpcs DescribeVpcAttribute"),
            of("ec2:DescribeAvailabilityZones"),
        ),
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html",
    ),
    Asked(
        ("aws_nat_gateway", "aws_route"),
        (of("ec2:DescribeAddresses DescribeSubnets DescribeNetworkInterfaces DescribeInternetGateways"),),
        "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html",
    ),
    Asked(
        ("aws_sns_topic_subscription", "aws_budgets_budget"),
        (of("sns:GetTopicAttributes", f"sns:{NAME}-alarms"),),
        "https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html",
    ),
    Asked(
        ("aws_vpc_endpoint",),
        (
            of("route53:AssociateVPCWithHostedZone", "arn:aws:route53:::hostedzone/Z0123456789"),
            of("route53:AssociateVPCWithHostedZone", "ec2:vpc/vpc-1"),
        ),
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html",
    ),
)

COMMANDS = (
    # deploy.sh: the migration, a rollout, the list of images for a rollback.
    of("lambda:InvokeFunction GetFunctionConfiguration", f"lambda:function:{NAME}-relay"),
    of("lambda:CreateFunction GetFunction InvokeFunction DeleteFunction", f"lambda:function:{NAME}-migration"),
    passed("relay", "lambda.amazonaws.com"),
    of("codedeploy:CreateDeployment GetDeployment", "codedeploy:deploymentgroup:{service}/{service}"),
    of("codedeploy:GetDeploymentConfig", "codedeploy:deploymentconfig:CodeDeployDefault.ECSCanary10Percent5Minutes"),
    of("codedeploy:GetApplicationRevision RegisterApplicationRevision", "codedeploy:application:{service}"),
    of("codedeploy:StopDeployment"),
    of("ecs:DescribeServices", "ecs:service/{cluster}/{service}"),
    of("ecr:DescribeImages BatchGetImage PutImage", f"ecr:repository/{NAME}/worker"),
    of("ecr:BatchGetImage PutImage", f"ecr:repository/{NAME}/api"),
    of("secretsmanager:GetRandomPassword"),
    # The backend lists the workspaces at each init. S3 asks for the same permission, without a prefix, before it says
    # that an object does not exist: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    of("s3:ListBucket", STATES, s3__prefix="env:/"),
    Calls("s3:ListBucket", STATES, (("s3:prefix", ()),)),
    of("s3:GetObject PutObject", f"{STATES}/{NAME}/ecs.tfstate"),
    of("s3:GetObject PutObject DeleteObject", f"{STATES}/{NAME}/ecs.tfstate.tflock"),
)
"""The calls of deploy.sh and of Terraform's backend, beside those for resources."""
