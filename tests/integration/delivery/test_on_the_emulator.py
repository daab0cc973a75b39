"""deploy.sh with the real Terraform, state and lock in the emulator's S3: a held lock, an interruption, secrets."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from sim.cloud.planned_resources import ACCOUNT, NAME, PLANNED
from sim.localstack.server import LocalStack
from tests.integration.delivery.conftest import ROOT

AWS = f"""#!{sys.executable}
import boto3, sys
assert "get-caller-identity" in sys.argv, sys.argv
print(boto3.client("sts").get_caller_identity()["Account"])
"""
"""The only call of the AWS CLI by plan and apply."""

BUCKET = f"terraform-state-{NAME}-000000000000"
LOCK = "rawk/core.tfstate.tflock"
ENDS_WITHIN_SECONDS = 180
SECRETS = {"TF_VAR_openai_api_key": "sk-hunter2" * 3, "TF_VAR_api_keys_json": '{"%s": "acme"}' % ("hunter2" * 5)}
OTHER = "memo"
"""Name of a second pipeline."""

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform on the PATH"),
]


class Deployment:
    def __init__(self, folder: Path, endpoint_url: str) -> None:
        self.folder = folder
        # The configuration of the checkout, with its backend.
        shutil.copytree(
            ROOT / "terraform", folder / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*")
        )
        shutil.copy(ROOT / "deploy.sh", folder)
        (folder / "bin").mkdir()
        (folder / "bin" / "aws").write_text(AWS)
        (folder / "bin" / "aws").chmod(0o755)
        with zipfile.ZipFile(folder / "package.zip", "w") as package:
            package.writestr("handler.py", "")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_", "CI"))} | {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "TF_CLI_ARGS_init": "-backend-config=use_path_style=true",
            "TF_VAR_worker_package_path": str(folder / "package.zip"),
            "LOCK_TIMEOUT_SECONDS": "1",
        }
        self.session = boto3.Session("test", "test", region_name="us-east-1")
        self.s3 = self.session.client("s3", endpoint_url=endpoint_url)
        self.iam = self.session.client("iam", endpoint_url=endpoint_url)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.folder / "deploy.sh"), "core", *arguments],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        process = self.start(*arguments, **environment)
        output, _ = process.communicate(timeout=ENDS_WITHIN_SECONDS)
        return process.returncode, output

    def keys_of(self, role: str) -> dict[str, str]:
        """Keys of a new user with the policies of one of the delivery's roles."""
        recorded = (PLANNED / "delivery.json").read_text()
        delivery = json.loads(recorded.replace(ACCOUNT, "000000000000").replace(NAME, OTHER))
        self.iam.create_user(UserName=role)
        for name in delivery["attached"][role]:
            policy = json.dumps(delivery["policies"][name])
            arn = self.iam.create_policy(PolicyName=f"{role}-{name}", PolicyDocument=policy)["Policy"]["Arn"]
            self.iam.attach_user_policy(UserName=role, PolicyArn=arn)
        key = self.iam.create_access_key(UserName=role)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def objects(self) -> set[str]:
        return {each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def state(self) -> str:
        body: io.BytesIO = self.s3.get_object(Bucket=BUCKET, Key="rawk/core.tfstate")["Body"]
        return body.read().decode()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    with LocalStack(folder / "state", folder / "localstack.log") as localstack:
        yield Deployment(folder, localstack.endpoint_url)


def test_without_a_bucket_it_explains_how_to_create_one(deployment: Deployment) -> None:
    code, output = deployment.run("plan")

    assert code == 1
    assert f"there is no bucket {BUCKET} for the state: apply terraform/bootstrap first" in output


def test_a_locked_and_an_interrupted_apply_can_be_continued(deployment: Deployment) -> None:
    deployment.s3.create_bucket(Bucket=BUCKET)
    first = deployment.start("apply", "--yes", "--", "-var=secrets_version=1", **SECRETS)
    assert first.stdout is not None
    output = []
    for line in first.stdout:
        output.append(line)
        if "openai_api_key[0]: Creation complete" in line:
            break

    # Another run cannot start in the meantime.
    assert LOCK in deployment.objects()
    code, refused = deployment.run("plan")
    assert code == 1
    assert "another run holds the state lock" in refused
    assert "unlock " in refused

    first.send_signal(signal.SIGINT)
    rest, _ = first.communicate(timeout=ENDS_WITHIN_SECONDS)
    assert first.returncode == 130, rest
    assert "run the command again to continue" in rest

    # The state has the created resources, the lock is released, and there is no secret in state and output.
    assert deployment.objects() == {"rawk/core.tfstate"}
    assert '"aws_secretsmanager_secret_version"' in deployment.state()
    assert "hunter2" not in deployment.state() + "".join(output) + rest

    code, output_then = deployment.run("destroy", "--yes")
    assert code == 0, output_then
    assert deployment.run("destroy", "--yes")[1].endswith("deploy: there is nothing to destroy\n")


def test_the_roles_of_the_delivery_do_their_work_and_no_more(deployment: Deployment) -> None:
    """Another pipeline, by roles that the emulator enforces: applied, planned by both roles, destroyed."""
    preview, plan, deploy = (deployment.keys_of(role) for role in ("preview", "plan", "deploy"))
    deployment.s3.create_bucket(Bucket=BUCKET.replace("rawk", OTHER))
    arguments = ("--", f"-var=name={OTHER}", "-var=secrets_version=1", "-var=secret_recovery_days=0")
    code, output = deployment.run("apply", "--yes", *arguments, **SECRETS, **deploy)
    assert code == 0, output

    code, output = deployment.run("plan", "--no-lock", "--no-secrets", *arguments, **preview)
    assert code == 0, output
    assert "No changes." in output, output

    # Without the option it would read them, and the role may not.
    code, output = deployment.run("plan", "--no-lock", *arguments, **preview)
    assert code == 1
    assert "secretsmanager:GetSecretValue" in output

    code, output = deployment.run("plan", "--no-lock", *arguments, **plan)
    assert code == 0, output
    assert "No changes." in output, output

    code, output = deployment.run("destroy", "--yes", *arguments, **SECRETS, **deploy)
    assert code == 0, output
