"""What a lap finds in plans and in secrets, and how the circle tells it."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from sim.cloud import lifecycles
from sim.cloud.inventory import KINDS
from sim.cloud.topology_lifecycle import Broken, Lap, _changes, _parts
from sim.provisioning.render import RENDERED_TOPOLOGIES
from sim.provisioning.terraform import CONFIGURATION


def change(address: str, *actions: str, before: object = None, after: object = None, mode: str = "managed") -> object:
    told = {"actions": list(actions), "before": before, "after": after, "after_unknown": {}}
    return {"address": address, "mode": mode, "change": told}


def test_what_a_plan_would_touch_is_told_with_the_attributes_that_differ() -> None:
    plan = {
        "resource_changes": [
            change("aws_sqs_queue.jobs", "no-op", before={"name": "a"}, after={"name": "a"}),
            change(
                "aws_cloudwatch_log_group.a", "update", before={"name": "a", "days": 1}, after={"name": "a", "days": 7}
            ),
            change("data.aws_region.current", "read", mode="data"),
        ],
        "output_changes": {"url": {"actions": ["update"]}, "name": {"actions": ["no-op"]}},
    }
    assert _changes(plan) == ["aws_cloudwatch_log_group.a: update days", "output.url: update"]


def test_secrets_are_looked_for_whole_and_in_parts() -> None:
    assert _parts('{"key-of-a": "tenant"}') == ['{"key-of-a": "tenant"}', "key-of-a", "tenant"]
    assert "pass-word" in _parts("postgresql://rawk:pass-word@host:5432/rawk")


def test_a_line_for_each_topology_and_what_was_never_begun_is_blank() -> None:
    round_, broken = object.__new__(Lap), object.__new__(Lap)
    round_.topology, round_.resources, round_.seconds, round_.problem = "ecs", 107, {"init": 2.2, "apply": 99.9}, None
    broken.topology, broken.resources, broken.seconds, broken.problem = "ec2", 0, {"init": 1.0}, "plan: no"
    assert lifecycles.table([round_, broken]).splitlines() == [
        "topology  resources  init  apply  verdict",
        "ecs       107        2 s   100 s  round  ",
        "ec2       0          1 s          broken ",
    ]


def test_without_terraform_it_says_so_and_fails_unless_told_to_skip(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lifecycles.main([]) == lifecycles.EXIT_NOT_RUN
    assert "no terraform on the PATH" in capsys.readouterr().err
    assert lifecycles.main(["--skip-without-terraform"]) == 0
    assert "skipped" in capsys.readouterr().err


def test_a_topology_that_there_is_not_is_refused_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        lifecycles.main(["kubernetes"])
    assert "there is no topology kubernetes: apprunner, ec2, ecs" in capsys.readouterr().err


def test_every_topology_has_its_lap() -> None:
    there = {file.stem for file in (CONFIGURATION / "topologies").glob("*.tfvars")}
    assert there - set(RENDERED_TOPOLOGIES) == set(lifecycles.TOPOLOGIES)


PART_OF_ANOTHER = re.compile(
    r"association|attachment|_policy$|_rule$|_route$|version$|lifecycle|public_access|encryption|permission|"
    r"invoke_config|event_target|function_url|stage|integration|listener|deployment_group|default_security_group"
)
"""Types that can not be without their bearer, which is looked for."""

LISTED_BY = {
    "aws_apigatewayv2_api": "apigatewayv2 get_apis",
    "aws_apigatewayv2_vpc_link": "apigatewayv2 get_vpc_links",
    "aws_appautoscaling_policy": "application-autoscaling describe_scaling_policies",
    "aws_appautoscaling_target": "application-autoscaling describe_scalable_targets",
    "aws_apprunner_auto_scaling_configuration_version": "apprunner list_auto_scaling_configurations",
    "aws_apprunner_observability_configuration": "apprunner list_observability_configurations",
    "aws_apprunner_service": "apprunner list_services",
    "aws_apprunner_vpc_connector": "apprunner list_vpc_connectors",
    "aws_budgets_budget": "budgets describe_budgets",
    "aws_cloudwatch_dashboard": "cloudwatch list_dashboards",
    "aws_cloudwatch_event_rule": "events list_rules",
    "aws_cloudwatch_log_group": "logs describe_log_groups",
    "aws_cloudwatch_log_metric_filter": "logs describe_metric_filters",
    "aws_cloudwatch_metric_alarm": "cloudwatch describe_alarms",
    "aws_codedeploy_app": "codedeploy list_applications",
    "aws_db_instance": "rds describe_db_instances",
    "aws_db_subnet_group": "rds describe_db_subnet_groups",
    "aws_ecs_cluster": "ecs list_clusters",
    "aws_ecs_service": "ecs list_clusters",
    "aws_ecs_task_definition": "ecs list_task_definitions",
    "aws_egress_only_internet_gateway": "ec2 describe_egress_only_internet_gateways",
    "aws_eip": "ec2 describe_addresses",
    "aws_iam_instance_profile": "iam list_instance_profiles",
    "aws_iam_policy": "iam list_policies",
    "aws_iam_role": "iam list_roles",
    "aws_instance": "ec2 describe_instances",
    "aws_internet_gateway": "ec2 describe_internet_gateways",
    "aws_lambda_event_source_mapping": "lambda list_event_source_mappings",
    "aws_lambda_function": "lambda list_functions",
    "aws_lb": "elbv2 describe_load_balancers",
    "aws_lb_target_group": "elbv2 describe_target_groups",
    "aws_nat_gateway": "ec2 describe_nat_gateways",
    "aws_rds_cluster": "rds describe_db_clusters",
    "aws_rds_cluster_instance": "rds describe_db_instances",
    "aws_route_table": "ec2 describe_route_tables",
    "aws_s3_bucket": "s3 list_buckets",
    "aws_secretsmanager_secret": "secretsmanager list_secrets",
    "aws_security_group": "ec2 describe_security_groups",
    "aws_sns_topic": "sns list_topics",
    "aws_sns_topic_subscription": "sns list_subscriptions",
    "aws_sqs_queue": "sqs list_queues",
    "aws_subnet": "ec2 describe_subnets",
    "aws_vpc": "ec2 describe_vpcs",
    "aws_vpc_endpoint": "ec2 describe_vpc_endpoints",
    "aws_xray_group": "xray get_groups",
    "aws_xray_sampling_rule": "xray get_sampling_rules",
}


def test_the_sweep_looks_for_every_type_that_the_topologies_make() -> None:
    modules = [folder for folder in (CONFIGURATION / "modules").iterdir() if folder.name != "delivery"]
    sources = "\n".join(file.read_text(encoding="utf-8") for folder in modules for file in folder.glob("*.tf"))
    types = set(re.findall(r'^resource "(\w+)"', sources, re.MULTILINE))
    standing_alone = {each for each in types if each in LISTED_BY or not PART_OF_ANOTHER.search(each)}
    assert standing_alone - set(LISTED_BY) == set(), "add how they are listed, to sim/cloud/inventory.py and here"
    looked_for = {f"{kind.service} {kind.operation}" for kind in KINDS}
    assert set(LISTED_BY.values()) <= looked_for


class _Secrets:
    """Secrets Manager, as far as the search asks it; one secret is yet to be filled."""

    class exceptions:  # noqa: N801  as boto3 calls it
        ResourceNotFoundException = KeyError

    VALUES: ClassVar = {
        "openai-api-key": "sk-0123456789abcdef",
        "api-keys": '{"key-0123456789abcdef": "somebody"}',
        "database-url": None,
    }

    def list_secrets(self, **_: object) -> dict[str, list[dict[str, str]]]:
        return {"SecretList": [{"Name": f"core-lap/{name}", "ARN": name} for name in self.VALUES]}

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        value = self.VALUES[SecretId]
        if value is None:
            raise KeyError(SecretId)
        return {"SecretString": value}


def lap_with_secrets(topology: str, folder: Path, texts: dict[str, str]) -> Any:
    lap: Any = object.__new__(Lap)
    lap.topology, lap.name, lap._texts = topology, "core-lap", texts
    lap._cloud = SimpleNamespace(client=lambda _: _Secrets())
    lap._terraform = SimpleNamespace(folder=folder)
    return lap


@pytest.mark.parametrize(
    ("state", "plan", "found"),
    [
        ('{"a": "b"}', "{}", None),
        ('{"a": "sk-0123456789abcdef"}', "{}", "core-lap/openai-api-key is in the state"),
        ("{}", '{"b": "key-0123456789abcdef"}', "core-lap/api-keys is in the plan first"),
    ],
)
def test_a_secret_in_state_or_plan_breaks_the_lap(tmp_path: Path, state: str, plan: str, found: str | None) -> None:
    (tmp_path / "terraform.tfstate").write_text(state)
    lap = lap_with_secrets("core", tmp_path, {"the plan first": plan})
    if found is None:
        lap._look_for_secrets()
    else:
        with pytest.raises(Broken, match=found):
            lap._look_for_secrets()


@pytest.mark.parametrize("topology", ["ecs", "ec2"])
def test_a_search_for_secrets_that_nobody_wrote_shows_nothing(tmp_path: Path, topology: str) -> None:
    with pytest.raises(Broken, match=r"nothing in core-lap/database-password, core-lap/database-url") as told:
        lap_with_secrets(topology, tmp_path, {})._look_for_secrets()
    assert ("openai-simulator-key" in str(told.value)) == (topology == "ec2")
