"""deploy.sh in a temporary folder, with scripts in place of `terraform` and `aws`.

The scripts return what a test sets, and record their calls.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
ENDS_WITHIN_SECONDS = 60

TERRAFORM = """#!/usr/bin/env bash
echo "terraform $*" >>"$SCRIPTS/calls"
env | grep '^TF_VAR_' | sort >"$SCRIPTS/variables"
for last; do :; done
case " $* " in
  *' output '*) cat "$SCRIPTS/outputs/$last" 2>/dev/null || exit 1 ;;
  *' show '*) cat "$SCRIPTS/plan" ;;
  *)
    if [ -e "$SCRIPTS/$2.hangs" ]; then
      trap 'echo "SIGINT" >>"$SCRIPTS/calls"; sleep 1; echo "state written" >>"$SCRIPTS/calls"; exit 1' INT
      echo "applying"
      for _ in $(seq 300); do sleep 0.1; done
    fi
    if [ -e "$SCRIPTS/$2.fails" ]; then cat "$SCRIPTS/$2.fails" >&2; exit 1; fi
    ;;
esac
"""

AWS = """#!/usr/bin/env bash
echo "aws $*" >>"$SCRIPTS/calls"
case " $* " in
  *' get-caller-identity '*)
    if [ -e "$SCRIPTS/no-credentials" ]; then echo 'Unable to locate credentials.' >&2; exit 255; fi
    echo 123456789012
    ;;
  *' describe-services '*) cat "$SCRIPTS/running" ;;
  *' create-deployment '*) echo d-1 ;;
  *' get-deployment '*errorInformation*) echo 'an alarm is active' ;;
  *' get-deployment '*) head -n 1 "$SCRIPTS/statuses"; sed -i '1{$!d}' "$SCRIPTS/statuses" ;;
  *' describe-images '*) cat "$SCRIPTS/pushed" ;;
  *' lambda invoke '*) for last; do :; done; cp "$SCRIPTS/answer" "$last"; cat "$SCRIPTS/function_error" ;;
esac
"""

ECS = {
    "kind": "ecs",
    "url": "https://memo.example.com",
    "cluster": "memo-api",
    "service": "memo-api",
    "task_definition_arn": "arn:task/memo-api:8",
    "codedeploy_application": "memo-api",
    "codedeploy_group": "memo-blue-green",
    "container_name": "api",
    "container_port": "8080",
}


class Deploy:
    """Runs deploy.sh, and records its calls of Terraform and AWS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scripts = folder / "scripts"
        (self.scripts / "outputs").mkdir(parents=True)
        shutil.copy(ROOT / "deploy.sh", folder)
        for part in ("deploy", "topologies"):
            shutil.copytree(ROOT / "terraform" / part, folder / "terraform" / part)
        for name, source in {"terraform": TERRAFORM, "aws": AWS}.items():
            (self.scripts / name).write_text(source)
            (self.scripts / name).chmod(0o755)
        self.set_files(calls="", plan=json.dumps({"resource_changes": []}))

    def set_files(self, **files: str) -> None:
        """Set the files that the scripts answer from."""
        for name, content in files.items():
            (self.scripts / name).write_text(content)

    def set_output(self, name: str, value: Any) -> None:
        """Set an output of Terraform."""
        (self.scripts / "outputs" / name).write_text(json.dumps(value))

    def set_changes(self, *changes: tuple[str, str]) -> None:
        """Set the changes of the plan: address, and actions separated by commas."""
        self.set_files(
            plan=json.dumps(
                {
                    "resource_changes": [
                        {"address": a, "type": a.split(".")[-2], "change": {"actions": actions.split(",")}}
                        for a, actions in changes
                    ]
                }
            )
        )

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_", "CI"))}
        return subprocess.Popen(
            [str(self.folder / "deploy.sh"), *arguments],
            env=kept
            | {"PATH": f"{self.scripts}:{os.environ['PATH']}", "SCRIPTS": str(self.scripts)}
            | {"LOOK_EVERY_SECONDS": "0"}
            | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run a command. Returns its exit code and its output."""
        process = self.start(*arguments, **environment)
        output, _ = process.communicate(timeout=ENDS_WITHIN_SECONDS)
        return process.returncode, output

    @property
    def calls(self) -> list[str]:
        return (self.scripts / "calls").read_text().splitlines()

    def calls_with(self, *words: str) -> list[str]:
        return [line for line in self.calls if all(word in line for word in words)]

    @property
    def variables(self) -> dict[str, str]:
        """Terraform's variables in its last call."""
        return dict(line.split("=", 1) for line in (self.scripts / "variables").read_text().splitlines())


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    return Deploy(tmp_path)


@pytest.fixture
def ecs(deploy: Deploy) -> Deploy:
    """The topology `ecs` is deployed from the images of commit `now`."""
    deploy.set_output("api", ECS)
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk"
    deploy.set_output("images", {"api": f"{registry}/api:now", "worker": f"{registry}/worker:now"})
    deploy.set_output("relay_function", "rawk-relay")
    deploy.set_files(running="arn:task/memo-api:7", statuses="InProgress\nSucceeded\n")
    return deploy
