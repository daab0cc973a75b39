"""The commands of deploy.sh, with fakes of Terraform and the AWS CLI."""

import json
from pathlib import Path
from typing import Any

import pytest

from sim.cloud.topology_lifecycle import REPLACED_BY_A_VERSION
from terraform.deploy import secret_placeholders
from terraform.deploy.aws_cli import AwsError
from terraform.deploy.commands import COMMANDS
from terraform.deploy.console import EXIT_INTERRUPTED, Failure
from terraform.deploy.images import choose_images, keep_deployed, previous_tag
from terraform.deploy.losses import losses
from terraform.deploy.options import COMMANDS as NAMES
from terraform.deploy.terraform_cli import Change
from tests.unit.delivery.conftest import Deploys

WORKER, API = "TF_VAR_worker_image_uri", "TF_VAR_api_image_uri"
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/memo"
SECRET = "module.pipeline.aws_secretsmanager_secret_version.openai_api_key[0]"
ECS = {
    "kind": "ecs",
    "cluster": "c",
    "service": "s",
    "task_definition_arn": "arn:task:8",
    "codedeploy_application": "a",
    "codedeploy_group": "g",
    "container_name": "api",
    "container_port": "8080",
}


def test_every_command_of_the_command_line_has_an_implementation() -> None:
    assert set(COMMANDS) == set(NAMES)


# images


def test_a_topology_without_an_api_gets_the_workers_image_only(deploys: Deploys) -> None:
    deployment = deploys(topology="core")
    choose_images(deployment, "3f2a9c1")
    assert deployment.target.environment == {WORKER: f"{REGISTRY}/worker:3f2a9c1"}


def test_image_tag_takes_precedence_over_the_operators_variables(deploys: Deploys) -> None:
    deployment = deploys()
    deployment.target.environment.update({"IMAGE_TAG": "new", WORKER: "other"})
    choose_images(deployment)
    assert deployment.target.environment[WORKER] == f"{REGISTRY}/worker:new"


def test_a_package_needs_no_image(deploys: Deploys) -> None:
    deployment = deploys()
    deployment.target.environment["TF_VAR_worker_package_path"] = "package.zip"
    choose_images(deployment)
    assert WORKER not in deployment.target.environment


def test_the_running_images_are_the_default(deploys: Deploys) -> None:
    deployment = deploys()
    deployment.terraform.outputs["images"] = {"worker": "w:1", "api": None}
    deployment.target.environment[API] = "left over"
    choose_images(deployment)
    assert deployment.target.environment == {WORKER: "w:1"}


@pytest.mark.parametrize(("running", "previous"), [("new", "old"), ("old", None), ("unknown", None)])
def test_the_previous_tag_is_the_one_pushed_before_the_running_one(
    deploys: Deploys, running: str, previous: str | None
) -> None:
    deployment = deploys()
    pushed = [
        {"imagePushedAt": "2026-02-01T00:00:00Z", "imageTags": ["new"]},
        {"imagePushedAt": "2026-01-02T00:00:00Z"},
        {"imagePushedAt": "2026-01-01T00:00:00Z", "imageTags": ["old"]},
    ]
    deployment.aws.answers["ecr describe-images"] = [json.dumps({"imageDetails": pushed})]
    assert previous_tag(deployment, running) == previous


# secrets


@pytest.mark.parametrize(
    ("actions", "refused"),
    [(("create",), True), (("delete", "create"), True), (("update",), True), (("delete",), False)],
)
def test_a_placeholder_is_never_written(deploys: Deploys, actions: tuple[str, ...], refused: bool) -> None:
    deployment = deploys()
    deployment.terraform.planned = [Change(actions, "aws_secretsmanager_secret_version", SECRET)]
    secret_placeholders.fill_in(deployment)
    if refused:
        with pytest.raises(Failure, match="their values are required"):
            secret_placeholders.refuse_to_write(deployment, Path("plan"))
    else:
        secret_placeholders.refuse_to_write(deployment, Path("plan"))


