"""The refusals of the smaller services can be left out. What they refuse is in the conformance checks."""

from sim.localstack.conformance.documented.smaller.alarms import ALARM
from sim.localstack.conformance.documented.smaller_services import ROLE
from sim.localstack.server import LocalStack


def test_without_the_feature_the_providers_alone_refuse_as_in_stock_localstack(stock: LocalStack) -> None:
    client = stock.target.client
    client("events").put_rule(Name="never", ScheduleExpression="cron(0 24 32 * ? *)")
    client("events").put_rule(Name="no-pattern", EventPattern="source")
    client("cloudwatch").put_metric_alarm(**{**ALARM, "EvaluationPeriods": 1441})
    client("logs").create_log_group(logGroupName="aws/group")
    client("ssm").put_parameter(Name="a b", Value="x" * 5000, Type="String")
    client("secretsmanager").create_secret(Name="both", SecretString="x", SecretBinary=b"x")
    client("iam").create_role(RoleName="trusts-nobody", AssumeRolePolicyDocument="{}")
    client("sts").assume_role(RoleArn=ROLE, RoleSessionName="check", Policy="none")
