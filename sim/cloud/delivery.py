"""The delivery of one pipeline in a local cloud: `terraform/bootstrap` applied by an administrator, and its four roles.

The roles are assumed as GitHub's jobs do, with a web identity. Both servers then judge every call with the keys by the
policies of the role (docs/reference/iam.md).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sim.cloud.moto import ACCOUNT, REGION
from sim.cloud.servers import Cloud
from sim.localstack.extension.rawk_emulator.iam.patterns import wildcard_matcher

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
REPOSITORY = "example/memories"
DEPLOYED = "deploy-"
"""Prefix of the policies that the deploy role alone has."""

type Statement = dict[str, Any]


class NoSuchStatement(Exception):
    """The deploy role has no statement of that Sid; the text lists those that it has."""


class Delivery:
    """The roles of one pipeline, by the names that `terraform/bootstrap` gives them."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.name = name
        self._cloud = cloud

    def variables(self) -> dict[str, str]:
        """Of `terraform/bootstrap`, in an account that has GitHub's identity provider already."""
        return {"name": self.name, "github_repository": REPOSITORY, "oidc_provider_arn": PROVIDER}

    def backend(self, topology: str) -> dict[str, str]:
        """The settings of the backend, as deploy.sh makes them."""
        return {
            "bucket": f"terraform-state-{self.name}-{ACCOUNT}",
            "key": f"{self.name}/{topology}.tfstate",
            "region": REGION,
            "use_lockfile": "true",
            "encrypt": "true",
            "use_path_style": "true",
        }

    def role(self, kind: str) -> str:
        """The name of the role `preview`, `plan`, `push` or `deploy`."""
        return f"{self.name}-{kind}"

    def keys(self, kind: str) -> dict[str, str]:
        """Keys of a session of a role, as environment variables."""
        issued = self._cloud.client("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/delivery/{self.role(kind)}",
            RoleSessionName="lifecycle",
            WebIdentityToken="a token of a job: the emulator does not read it",
        )["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": issued["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": issued["SecretAccessKey"],
            "AWS_SESSION_TOKEN": issued["SessionToken"],
        }

    def push(self, tag: str) -> None:
        """Push an image of the API, as the push role."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "layers": [],
            "tag": tag,
        }
        images = self._cloud.client("ecr", self.keys("push"))
        images.put_image(repositoryName=f"{self.name}/api", imageTag=tag, imageManifest=json.dumps(manifest))

    def statements(self, kind: str) -> Iterator[tuple[str, Statement]]:
        """Each statement of a role's policies, with its policy's name without the pipeline's."""
        for _, policy, document in self._policies(kind):
            yield from ((policy, each) for each in document["Statement"])

    def take_out(self, sid: str) -> None:
        """Remove one statement from the deploy role. Raises NoSuchStatement."""
        for arn, _, document in self._policies("deploy"):
            kept = [each for each in document["Statement"] if each["Sid"] != sid]
            if len(kept) < len(document["Statement"]):
                self._rewrite(arn, {**document, "Statement": kept or [_nothing()]})
                return
        known = sorted(each["Sid"] for _, each in self.statements("deploy"))
        raise NoSuchStatement(f"the deploy role has no statement {sid}; it has {', '.join(known)}")

    def _rewrite(self, arn: str, document: Mapping[str, Any]) -> None:
        identities = self._cloud.client("iam")
        identities.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)

    def _policies(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        identities = self._cloud.client("iam")
        for each in identities.list_attached_role_policies(RoleName=self.role(kind))["AttachedPolicies"]:
            arn = each["PolicyArn"]
            version = identities.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            found = identities.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            yield arn, each["PolicyName"].removeprefix(f"{self.name}-"), found


def _nothing() -> Statement:
    """A policy has at least one statement."""
    return {"Sid": "Nothing", "Effect": "Deny", "Action": "aws:nothing", "Resource": "*"}


def has_action(statement: Statement, action: str) -> bool:
    """Whether the statement is about the action, on some resource."""
    actions = statement.get("Action", ())
    written = [actions] if isinstance(actions, str) else actions
    return any(wildcard_matcher(each, ignore_case=True)(action) for each in written)