def test_a_plan_without_secrets_opens_none(deploys: Deploys) -> None:
    deployment = deploys("plan", secrets=False)
    deployment.target.environment.update(
        {"IMAGE_TAG": "new", "TF_VAR_openai_api_key": "a-real-key", "TF_VAR_generate_database_password": "true"}
    )
    assert COMMANDS["plan"](deployment) == 0

    environment = deployment.target.environment
    assert "a-real-key" not in environment.values()
    generated = {name: value for name, value in environment.items() if name.startswith("TF_VAR_generate_")}
    assert generated == {
        "TF_VAR_generate_database_password": "false",
        "TF_VAR_generate_openai_simulator_key": "false",
    }
    assert "-refresh=false" in deployment.terraform.commands[0]  # type: ignore[attr-defined]


def test_a_plan_with_secrets_refreshes(deploys: Deploys) -> None:
    deployment = deploys("plan")
    deployment.target.environment["IMAGE_TAG"] = "new"
    assert COMMANDS["plan"](deployment) == 0
    assert "-refresh=false" not in deployment.terraform.commands[0]  # type: ignore[attr-defined]


def test_given_secrets_may_be_written(deploys: Deploys) -> None:
    deployment = deploys()
    deployment.terraform.planned = [Change(("create",), "aws_secretsmanager_secret_version", SECRET)]
    deployment.target.environment.update({"TF_VAR_openai_api_key": "sk-1", "TF_VAR_api_keys_json": "{}"})
    secret_placeholders.fill_in(deployment)
    secret_placeholders.refuse_to_write(deployment, Path("plan"))
    assert deployment.target.environment["TF_VAR_openai_api_key"] == "sk-1"


@pytest.mark.parametrize(
    ("answer", "printed"),
    [("{}", ""), (AwsError("ImageTagAlreadyExistsException"), ""), (AwsError("denied"), "may expire while it runs")],
)
def test_deployed_images_get_a_tag_that_keeps_them(
    deploys: Deploys, capsys: pytest.CaptureFixture[str], answer: str | AwsError, printed: str
) -> None:
    deployment = deploys("apply")
    deployment.terraform.outputs["images"] = {"worker": f"{REGISTRY}/worker:3f2a9c1", "api": None}
    deployment.aws.answers = {"ecr batch-get-image": ['{"layers": []}'], "ecr put-image": [answer]}
    keep_deployed(deployment)
    assert deployment.aws.calls[-1] == (
        *("ecr", "put-image", "--repository-name", "memo/worker"),
        *("--image-tag", "deployed-3f2a9c1", "--image-manifest", '{"layers": []}'),
    )
    assert printed in capsys.readouterr().err


def test_the_second_tag_of_an_image_is_no_version(deploys: Deploys) -> None:
    deployment = deploys("rollback")
    images = [
        {"imagePushedAt": 1, "imageTags": ["deployed-old", "old"]},
        {"imagePushedAt": 2, "imageTags": ["deployed-new", "new"]},
    ]
    deployment.aws.answers = {"ecr describe-images": [json.dumps({"imageDetails": images})]}
    assert previous_tag(deployment, "new") == "old"


# migrate


def test_a_migration_that_cannot_start_reports_the_error_of_aws(deploys: Deploys) -> None:
    deployment = deploys("migrate")
    deployment.terraform.outputs["relay_function"] = "memo-relay"
    deployment.aws.answers["lambda invoke"] = [AwsError("AccessDenied")]
    with pytest.raises(Failure, match="could not be started: AccessDenied"):
        COMMANDS["migrate"](deployment)


RELAY = {
    "FunctionName": "memo-relay",
    "PackageType": "Image",
    "ImageConfigResponse": {"ImageConfig": {"Command": ["rawk.aws_lambda.relay_handler"]}},
    "Role": "arn:role",
    "Timeout": 60,
    "MemorySize": 512,
    "Architectures": ["x86_64"],
    "Environment": {"Variables": {"DATABASE_URL_SECRET_ID": "arn:secret"}},
    "VpcConfig": {"SubnetIds": ["s-1"], "SecurityGroupIds": ["g-1"], "VpcId": "v-1", "Ipv6AllowedForDualStack": True},
}


