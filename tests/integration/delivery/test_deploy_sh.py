"""deploy.sh: its calls of Terraform and AWS, its refusals, and its messages about errors."""

import json
import signal

import pytest

from tests.integration.delivery.conftest import ENDS_WITHIN_SECONDS, Deploy

LOCKED = """\
Error: Error acquiring the state lock
RequestID: 11111111-9d25-15c7-7f6a-71fb7960186b, api error PreconditionFailed
  ID:        27a190e8-9d25-15c7-7f6a-71fb7960186b
  Who:       operator@laptop
"""

# the command line


def test_the_help_explains_commands_and_settings(deploy: Deploy) -> None:
    code, output = deploy.run("--help")

    assert code == 0
    for word in (
        "apprunner-private",
        "ecs",
        "plan",
        "apply",
        "rollback",
        "destroy",
        "IMAGE_TAG",
        "docs/how-to/deploy.md",
    ):
        assert word in output
    assert deploy.calls == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "a topology (apprunner"),
        (("ecs",), "and a command are required"),
        (("heroku", "plan"), "there is no topology heroku; there are: apprunner"),
        (("ecs", "deploy"), "there is no command deploy"),
        (("ecs", "plan", "--force"), "unrecognized arguments: --force"),
        (("ecs", "plan", "--out"), "argument --out: expected one argument"),
        (("ecs", "plan", "now"), "unexpected argument: now"),
        (("ecs", "apply", "--plan", "no-such-file"), "there is no plan"),
    ],
)
def test_a_wrong_command_line_is_reported_and_changes_nothing(
    deploy: Deploy, arguments: tuple[str, ...], message: str
) -> None:
    code, output = deploy.run(*arguments)

    assert code == 2
    assert message in output
    assert "--help" in output
    assert deploy.calls == []


# credentials


def test_without_credentials_it_explains_the_login(deploy: Deploy) -> None:
    deploy.set_files(**{"no-credentials": ""})

    code, output = deploy.run("ecs", "plan")

    assert code == 1
    assert "no valid AWS credentials: Unable to locate credentials." in output
    assert "aws sso login" in output
    assert deploy.calls_with("terraform") == []


# plan and apply


def test_each_topology_has_its_own_state_in_the_bucket_of_the_account(deploy: Deploy) -> None:
    code, _ = deploy.run("ecs", "plan", IMAGE_TAG="3f2a9c1", AWS_REGION="eu-west-1")

    assert code == 0
    (init,) = deploy.calls_with("terraform", "init")
    for part in (
        "bucket=terraform-state-rawk-123456789012",
        "key=rawk/ecs.tfstate",
        "region=eu-west-1",
        "use_lockfile=true",
    ):
        assert part in init
    (plan,) = deploy.calls_with("terraform", " plan ")
    assert "-var-file=topologies/ecs.tfvars" in plan
    assert "-lock=true" in plan
    assert deploy.variables["TF_VAR_region"] == "eu-west-1"
    assert deploy.variables["TF_VAR_api_image_uri"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/rawk/api:3f2a9c1"
    assert (
        deploy.variables["TF_VAR_worker_image_uri"]
        == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/rawk/worker:3f2a9c1"
    )


def test_the_running_images_are_the_default(ecs: Deploy) -> None:
    assert ecs.run("ecs", "plan", "--no-lock")[0] == 0

    assert ecs.variables["TF_VAR_worker_image_uri"].endswith("/worker:now")
    assert "-lock=false" in ecs.calls_with("terraform", " plan ")[0]


def test_a_first_plan_must_name_the_images(deploy: Deploy) -> None:
    code, output = deploy.run("ecs", "plan")

    assert code == 1
    assert "IMAGE_TAG" in output


def test_an_invalid_tag_is_refused(deploy: Deploy) -> None:
    code, output = deploy.run("ecs", "plan", IMAGE_TAG="x; curl evil")

    assert code == 2
    assert "IMAGE_TAG is not a valid tag" in output


def test_without_a_terminal_it_does_not_apply(ecs: Deploy) -> None:
    ecs.set_changes(("module.api.aws_ecs_service.this", "update"))

    code, output = ecs.run("ecs", "apply")

    assert code == 1
    assert "there is no terminal to ask on" in output
    assert ecs.calls_with("terraform", " apply ") == []


def test_ci_applies_reviewed_plans_only(ecs: Deploy) -> None:
    code, output = ecs.run("ecs", "apply", "--yes", CI="true")
    assert code == 1
    assert "in CI, apply a reviewed plan" in output
    assert ecs.calls == []

    (ecs.folder / "approved.tfplan").write_text("")
    code, output = ecs.run("ecs", "apply", "--plan", "approved.tfplan", "--no-rollout", CI="true")
    assert code == 0, output
    assert ecs.calls_with("terraform", " plan ") == []
    assert ecs.calls_with("terraform", " apply ")[0].endswith("approved.tfplan")
    assert ecs.calls_with("create-deployment") == []


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (LOCKED, "unlock 27a190e8-9d25-15c7-7f6a-71fb7960186b"),
        ("Error: Saved plan is stale", "make and review a new plan"),
        ('S3 bucket "x" does not exist.', "apply terraform/bootstrap first"),
        ("ExpiredToken: The security token included in the request is expired", "Renew them"),
        ("wrote errored.tfstate", "state push errored.tfstate"),
    ],
)
def test_errors_of_terraform_come_with_advice(ecs: Deploy, error: str, advice: str) -> None:
    ecs.set_files(**{"plan.fails": error})

    code, output = ecs.run("ecs", "plan")

    assert code == 1
    assert error in output
    assert advice in output


