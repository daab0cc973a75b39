"""What the operator can do about the most frequent errors of Terraform."""

from __future__ import annotations

import re

__all__ = ["advice"]

_LOCK_ID = re.compile(r"^[^A-Za-z\n]*ID: *([0-9a-f-]{36})", re.MULTILINE)


def advice(errors: str, topology: str, bucket: str) -> list[str]:
    """Sentences for Terraform's error output; none for an error that has no known remedy."""
    if "Error acquiring the state lock" in errors:
        lock = _LOCK_ID.search(errors)
        return [
            "another run holds the state lock: the message above shows whose, and since when. Nothing was changed.",
            "Wait for its end, or try again with LOCK_TIMEOUT_SECONDS=600.",
            f"Only when that run has certainly died: ./deploy.sh {topology} unlock {lock[1] if lock else 'ID'}",
        ]
    if "Error releasing the state lock" in errors:
        return [f"the command is done, but its lock remains: ./deploy.sh {topology} unlock ID, with the ID above"]
    if "Saved plan is stale" in errors:
        return ["the state has changed since this plan was made. Nothing was changed; make and review a new plan."]
    if "errored.tfstate" in errors:
        return [
            "the state could not be written to the bucket and is in terraform/errored.tfstate: keep that file.",
            "Repair the cause, then run: terraform -chdir=terraform state push errored.tfstate",
        ]
    if re.search(r'S3 bucket ".*" does not exist|NoSuchBucket', errors):
        return [f"there is no bucket {bucket} for the state: apply terraform/bootstrap first, or set STATE_BUCKET"]
    if re.search(r"ExpiredToken|token.*expired", errors):
        return ["the credentials have expired. Renew them and run the command again; `unlock` removes a remaining lock"]
    return []
