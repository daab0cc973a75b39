"""The constraints of AWS's models can be left out. What they refuse is in the conformance checks."""

from sim.localstack.conformance.documented.smaller_services import ROLE, TRUST
from sim.localstack.server import LocalStack


def test_without_the_feature_the_providers_alone_check_as_in_stock_localstack(stock: LocalStack) -> None:
    client = stock.target.client
    client("events").put_rule(Name="n" * 65, ScheduleExpression="rate(1 minute)")
    client("iam").create_role(RoleName="n" * 65, AssumeRolePolicyDocument=TRUST)
    client("sts").assume_role(RoleArn=ROLE, RoleSessionName="check", DurationSeconds=899)
    client("logs").create_log_group(logGroupName="a b")
