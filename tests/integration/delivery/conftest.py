"""deploy.sh in a folder of its own, with a `terraform` and an `aws` that say what a test tells them to.

They keep what they were asked.
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
echo "terraform $*" >>"$STAND_INS/asked"
env | grep '^TF_VAR_' | sort >"$STAND_INS/variables"
for last; do :; done
case " $* " in
  *' output '*) cat "$STAND_INS/outputs/$last" 2>/dev/null || exit 1 ;;
  *' show '*) cat "$STAND_INS/plan" ;;
  *)
    if [ -e "$STAND_INS/$2.hangs" ]; then
      trap 'echo "SIGINT" >>"$STAND_INS/asked"; sleep 1; echo "state written" >>"$STAND_INS/asked"; exit 1' INT
      echo "at it"
      for _ in $(seq 300); do sleep 0.1; done
    fi
    if [ -e "$STAND_INS/$2.says" ]; then cat "$STAND_INS/$2.says" >&2; exit 1; fi
    ;;
esac
"""

AWS = """#!/usr/bin/env bash
echo "aws $*" >>"$STAND_INS/asked"
case " $* " in
  *' get-caller-identity '*)
    if [ -e "$STAND_INS/nobody" ]; then echo 'Unable to locate credentials.' >&2; exit 255; fi
    echo 123456789012
    ;;
  *' describe-services '*) cat "$STAND_INS/running" ;;
  *' create-deployment '*) echo d-1 ;;
  *' get-deployment '*errorInformation*) echo 'the alarms rang' ;;
  *' get-deployment '*) head -n 1 "$STAND_INS/statuses"; sed -i '1{$!d}' "$STAND_INS/statuses" ;;
  *' describe-images '*) cat "$STAND_INS/pushed" ;;
  *' lambda invoke '*) for last; do :; done; cp "$STAND_INS/answer" "$last"; cat "$STAND_INS/function_error" ;;
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
    """What the script is told, what it said, and what it asked of Terraform and AWS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stand_ins = folder / "stand-ins"
        (self.stand_ins / "outputs").mkdir(parents=True)
        shutil.copy(ROOT / "deploy.sh", folder)
        for part in ("deploy", "topologies"):
            shutil.copytree(ROOT / "terraform" / part, folder / "terraform" / part)
        for name, source in {"terraform": TERRAFORM, "aws": AWS}.items():
            (self.stand_ins / name).write_text(source)
            (self.stand_ins / name).chmod(0o755)
        self.given(asked="", plan=json.dumps({"resource_changes": []}))

    def given(self, **files: str) -> None:
        """What the stand-ins answer from."""
        for name, content in files.items():
            (self.stand_ins / name).write_text(content)

    def has(self, name: str, value: Any) -> None:
        """An output of Terraform's."""
        (self.stand_ins / "outputs" / name).write_text(json.dumps(value))

    def plans(self, *changes: tuple[str, str]) -> None:
        """What the plan changes: address, and actions separated by commas."""
        self.given(
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
            | {"PATH": f"{self.stand_ins}:{os.environ['PATH']}", "STAND_INS": str(self.stand_ins)}
            | {"LOOK_EVERY_SECONDS": "0"}
            | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit code, and all that it said."""
        process = self.start(*arguments, **environment)
        said, _ = process.communicate(timeout=ENDS_WITHIN_SECONDS)
        return process.returncode, said

    @property
    def asked(self) -> list[str]:
        return (self.stand_ins / "asked").read_text().splitlines()

    def asked_for(self, *words: str) -> list[str]:
        return [line for line in self.asked if all(word in line for word in words)]

    @property
    def variables(self) -> dict[str, str]:
        """Terraform's variables, as its last call saw them."""
        return dict(line.split("=", 1) for line in (self.stand_ins / "variables").read_text().splitlines())


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    return Deploy(tmp_path)


@pytest.fixture
def ecs(deploy: Deploy) -> Deploy:
    """The topology `ecs` is deployed from the images of commit `now`."""
    deploy.has("api", ECS)
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk"
    deploy.has("images", {"api": f"{registry}/api:now", "worker": f"{registry}/worker:now"})
    deploy.has("relay_function", "rawk-relay")
    deploy.given(running="arn:task/memo-api:7", statuses="InProgress\nSucceeded\n")
    return deploy