def expanding(deploys: Deploys, invoked: str | AwsError, relay: dict[str, object] = RELAY) -> Any:
    deployment = deploys("expand")
    deployment.target.environment["IMAGE_TAG"] = "new"
    deployment.terraform.outputs["relay_function"] = "memo-relay"
    (deployment.work / "response").write_text('{"revision": "0009"}')
    gone = AwsError("ResourceNotFoundException")
    deployment.aws.answers = {
        "lambda get-function-configuration": [json.dumps(relay)],
        "lambda delete-function": [gone, ""],
        "lambda create-function": ["{}"],
        "lambda wait": [""],
        "lambda invoke": [invoked],
    }
    return deployment


def test_the_new_version_migrates_before_it_is_deployed(deploys: Deploys, capsys: pytest.CaptureFixture[str]) -> None:
    deployment = expanding(deploys, "None")
    assert COMMANDS["expand"](deployment) == 0
    assert "revision 0009" in capsys.readouterr().err
    operations = [call[1] for call in deployment.aws.calls]
    assert operations == [
        "get-function-configuration",
        "delete-function",
        "create-function",
        "wait",
        "invoke",
        "delete-function",
    ]
    made = json.loads((deployment.work / "function").read_text())
    assert made["Code"] == {"ImageUri": f"{REGISTRY}/worker:new"}
    assert made["FunctionName"] == "memo-migration"
    network = {"SubnetIds": ["s-1"], "SecurityGroupIds": ["g-1"], "Ipv6AllowedForDualStack": True}
    assert made["VpcConfig"] == network
    assert {key: made[key] for key in ("Role", "Timeout", "Environment")} == {
        key: RELAY[key] for key in ("Role", "Timeout", "Environment")
    }
    assert made["LoggingConfig"]["LogGroup"] == "/aws/lambda/memo-relay"
    assert not deployment.terraform.commands


@pytest.mark.parametrize(
    ("invoked", "message"), [("Unhandled", "changed nothing"), (AwsError("Throttled"), "could not be started")]
)
def test_a_failed_migration_leaves_no_function_and_stops_the_deployment(
    deploys: Deploys, invoked: str | AwsError, message: str
) -> None:
    deployment = expanding(deploys, invoked)
    with pytest.raises(Failure, match=message):
        COMMANDS["expand"](deployment)
    assert deployment.aws.calls[-1][1] == "delete-function"


def test_a_package_and_a_first_deployment_are_not_migrated_before(deploys: Deploys) -> None:
    with pytest.raises(Failure, match="a package has no image"):
        COMMANDS["expand"](expanding(deploys, "None", RELAY | {"PackageType": "Zip"}))
    first = deploys("expand")
    assert COMMANDS["expand"](first) == 0
    assert not first.aws.calls  # type: ignore[attr-defined]


def test_there_is_nothing_to_migrate_before_the_first_apply(deploys: Deploys) -> None:
    with pytest.raises(Failure, match="apply first"):
        COMMANDS["migrate"](deploys("migrate"))


# rollout


def test_a_failed_look_at_a_rollout_is_repeated(deploys: Deploys, capsys: pytest.CaptureFixture[str]) -> None:
    deployment = deploys("rollout")
    deployment.terraform.outputs["api"] = ECS
    deployment.aws.answers = {
        "ecs describe-services": ["arn:task:7"],
        "deploy create-deployment": ["d-1"],
        "deploy get-deployment": [AwsError("Throttling"), "InProgress", "Succeeded"],
    }
    with deployment.interruption.handled():
        assert COMMANDS["rollout"](deployment) == 0
    printed = capsys.readouterr().err
    assert "the deployment d-1 cannot be read: Throttling" in printed
    assert "the new version receives the traffic" in printed


def test_an_interrupted_rollout_continues_and_the_message_says_how_to_stop_it(deploys: Deploys) -> None:
    deployment = deploys("rollout")
    deployment.terraform.outputs["api"] = ECS
    deployment.aws.answers = {
        "ecs describe-services": ["arn:task:7"],
        "deploy create-deployment": ["d-1"],
        "deploy get-deployment": ["InProgress"],
    }
    deployment.interruption.requested = True
    with pytest.raises(Failure, match="stop-deployment --auto-rollback-enabled --deployment-id d-1") as raised:
        COMMANDS["rollout"](deployment)
    assert raised.value.exit_code == EXIT_INTERRUPTED