# secrets


def test_secrets_are_required_only_when_they_are_written(ecs: Deploy) -> None:
    ecs.set_changes(("module.pipeline.aws_secretsmanager_secret_version.openai_api_key[0]", "create"))

    code, output = ecs.run("ecs", "apply", "--yes")
    assert code == 1
    assert "set TF_VAR_openai_api_key" in output
    assert ecs.calls_with("terraform", " apply ") == []

    secrets = {"TF_VAR_openai_api_key": "sk-hunter2", "TF_VAR_api_keys_json": '{"hunter2": "acme"}'}
    code, output = ecs.run("ecs", "apply", "--yes", **secrets)
    assert code == 0, output
    assert ecs.calls_with("terraform", " apply ")
    assert "hunter2" not in output

    ecs.set_changes(("module.pipeline.aws_sqs_queue.jobs", "update"))
    assert ecs.run("ecs", "apply", "--yes")[0] == 0


# interruption


def test_ctrl_c_interrupts_terraform_once_and_waits(ecs: Deploy) -> None:
    ecs.set_files(**{"apply.hangs": ""})
    process = ecs.start("ecs", "apply", "--yes")
    assert process.stdout is not None
    for line in process.stdout:
        if line == "applying\n":
            break
    process.send_signal(signal.SIGINT)
    assert "Terraform finishes its current operations" in process.stdout.readline()
    process.send_signal(signal.SIGINT)

    output, _ = process.communicate(timeout=ENDS_WITHIN_SECONDS)

    assert process.returncode == 130
    assert "run the command again to continue" in output
    assert [line for line in ecs.calls if not line.startswith(("terraform", "aws"))] == ["SIGINT", "state written"]
    assert ecs.calls_with("create-deployment") == []


# rollout


def test_a_rollout_deploys_the_new_task_definition(ecs: Deploy) -> None:
    code, output = ecs.run("ecs", "rollout")

    assert code == 0
    assert "the new version receives the traffic" in output
    (started,) = ecs.calls_with("create-deployment")
    assert "--application-name memo-api --deployment-group-name memo-blue-green" in started
    revision = json.loads(started.split("--revision ")[1].split(" --query")[0])
    (resource,) = json.loads(revision["appSpecContent"]["content"])["Resources"]
    assert resource["TargetService"]["Properties"] == {
        "TaskDefinition": "arn:task/memo-api:8",
        "LoadBalancerInfo": {"ContainerName": "api", "ContainerPort": 8080},
    }


def test_a_rollout_of_the_running_version_does_nothing(ecs: Deploy) -> None:
    ecs.set_files(running="arn:task/memo-api:8")

    code, output = ecs.run("ecs", "rollout")

    assert (code, ecs.calls_with("create-deployment")) == (0, [])
    assert "already runs arn:task/memo-api:8" in output


