"""A check of the Chaos API."""

import httpx

from sim.localstack.chaos_client import Chaos
from sim.localstack.conformance.target import NotConformant, Target, expect_refusal


def chaos_api(target: Target) -> None:
    """A rule that refuses a call is obeyed."""
    chaos = Chaos(target.endpoint_url)
    with target.queue() as (url, arn):
        rule = {"service": "sqs", "operation": "SendMessage", "resource": arn.rpartition(":")[2]}
        try:
            rule_id = chaos.add({**rule, "error": {"statusCode": 503, "code": "ServiceUnavailable"}})
        except httpx.HTTPError as error:
            raise NotConformant("the Chaos API does not answer") from error
        try:
            expect_refusal(
                "ServiceUnavailable",
                "a call that a chaos rule refuses",
                lambda: target.sqs.send_message(QueueUrl=url, MessageBody=""),
            )
        finally:
            chaos.remove(rule_id)