def test_a_rollout_that_codedeploy_refuses_fails(deploys: Deploys) -> None:
    deployment = deploys("rollout")
    deployment.terraform.outputs["api"] = ECS
    deployment.aws.answers = {
        "ecs describe-services": ["arn:task:7"],
        "deploy create-deployment": [AwsError("DeploymentLimitExceeded")],
    }
    with pytest.raises(Failure, match="CodeDeploy did not start: DeploymentLimitExceeded"):
        COMMANDS["rollout"](deployment)


# rollback, destroy, unlock


VERSION = Change(("create", "delete"), "aws_instance", "machine")


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (VERSION, False),
        (Change(("delete", "create"), "aws_eip_association", "a"), False),
        (Change(("delete", "create"), "aws_ecs_task_definition", "a"), False),
        (Change(("delete", "create"), "aws_lambda_permission", "a"), False),
        (Change(("update",), "aws_db_instance", "a"), False),
        (Change(("create",), "aws_eip", "a"), False),
        (Change(("no-op",), "aws_s3_bucket", "a"), False),
        (Change(("read",), "aws_ssm_parameter", "a"), False),
        (Change(("delete",), "aws_instance", "a"), True),
        (Change(("delete",), "aws_eip_association", "a"), True),
        (Change(("delete",), "aws_lambda_permission", "a"), True),
        (Change(("delete", "create"), "aws_eip", "a"), True),
        (Change(("create", "delete"), "aws_lb_target_group", "a"), True),
        (Change(("delete", "create"), "aws_db_instance", "a"), True),
        (Change(("create", "delete"), "aws_rds_cluster", "a"), True),
        (Change(("delete", "create"), "aws_s3_bucket", "a"), True),
        (Change(("delete", "create"), "aws_sqs_queue", "a"), True),
        (Change(("delete", "create"), "aws_secretsmanager_secret", "a"), True),
        (Change(("delete", "create"), "aws_apprunner_service", "a"), True),
        (Change(("delete", "create"), "aws_lambda_function_url", "a"), True),
    ],
)
def test_a_rollback_is_judged_by_what_it_loses(change: Change, lost: bool) -> None:
    assert losses([VERSION, change]) == ([change.address] if lost else [])


@pytest.mark.parametrize("topology", REPLACED_BY_A_VERSION)
def test_what_another_image_replaces_is_no_loss(topology: str) -> None:
    changes = [
        Change(actions, address.split(".")[-2], address)
        for address in REPLACED_BY_A_VERSION[topology]
        for actions in (("delete", "create"), ("create", "delete"))
    ]
    assert changes
    assert losses(changes) == []


def test_a_rollback_may_replace_the_machine_that_runs_the_api(deploys: Deploys) -> None:
    deployment = deploys("rollback", "ec2", yes=True, to="old")
    deployment.terraform.outputs["images"] = {"worker": f"{REGISTRY}/worker:new"}
    deployment.terraform.planned = [Change(("delete", "create"), "aws_instance", "module.api_ec2[0].aws_instance.this")]
    deployment.aws.answers = {"ecr batch-get-image": ["{}"], "ecr put-image": ["{}"]}
    assert COMMANDS["rollback"](deployment) == 0
    assert [each[0] for each in deployment.terraform.commands] == ["plan", "apply"]


def test_a_destroy_works_when_the_images_are_removed_already(deploys: Deploys) -> None:
    deployment = deploys("destroy", yes=True)
    deployment.terraform.planned = [Change(("delete",), "aws_sqs_queue", "module.pipeline.aws_sqs_queue.jobs")]
    assert COMMANDS["destroy"](deployment) == 0
    assert deployment.target.environment[WORKER] == f"{REGISTRY}/worker:none"
    assert "-destroy" in deployment.terraform.commands[0]


def test_unlock_removes_the_lock_with_the_given_id(deploys: Deploys) -> None:
    deployment = deploys("unlock", yes=True, lock_id="the-id")
    assert COMMANDS["unlock"](deployment) == 0
    assert deployment.terraform.commands == [("force-unlock", "-force", "-no-color", "the-id")]
