"""Somebody gets hold of the credentials of one of the pipeline's parts.

Claim: no role can do what is not its work: the API receives no job, the worker neither sends one nor writes audio, and
nobody widens his own rights.
"""

from sim import Simulation, minutes, needs

pytestmark = needs.permissions


def test_no_role_can_do_what_it_should_not(sim: Simulation) -> None:
    # Given a pipeline at work.
    memo = sim.api.record(1)
    sim.run_until(memo.all_complete, within=minutes(5))

    # When somebody acts as the API, then no job can be taken from the worker, nor its OpenAI key read.
    api = sim.role("api")
    assert api.is_denied("sqs:ReceiveMessage", "sqs:PurgeQueue", "secretsmanager:GetSecretValue")

    # And as the worker, none can be forged, no audio replaced or removed.
    worker = sim.role("worker")
    assert worker.is_denied("sqs:SendMessage", "s3:PutObject", "s3:DeleteObject")

    # And as the relay, nobody's audio can be heard.
    relay = sim.role("relay")
    assert relay.is_denied("s3:GetObject", "s3:PutObject", "sqs:ReceiveMessage")

    # And none of them can give himself more.
    for role in (api, worker, relay):
        assert role.is_denied("iam:PutRolePolicy", "lambda:UpdateFunctionConfiguration")
