"""`sim.role(name)`: an attacker with the credentials of one of the pipeline's roles."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from sim.engines.base.running_pipeline import RunningPipeline
from sim.journal.journal import Journal
from sim.platform.aws_session import isolated_session
from sim.provisioning.pipeline import Pipeline

ROLES = ("api", "worker", "relay")
DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"})
FOREIGN_AUDIO_KEY = "audio/foreign"


class Role:
    """One of the pipeline's IAM roles (`api`, `worker`, `relay`). Raises ValueError for any other name."""

    def __init__(self, name: str, pipeline: RunningPipeline, journal: Journal) -> None:
        if name not in ROLES:
            raise ValueError(f"there is no role {name!r}: there are {', '.join(ROLES)}")
        self.name = name
        self._pipeline = pipeline
        self._journal = journal

    def is_denied(self, *actions: str, key: str = FOREIGN_AUDIO_KEY) -> bool:
        """Try each of the actions with the role's credentials, those on S3 with this key. Whether AWS denied every one.

        `ATTEMPTS` lists the known actions and what each is tried on; any other raises ValueError. Raises ClientError
        for an error that is not a denial.
        """
        keys = self._pipeline.identities.of_role(self.name)
        denied = [self._is_denied(action, keys, key) for action in actions]
        return all(denied)

    def _is_denied(self, action: str, keys: Mapping[str, str], key: str) -> bool:
        if action not in ATTEMPTS:
            raise ValueError(f"unknown action {action}; known are {', '.join(ATTEMPTS)}")
        self._pipeline.roles.expected.add((self.name, action))
        client = self._client(action.partition(":")[0], keys)
        try:
            ATTEMPTS[action](client, self._pipeline.pipeline, key)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in DENIALS:
                raise
            self._journal.write("denied_as_expected", lane="API", role=self.name, action=action, error_code=code)
            return True
        return False

    def _client(self, service: str, keys: Mapping[str, str]) -> Any:
        own = isolated_session(
            keys["AWS_ACCESS_KEY_ID"],
            keys["AWS_SECRET_ACCESS_KEY"],
            keys["AWS_SESSION_TOKEN"],
            region=self._pipeline.region,
        )
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return own.client(service, endpoint_url=self._pipeline.endpoint_url, config=config)  # type: ignore[call-overload]


def _policy(pipeline: Pipeline) -> dict[str, str]:
    worker = pipeline.role_arns["worker"].rpartition("/")[2]
    everything = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    return {"RoleName": worker, "PolicyName": "more", "PolicyDocument": everything}


ATTEMPTS: Mapping[str, Callable[[Any, Pipeline, str], object]] = {
    "iam:PutRolePolicy": lambda iam, pipeline, _: iam.put_role_policy(**_policy(pipeline)),
    "lambda:UpdateFunctionConfiguration": lambda functions, pipeline, _: functions.update_function_configuration(
        FunctionName=pipeline.worker_function, Timeout=900
    ),
    "s3:DeleteObject": lambda s3, pipeline, key: s3.delete_object(Bucket=pipeline.audio_bucket, Key=key),
    "s3:GetObject": lambda s3, pipeline, key: s3.get_object(Bucket=pipeline.audio_bucket, Key=key),
    "s3:PutObject": lambda s3, pipeline, key: s3.put_object(Bucket=pipeline.audio_bucket, Key=key, Body=b""),
    "secretsmanager:GetSecretValue": lambda secrets, pipeline, _: secrets.get_secret_value(
        SecretId=pipeline.secret_ids["openai_api_key"]
    ),
    "sqs:PurgeQueue": lambda sqs, pipeline, _: sqs.purge_queue(QueueUrl=pipeline.jobs_queue_url),
    "sqs:ReceiveMessage": lambda sqs, pipeline, _: sqs.receive_message(QueueUrl=pipeline.jobs_queue_url),
    "sqs:SendMessage": lambda sqs, pipeline, _: sqs.send_message(QueueUrl=pipeline.jobs_queue_url, MessageBody="{}"),
}
"""One call for each action: on the jobs queue, on audio, on the OpenAI key, on the worker's function and role."""
