"""As whom the pipeline's own processes call AWS: the API under its role, an operator as a user with their policy.

Functions are given their roles' credentials by the emulator, as by Lambda. The harness itself is the account's root.
"""

from typing import Any

Environment = dict[str, str]


def of_role(sts: Any, role_arn: str, session_name: str) -> Environment:
    """Credentials of a session of the role, as a platform hands them to what runs under it."""
    given = sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name)["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def of_new_user(iam: Any, name: str, policy_arn: str) -> Environment:
    """Credentials of a user made for it, who may what the policy says and nothing else."""
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=policy_arn)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
