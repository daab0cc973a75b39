"""Each service by the name in its signatures: boto3's name of it, and the permissions of its calls."""

from collections.abc import Callable
from typing import NamedTuple

from . import ec2, named, small
from .need import Call, Needs


class Service(NamedTuple):
    """A service of moto's half."""

    model: str
    """boto3's name."""
    needs: Callable[[Call], Needs]


def unlisted(call: Call) -> Needs:
    """Of a service that is not listed: its action on every resource."""
    yield call.need()


SERVICES = {
    "apigateway": Service("apigatewayv2", named.gateways),
    "application-autoscaling": Service("application-autoscaling", named.scaling),
    "apprunner": Service("apprunner", named.app_runner),
    "budgets": Service("budgets", small.budgets),
    "codedeploy": Service("codedeploy", small.deployments),
    "dynamodb": Service("dynamodb", small.tables),
    "ec2": Service("ec2", ec2.needs),
    "ecr": Service("ecr", small.images),
    "ecs": Service("ecs", named.ecs),
    "elasticloadbalancing": Service("elbv2", named.load_balancers),
    "rds": Service("rds", named.rds),
    "xray": Service("xray", small.traces),
}
