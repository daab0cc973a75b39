"""What a lifecycle finds in plans and in secrets, and the table that is printed."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from sim.cloud import judgements, lifecycles
from sim.cloud.inventory import KINDS
from sim.cloud.second_deployment import CHANGES, arguments
from sim.cloud.topology_lifecycle import CheckFailed, TopologyLifecycle, _changes, _parts
from sim.provisioning.render import RENDERED_TOPOLOGIES
from sim.provisioning.terraform import CONFIGURATION


def change(address: str, *actions: str, before: object = None, after: object = None, mode: str = "managed") -> object:
    planned = {"actions": list(actions), "before": before, "after": after, "after_unknown": {}}
    return {"address": address, "mode": mode, "change": planned}


def test_planned_changes_are_listed_with_the_attributes_that_differ() -> None:
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


def test_the_search_covers_whole_secrets_and_their_parts() -> None:
    assert _parts('{"key-of-a": "tenant"}') == ['{"key-of-a": "tenant"}', "key-of-a", "tenant"]
    assert "pass-word" in _parts("postgresql://rawk:pass-word@host:5432/rawk")


def test_the_table_has_a_line_for_each_topology_and_blanks_for_steps_that_did_not_run() -> None:
    passed, failed = object.__new__(TopologyLifecycle), object.__new__(TopologyLifecycle)
    passed.topology, passed.resources, passed.seconds, passed.failure = "ecs", 107, {"init": 2.2, "apply": 99.9}, None
    failed.topology, failed.resources, failed.seconds, failed.failure = "ec2", 0, {"init": 1.0}, "plan: no"
    assert lifecycles.table([passed, failed]).splitlines() == [
        "topology  resources  init  apply  verdict",
        "ecs       107        2 s   100 s  passed ",
        "ec2       0          1 s          failed ",
    ]


def test_without_terraform_the_command_fails_unless_it_may_be_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lifecycles.main([]) == lifecycles.EXIT_NOT_RUN
    assert "no terraform on the PATH" in capsys.readouterr().err
    assert lifecycles.main(["--skip-without-terraform"]) == 0
    assert "skipped" in capsys.readouterr().err


def test_an_unknown_topology_is_refused_and_the_known_ones_are_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        lifecycles.main(["kubernetes"])
    assert "there is no topology kubernetes; choose from apprunner, ec2, ecs" in capsys.readouterr().err


def test_every_topology_has_a_lifecycle() -> None:
    there = {file.stem for file in (CONFIGURATION / "topologies").glob("*.tfvars")}
    assert there - set(RENDERED_TOPOLOGIES) == set(lifecycles.TOPOLOGIES)


def test_every_topology_has_a_second_deployment_that_changes_it() -> None:
    assert CHANGES.keys() == {*lifecycles.TOPOLOGIES, *lifecycles.OTHERS}
    assert all(CHANGES[topology] for topology in lifecycles.TOPOLOGIES)


def test_the_second_deployment_is_the_file_of_its_topology_and_the_changed_variables() -> None:
    file, values, *changed = arguments("apprunner", "values.json")
    assert file == "-var-file=topologies/apprunner-private.tfvars"
    assert values == "-var-file=values.json"
    assert {"-var=database_in_public_subnets=true", "-var=database_allowed_cidrs=[]"} <= set(changed)
    assert "-var=egress=ipv6" in arguments("ecs", "values.json")


def test_statements_that_never_decide_alone_are_idle() -> None:
    counted = {"plan": {"Look": 3}, "deploy": {"Bucket": 1, "Queues": 0}}
    assert lifecycles.idle(counted) == ["Queues of the deploy role"]
    assert "deploy role alone allowed: Bucket 1, Queues 0" in lifecycles.decisions(counted)


class _Delivery:
    """The statements of a delivery's roles."""

    name = "rawk"
    STATEMENTS: ClassVar = {
        "plan": [("preview-look", {"Sid": "Look", "Action": "ec2:Describe*", "Resource": "*"})],
        "deploy": [
            ("preview-look", {"Sid": "Look", "Action": "ec2:Describe*", "Resource": "*"}),
            ("deploy-compute", {"Sid": "Containers", "Action": ["ecs:CreateCluster"], "Resource": "cluster/rawk-*"}),
        ],
    }

    def role(self, kind: str) -> str:
        return f"rawk-{kind}"

    def statements(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        return list(self.STATEMENTS[kind])


def test_a_denial_names_the_statement_that_could_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = [
        {"action": "ecs:CreateCluster", "resource": "cluster/other", "times_denied": 1},
        {"action": "ecs:RunTask", "resource": "*", "times_denied": 1},
    ]
    grants = [
        {"statement": "Containers", "action": "ecs:CreateCluster", "resource": "cluster/rawk-*", "times_used": 0},
        {"statement": "Containers", "action": "ecs:DeleteCluster", "resource": "cluster/rawk-*", "times_used": 2},
        {"statement": "Look", "action": "ec2:Describe*", "resource": "*", "times_used": 0},
    ]
    records = {"rawk-deploy": {"denied": denied, "decided_alone": {"Look": 2}, "grants": grants}}
    monkeypatch.setattr(judgements, "_records", lambda *_: records)
    delivery: Any = _Delivery()
    texts = [str(each) for each in judgements.denials(cast("Any", None), delivery)]
    assert texts == [
        "rawk-deploy may not ecs:CreateCluster on cluster/other: it is allowed only by Containers of deploy-compute on"
        " cluster/rawk-*",
        "rawk-deploy may not ecs:RunTask on *: no statement has this action; add it to one in"
        " terraform/modules/delivery/policy_*.tf",
    ]
    assert judgements.decided_alone(cast("Any", None), [delivery], "deploy") == {"Containers": 0}
    assert judgements.decided_alone(cast("Any", None), [delivery], "plan") == {"Look": 0}
    assert judgements.unused_actions(cast("Any", None), [delivery]) == ["ecs:CreateCluster"]


@pytest.mark.parametrize(("refused", "noticed"), [([], False), (["a call"], True)])
def test_the_absence_of_a_statement_is_noticed_by_a_refused_call(
    capsys: pytest.CaptureFixture[str], refused: list[Any], noticed: bool
) -> None:
    lifecycle: Any = SimpleNamespace(without="Bucket", topology="core", failed_step="apply")
    assert lifecycles._is_noticed(lifecycle, refused) == noticed
    assert ("without Bucket core failed at apply: a call" in capsys.readouterr().out) == noticed


PART_OF_ANOTHER = re.compile(
    r"association|attachment|_policy$|_rule$|_route$|version$|lifecycle|cors_configuration|public_access|encryption|"
    r"permission|invoke_config|event_target|function_url|stage|integration|listener|deployment_group|"
    r"default_security_group"
)
"""Types that exist only with a parent resource, which the inventory lists."""

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


def test_the_inventory_lists_every_resource_type_of_the_topologies() -> None:
    modules = [folder for folder in (CONFIGURATION / "modules").iterdir() if folder.name != "delivery"]
    sources = "\n".join(file.read_text(encoding="utf-8") for folder in modules for file in folder.glob("*.tf"))
    types = set(re.findall(r'^resource "(\w+)"', sources, re.MULTILINE))
    independent = {each for each in types if each in LISTED_BY or not PART_OF_ANOTHER.search(each)}
    assert independent - set(LISTED_BY) == set(), "add how they are listed, to sim/cloud/inventory.py and here"
    listed = {f"{kind.service} {kind.operation}" for kind in KINDS}
    assert set(LISTED_BY.values()) <= listed


class _Secrets:
    """The calls of Secrets Manager that the search makes; one secret has no value yet."""

    class exceptions:  # noqa: N801  as boto3 calls it
        ResourceNotFoundException = KeyError

    VALUES: ClassVar = {
        "openai-api-key": "sk-0123456789abcdef",
        "api-keys": '{"key-0123456789abcdef": "tenant"}',
        "database-url": None,
    }

    def list_secrets(self, **_: object) -> dict[str, list[dict[str, str]]]:
        return {"SecretList": [{"Name": f"core-lifecycle/{name}", "ARN": name} for name in self.VALUES]}

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        value = self.VALUES[SecretId]
        if value is None:
            raise KeyError(SecretId)
        return {"SecretString": value}


def lifecycle_with_secrets(topology: str, state: str, texts: dict[str, str]) -> Any:
    lifecycle: Any = object.__new__(TopologyLifecycle)
    lifecycle.topology, lifecycle.name, lifecycle._texts = topology, "core-lifecycle", texts
    lifecycle._cloud = SimpleNamespace(client=lambda _: _Secrets())
    lifecycle._run_as = SimpleNamespace(deploy=lambda *arguments: state if arguments == ("state", "pull") else "")
    return lifecycle


@pytest.mark.parametrize(
    ("state", "plan", "found"),
    [
        ('{"a": "b"}', "{}", None),
        ('{"a": "sk-0123456789abcdef"}', "{}", "core-lifecycle/openai-api-key is in the state"),
        ("{}", '{"b": "key-0123456789abcdef"}', "core-lifecycle/api-keys is in the plan first"),
    ],
)
def test_a_secret_in_the_state_or_a_plan_fails_the_lifecycle(state: str, plan: str, found: str | None) -> None:
    lifecycle = lifecycle_with_secrets("core", state, {"the plan first": plan})
    if found is None:
        lifecycle._look_for_secrets()
    else:
        with pytest.raises(CheckFailed, match=found):
            lifecycle._look_for_secrets()


@pytest.mark.parametrize("topology", ["ecs", "ec2"])
def test_the_search_fails_when_expected_secrets_have_no_value(topology: str) -> None:
    with pytest.raises(
        CheckFailed, match="no value of core-lifecycle/database-password, core-lifecycle/database-url"
    ) as raised:
        lifecycle_with_secrets(topology, "{}", {})._look_for_secrets()
    assert ("openai-simulator-key" in str(raised.value)) == (topology == "ec2")
