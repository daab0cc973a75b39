"""deploy.sh: what it asks Terraform and AWS to do, what it refuses, and what it says when something goes wrong."""

import json
import signal

import pytest

from tests.integration.delivery.conftest import ENDS_WITHIN_SECONDS, Deploy

LOCKED = """\
Error: Error acquiring the state lock
RequestID: 11111111-9d25-15c7-7f6a-71fb7960186b, api error PreconditionFailed
  ID:        27a190e8-9d25-15c7-7f6a-71fb7960186b
  Who:       somebody@laptop
"""

# the command line


def test_help_teaches(deploy: Deploy) -> None:
    code, said = deploy.run("--help")

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
        assert word in said
    assert deploy.asked == []


@pytest.mark.parametrize(
    ("arguments", "says"),
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
def test_a_mistake_is_one_sentence_and_changes_nothing(deploy: Deploy, arguments: tuple[str, ...], says: str) -> None:
    code, said = deploy.run(*arguments)

    assert code == 2
    assert says in said
    assert "--help" in said
    assert deploy.asked == []


# credentials


def test_without_credentials_it_says_how_to_get_some_and_does_not_start_terraform(deploy: Deploy) -> None:
    deploy.given(nobody="")

    code, said = deploy.run("ecs", "plan")

    assert code == 1
    assert "no valid AWS credentials: Unable to locate credentials." in said
    assert "aws sso login" in said
    assert deploy.asked_for("terraform") == []


# planning and applying


def test_each_topology_has_a_state_of_its_own_in_the_accounts_bucket(deploy: Deploy) -> None:
    code, _ = deploy.run("ecs", "plan", IMAGE_TAG="3f2a9c1", AWS_REGION="eu-west-1")

    assert code == 0
    (init,) = deploy.asked_for("terraform", "init")
    for part in (
        "bucket=terraform-state-rawk-123456789012",
        "key=rawk/ecs.tfstate",
        "region=eu-west-1",
        "use_lockfile=true",
    ):
        assert part in init
    (plan,) = deploy.asked_for("terraform", " plan ")
    assert "-var-file=topologies/ecs.tfvars" in plan
    assert "-lock=true" in plan
    assert deploy.variables["TF_VAR_region"] == "eu-west-1"
    assert deploy.variables["TF_VAR_api_image_uri"] == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/rawk/api:3f2a9c1"
    assert (
        deploy.variables["TF_VAR_worker_image_uri"]
        == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/rawk/worker:3f2a9c1"
    )


def test_while_nothing_is_said_the_images_stay(ecs: Deploy) -> None:
    assert ecs.run("ecs", "plan", "--no-lock")[0] == 0

    assert ecs.variables["TF_VAR_worker_image_uri"].endswith("/worker:now")
    assert "-lock=false" in ecs.asked_for("terraform", " plan ")[0]


def test_a_first_plan_must_say_which_images(deploy: Deploy) -> None:
    code, said = deploy.run("ecs", "plan")

    assert code == 1
    assert "IMAGE_TAG" in said


def test_a_tag_is_a_tag(deploy: Deploy) -> None:
    code, said = deploy.run("ecs", "plan", IMAGE_TAG="x; curl evil")

    assert code == 2
    assert "IMAGE_TAG is not a valid tag" in said


def test_nobody_to_ask_is_a_no(ecs: Deploy) -> None:
    ecs.plans(("module.api.aws_ecs_service.this", "update"))

    code, said = ecs.run("ecs", "apply")

    assert code == 1
    assert "there is no terminal to ask on" in said
    assert ecs.asked_for("terraform", " apply ") == []


def test_ci_applies_what_was_looked_at_and_nothing_else(ecs: Deploy) -> None:
    code, said = ecs.run("ecs", "apply", "--yes", CI="true")
    assert code == 1
    assert "in CI, apply a reviewed plan" in said
    assert ecs.asked == []

    (ecs.folder / "approved.tfplan").write_text("")
    code, said = ecs.run("ecs", "apply", "--plan", "approved.tfplan", "--no-rollout", CI="true")
    assert code == 0, said
    assert ecs.asked_for("terraform", " plan ") == []
    assert ecs.asked_for("terraform", " apply ")[0].endswith("approved.tfplan")
    assert ecs.asked_for("create-deployment") == []


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
def test_terraforms_trouble_comes_with_advice(ecs: Deploy, error: str, advice: str) -> None:
    ecs.given(**{"plan.says": error})

    code, said = ecs.run("ecs", "plan")

    assert code == 1
    assert error in said
    assert advice in said


# secrets


def test_secrets_are_asked_for_only_when_they_are_written(ecs: Deploy) -> None:
    ecs.plans(("module.pipeline.aws_secretsmanager_secret_version.openai_api_key[0]", "create"))

    code, said = ecs.run("ecs", "apply", "--yes")
    assert code == 1
    assert "set TF_VAR_openai_api_key" in said
    assert ecs.asked_for("terraform", " apply ") == []

    secrets = {"TF_VAR_openai_api_key": "sk-hunter2", "TF_VAR_api_keys_json": '{"hunter2": "acme"}'}
    code, said = ecs.run("ecs", "apply", "--yes", **secrets)
    assert code == 0, said
    assert ecs.asked_for("terraform", " apply ")
    assert "hunter2" not in said

    ecs.plans(("module.pipeline.aws_sqs_queue.jobs", "update"))
    assert ecs.run("ecs", "apply", "--yes")[0] == 0


# interruption


def test_ctrl_c_reaches_terraform_once_and_is_waited_for(ecs: Deploy) -> None:
    ecs.given(**{"apply.hangs": ""})
    process = ecs.start("ecs", "apply", "--yes")
    assert process.stdout is not None
    for line in process.stdout:
        if line == "at it\n":
            break
    process.send_signal(signal.SIGINT)
    assert "Terraform finishes its current operations" in process.stdout.readline()
    process.send_signal(signal.SIGINT)

    said, _ = process.communicate(timeout=ENDS_WITHIN_SECONDS)

    assert process.returncode == 130
    assert "run the command again to continue" in said
    assert [line for line in ecs.asked if not line.startswith(("terraform", "aws"))] == ["SIGINT", "state written"]
    assert ecs.asked_for("create-deployment") == []


# rollout


def test_blue_green_takes_the_new_task_definition_live(ecs: Deploy) -> None:
    code, said = ecs.run("ecs", "rollout")

    assert code == 0
    assert "the new version receives the traffic" in said
    (started,) = ecs.asked_for("create-deployment")
    assert "--application-name memo-api --deployment-group-name memo-blue-green" in started
    revision = json.loads(started.split("--revision ")[1].split(" --query")[0])
    (resource,) = json.loads(revision["appSpecContent"]["content"])["Resources"]
    assert resource["TargetService"]["Properties"] == {
        "TaskDefinition": "arn:task/memo-api:8",
        "LoadBalancerInfo": {"ContainerName": "api", "ContainerPort": 8080},
    }


def test_what_runs_already_is_left_alone(ecs: Deploy) -> None:
    ecs.given(running="arn:task/memo-api:8")

    code, said = ecs.run("ecs", "rollout")

    assert (code, ecs.asked_for("create-deployment")) == (0, [])
    assert "already runs arn:task/memo-api:8" in said


def test_a_rollout_that_failed_fails_and_says_why(ecs: Deploy) -> None:
    ecs.given(statuses="InProgress\nStopped\n")

    code, said = ecs.run("ecs", "rollout")

    assert code == 1
    assert "ended as Stopped, the traffic stays with the previous version: the alarms rang" in said


def test_a_rollout_without_end_is_rolled_back(ecs: Deploy) -> None:
    ecs.given(statuses="InProgress\n")

    code, said = ecs.run("ecs", "rollout", ROLLOUT_SECONDS="1")

    assert code == 1
    assert "was not complete after 1 s" in said
    assert ecs.asked_for("stop-deployment", "--auto-rollback-enabled", "d-1")


def test_elsewhere_the_apply_was_the_rollout(deploy: Deploy) -> None:
    deploy.has("api", {"kind": "lambda", "url": "https://x"})

    code, said = deploy.run("lambda", "rollout")

    assert code == 0
    assert "with lambda the apply has deployed the new version" in said


# migrations


def test_the_relay_migrates(ecs: Deploy) -> None:
    ecs.given(function_error="None\n", answer='{"before": "0001", "revision": "0002"}')

    code, said = ecs.run("ecs", "migrate")

    assert code == 0
    assert "the database is at revision 0002" in said
    assert ecs.asked_for("lambda invoke", "--function-name rawk-relay")


def test_a_failed_migration_fails(ecs: Deploy) -> None:
    ecs.given(function_error="Unhandled\n", answer='{"errorMessage": "Postgres does not answer"}')

    code, said = ecs.run("ecs", "migrate")

    assert code == 1
    assert "Postgres does not answer" in said


# rollback


PUSHED = {
    "imageDetails": [
        {"imagePushedAt": "2026-11-03T00:00:00Z", "imageTags": ["now"]},
        {"imagePushedAt": "2026-11-01T00:00:00Z", "imageTags": ["oldest"]},
        {"imagePushedAt": "2026-11-02T00:00:00Z", "imageTags": ["before"]},
    ]
}


@pytest.mark.parametrize(("arguments", "tag"), [((), "before"), (("--to", "oldest"), "oldest")])
def test_a_rollback_exchanges_the_images(ecs: Deploy, arguments: tuple[str, ...], tag: str) -> None:
    ecs.given(pushed=json.dumps(PUSHED))
    ecs.plans(
        ("module.api_ecs[0].aws_ecs_task_definition.this", "delete,create"),
        ("module.pipeline.aws_lambda_function.worker", "update"),
    )

    code, said = ecs.run("ecs", "rollback", "--yes", *arguments)

    assert code == 0, said
    assert f"from now back to {tag}" in said
    assert ecs.variables["TF_VAR_api_image_uri"].endswith(f"/api:{tag}")
    assert ecs.asked_for("terraform", " apply ")
    assert ecs.asked_for("create-deployment")


def test_a_rollback_that_would_remove_something_is_none(ecs: Deploy) -> None:
    ecs.plans(("module.pipeline.aws_sqs_queue.jobs", "delete"))

    code, said = ecs.run("ecs", "rollback", "--yes", "--to", "before")

    assert code == 1
    assert "this would remove more than a version" in said
    assert ecs.asked_for("terraform", " apply ") == []


def test_there_may_be_nothing_to_go_back_to(ecs: Deploy) -> None:
    ecs.given(pushed=json.dumps({"imageDetails": PUSHED["imageDetails"][:1]}))

    code, said = ecs.run("ecs", "rollback", "--yes")

    assert code == 1
    assert "there is no image older than now" in said


# destroy


def test_destroy_wants_to_be_meant(ecs: Deploy) -> None:
    ecs.plans(("module.pipeline.aws_sqs_queue.jobs", "delete"))

    assert ecs.run("ecs", "destroy")[0] == 1
    assert ecs.asked_for("terraform", " apply ") == []

    assert ecs.run("ecs", "destroy", "--yes")[0] == 0
    assert "-destroy" in ecs.asked_for("terraform", " plan ")[0]
    assert ecs.asked_for("terraform", " apply ")
