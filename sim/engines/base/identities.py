"""The AWS identities of the pipeline's processes: the API runs under its role, an operator as a user with its policy.

Functions get their roles' credentials from the emulator, as from Lambda. The harness itself is the account's root.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

    from sim.provisioning.pipeline import Pipeline

type Environment = Mapping[str, str]
"""Environment variables that hold AWS credentials; empty where a process runs as the harness does."""


class Identities(Protocol):
    def of_role(self, role: str) -> Environment:
        """Credentials of a session of the role (`api`, `worker`, `relay`), as the platform gives them to a process."""

    def of_operator(self) -> Environment:
        """Credentials of a user with the operator's policy."""

    @property
    def secret_keys(self) -> Sequence[str]:
        """The secret keys and session tokens of all credentials given so far."""


class PipelineIdentities:
    """The roles that Terraform made, and a user that is made for the first command of an operator."""

    def __init__(self, iam: "IAMClient", sts: "STSClient", pipeline: "Pipeline") -> None:
        self._iam = iam
        self._sts = sts
        self._pipeline = pipeline
        self._operator: Environment | None = None
        self.secret_keys: list[str] = []

    def of_role(self, role: str) -> Environment:
        session = self._sts.assume_role(RoleArn=self._pipeline.role_arns[role], RoleSessionName=role)["Credentials"]
        self.secret_keys += [session["SecretAccessKey"], session["SessionToken"]]
        return {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        }

    def of_operator(self) -> Environment:
        if self._operator is None:
            name = f"{self._pipeline.name}-operator"
            self._iam.create_user(UserName=name)
            self._iam.attach_user_policy(UserName=name, PolicyArn=self._pipeline.operator_policy_arn)
            key = self._iam.create_access_key(UserName=name)["AccessKey"]
            self.secret_keys.append(key["SecretAccessKey"])
            self._operator = {
                "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            }
        return self._operator


class HarnessIdentity:
    """Every process calls AWS as the harness does: where roles are not enforced, or the credentials are the user's."""

    secret_keys: Sequence[str] = ()

    def of_role(self, role: str) -> Environment:  # noqa: ARG002
        return {}

    def of_operator(self) -> Environment:
        return {}
