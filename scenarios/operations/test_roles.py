"""An attacker has the credentials of one of the pipeline's roles.

Claim: An attacker with the credentials of the API, the worker or the relay is denied everything that is not that
part's work: receiving or purging jobs, forging jobs, replacing or reading audio, changing its own rights.
"""

from sim import Simulation, minutes, needs

pytestmark = needs.permissions


def test_every_role_is_denied_what_it_does_not_need(sim: Simulation) -> None:
    # Given a pipeline that has processed a recording.
    memories = sim.api.record(1)
    sim.run_until(memories.all_complete, within=minutes(5))

    # When the attacker acts as the API, then no job can be received or purged, and no OpenAI key read.
    api = sim.role("api")
    assert api.is_denied("sqs:ReceiveMessage", "sqs:PurgeQueue", "secretsmanager:GetSecretValue")

    # And as the worker, no job can be sent, and no audio replaced or deleted.
    worker = sim.role("worker")
    assert worker.is_denied("sqs:SendMessage", "s3:PutObject", "s3:DeleteObject")

    # And the worker cannot read what a client's form has written.
    assert worker.is_denied("s3:GetObject", "s3:PutObject", key="incoming/foreign")

    # And as the relay, no audio can be read or replaced, and no job received.
    relay = sim.role("relay")
    assert relay.is_denied("s3:GetObject", "s3:PutObject", "sqs:ReceiveMessage")
    assert relay.is_denied("s3:GetObject", "s3:PutObject", key="incoming/foreign")

    # And no role can extend its own rights.
    for role in (api, worker, relay):
        assert role.is_denied("iam:PutRolePolicy", "lambda:UpdateFunctionConfiguration")