def test_a_failed_rollout_is_reported_with_its_reason(ecs: Deploy) -> None:
    ecs.set_files(statuses="InProgress\nStopped\n")

    code, output = ecs.run("ecs", "rollout")

    assert code == 1
    assert "ended as Stopped, the traffic stays with the previous version: an alarm is active" in output


def test_a_rollout_that_does_not_end_is_rolled_back(ecs: Deploy) -> None:
    ecs.set_files(statuses="InProgress\n")

    code, output = ecs.run("ecs", "rollout", ROLLOUT_SECONDS="1")

    assert code == 1
    assert "was not complete after 1 s" in output
    assert ecs.calls_with("stop-deployment", "--auto-rollback-enabled", "d-1")


def test_without_ecs_no_rollout_is_needed(deploy: Deploy) -> None:
    deploy.set_output("api", {"kind": "lambda", "url": "https://x"})

    code, output = deploy.run("lambda", "rollout")

    assert code == 0
    assert "with lambda the apply has deployed the new version" in output


# migrations


def test_the_relay_migrates(ecs: Deploy) -> None:
    ecs.set_files(function_error="None\n", answer='{"before": "0001", "revision": "0002"}')

    code, output = ecs.run("ecs", "migrate")

    assert code == 0
    assert "the database is at revision 0002" in output
    assert ecs.calls_with("lambda invoke", "--function-name rawk-relay")


def test_a_failed_migration_is_reported(ecs: Deploy) -> None:
    ecs.set_files(function_error="Unhandled\n", answer='{"errorMessage": "Postgres does not answer"}')

    code, output = ecs.run("ecs", "migrate")

    assert code == 1
    assert "Postgres does not answer" in output


# rollback


PUSHED = {
    "imageDetails": [
        {"imagePushedAt": "2026-11-03T00:00:00Z", "imageTags": ["now"]},
        {"imagePushedAt": "2026-11-01T00:00:00Z", "imageTags": ["oldest"]},
        {"imagePushedAt": "2026-11-02T00:00:00Z", "imageTags": ["before"]},
    ]
}


@pytest.mark.parametrize(("arguments", "tag"), [((), "before"), (("--to", "oldest"), "oldest")])
def test_a_rollback_replaces_the_images(ecs: Deploy, arguments: tuple[str, ...], tag: str) -> None:
    ecs.set_files(pushed=json.dumps(PUSHED))
    ecs.set_changes(
        ("module.api_ecs[0].aws_ecs_task_definition.this", "delete,create"),
        ("module.pipeline.aws_lambda_function.worker", "update"),
    )

    code, output = ecs.run("ecs", "rollback", "--yes", *arguments)

    assert code == 0, output
    assert f"from now back to {tag}" in output
    assert ecs.variables["TF_VAR_api_image_uri"].endswith(f"/api:{tag}")
    assert ecs.calls_with("terraform", " apply ")
    assert ecs.calls_with("create-deployment")


def test_a_rollback_that_would_remove_a_resource_is_refused(ecs: Deploy) -> None:
    ecs.set_changes(("module.pipeline.aws_sqs_queue.jobs", "delete"))

    code, output = ecs.run("ecs", "rollback", "--yes", "--to", "before")

    assert code == 1
    assert "this would remove more than a version" in output
    assert ecs.calls_with("terraform", " apply ") == []


def test_without_an_older_image_there_is_no_rollback(ecs: Deploy) -> None:
    ecs.set_files(pushed=json.dumps({"imageDetails": PUSHED["imageDetails"][:1]}))

    code, output = ecs.run("ecs", "rollback", "--yes")

    assert code == 1
    assert "there is no image older than now" in output


# destroy


def test_destroy_needs_a_confirmation(ecs: Deploy) -> None:
    ecs.set_changes(("module.pipeline.aws_sqs_queue.jobs", "delete"))

    assert ecs.run("ecs", "destroy")[0] == 1
    assert ecs.calls_with("terraform", " apply ") == []

    assert ecs.run("ecs", "destroy", "--yes")[0] == 0
    assert "-destroy" in ecs.calls_with("terraform", " plan ")[0]
    assert ecs.calls_with("terraform", " apply ")
