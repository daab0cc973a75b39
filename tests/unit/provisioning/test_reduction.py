"""The reduction of Terraform's plan and state to a rendering."""

from typing import Any

import pytest

from sim.provisioning.errors import RenderingError
from sim.provisioning.plan_reduction import ACCOUNT, MODULE, NAME, REGION, markers, reduce

JOBS, DEAD_LETTERS = f"{MODULE}aws_sqs_queue.jobs", f"{MODULE}aws_sqs_queue.dead_letters"
SECRET, ROLE = f'{MODULE}aws_secretsmanager_secret.this["a"]', f"{MODULE}aws_iam_role.worker"
POLICY = f"{MODULE}aws_iam_role_policy.worker"


def planned(address: str, after: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": address.removeprefix(MODULE).split(".")[0],
        "change": {"after": after, "after_unknown": unknown},
    }


def applied(address: str, values: dict[str, Any], depends_on: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": address.removeprefix(MODULE).split(".")[0],
        "values": values,
        "depends_on": list(depends_on),
    }


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"resource_changes": list(changes)}


def state(*resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "root_module": {"child_modules": [{"resources": list(resources)}]},
        "outputs": {name: {"value": value} for name, value in (outputs or {}).items()},
    }


def only(document: Any) -> Any:
    (resource,) = document["resources"]
    return resource


def test_values_of_the_configuration_stay_and_generated_ones_are_removed() -> None:
    values = {"name": f"{NAME}-jobs", "visibility_timeout_seconds": 1800, "delay_seconds": None}
    generated = {"name_prefix": "k3j9x0ab", "kms_data_key_reuse_period_seconds": 0, "tags_all": {}}
    document = reduce(
        "t",
        plan(planned(JOBS, values, dict.fromkeys(generated, True))),
        state(applied(JOBS, values | generated)),
    )
    assert only(document)["attributes"] == {"name": "${name}-jobs", "visibility_timeout_seconds": 1800}


def test_zero_is_a_value() -> None:
    address = f"{MODULE}aws_lambda_function_event_invoke_config.relay"
    values = {"function_name": f"{NAME}-relay", "maximum_retry_attempts": 0, "maximum_event_age_in_seconds": 60}
    document = reduce("t", plan(planned(address, values, {})), state(applied(address, values)))
    assert only(document)["attributes"]["maximum_retry_attempts"] == 0


def test_a_policy_is_parsed_and_its_references_are_symbolic() -> None:
    secret = planned(SECRET, {"name": f"{NAME}/a"}, {"arn": True, "id": True})
    role = planned(ROLE, {"name": f"{NAME}-worker"}, {"arn": True, "id": True})
    policy = planned(POLICY, {"name": "worker"}, {"policy": True, "role": True, "id": True})
    made = markers(plan(secret, role, policy))
    text = f'{{"Resource": ["{made[SECRET]["arn"]}", "arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-jobs"]}}'
    document = reduce(
        "t",
        plan(secret, role, policy),
        state(
            applied(SECRET, {"name": f"{NAME}/a", **made[SECRET]}),
            applied(ROLE, {"name": f"{NAME}-worker", **made[ROLE]}),
            applied(POLICY, {"name": "worker", "policy": text, "role": made[ROLE]["id"], "id": made[POLICY]["id"]}),
            outputs={"secret": made[SECRET]["arn"], "seconds": 5},
        ),
    )
    reduced = {each["address"]: each["attributes"] for each in document["resources"]}
    assert reduced["aws_iam_role_policy.worker"] == {
        "name": "worker",
        "role": "${aws_iam_role.worker.id}",
        "policy": {
            "Resource": [
                '${aws_secretsmanager_secret.this["a"].arn}',
                "arn:aws:sqs:${region}:${account}:${name}-jobs",
            ]
        },
    }
    assert reduced['aws_secretsmanager_secret.this["a"]'] == {"name": "${name}/a"}
    assert document["outputs"] == {"secret": '${aws_secretsmanager_secret.this["a"].arn}', "seconds": 5}


def test_a_reference_without_a_marker_is_refused() -> None:
    policy = planned(POLICY, {"name": "worker"}, {"policy": True})
    evaluated = applied(POLICY, {"name": "worker", "policy": '{"Resource": "k3j9x0ab/*"}'})
    with pytest.raises(RenderingError, match=r"worker\.policy is computed or refers to a computed value"):
        reduce("t", plan(policy), state(evaluated))


def test_a_value_that_is_a_reference_without_a_marker_is_refused() -> None:
    role = planned(ROLE, {"name": "r"}, {"unique_id": True})
    queue = planned(JOBS, {"name": "q"}, {"redrive_policy": True})
    evaluated = state(
        applied(ROLE, {"name": "r", "unique_id": "k3j9x0ab"}),
        applied(JOBS, {"name": "q", "redrive_policy": "k3j9x0ab"}),
    )
    with pytest.raises(RenderingError, match="is computed or refers to a computed value"):
        reduce("t", plan(role, queue), evaluated)


def test_an_output_without_a_marker_is_refused() -> None:
    region = applied("data.aws_region.current", {"id": "k3j9x0ab"}) | {"mode": "data"}
    with pytest.raises(RenderingError, match="output region is computed or refers to a computed value"):
        reduce("t", plan(), state(region, outputs={"region": {"id": "k3j9x0ab"}}))


def test_an_unsupported_type_is_refused() -> None:
    address = f"{MODULE}aws_kinesis_stream.x"
    with pytest.raises(RenderingError, match="aws_kinesis_stream"):
        reduce("t", plan(planned(address, {}, {})), state(applied(address, {})))


def test_an_unsupported_attribute_is_refused() -> None:
    values = {"name": f"{NAME}-jobs", "fifo_queue": True}
    with pytest.raises(RenderingError, match="sets fifo_queue"):
        reduce("t", plan(planned(JOBS, values, {})), state(applied(JOBS, values)))


def test_settings_of_destroy_are_left_out() -> None:
    values = {"name": f"{NAME}/a", "recovery_window_in_days": 7}
    document = reduce("t", plan(planned(SECRET, values, {})), state(applied(SECRET, values)))
    assert only(document)["attributes"] == {"name": "${name}/a"}


def test_dependencies_are_direct_and_name_each_instance() -> None:
    secret, role, policy = (
        planned(SECRET, {"name": "s"}, {}),
        planned(ROLE, {"name": "r"}, {}),
        planned(POLICY, {"name": "p"}, {}),
    )
    document = reduce(
        "t",
        plan(secret, role, policy),
        state(
            applied(SECRET, {"name": "s"}),
            applied(ROLE, {"name": "r"}, (SECRET.removesuffix('["a"]'), f"{MODULE}data.aws_region.current")),
            applied(POLICY, {"name": "p"}, (ROLE, SECRET.removesuffix('["a"]'))),
        ),
    )
    depends_on = {each["address"]: each["depends_on"] for each in document["resources"]}
    assert depends_on == {
        'aws_secretsmanager_secret.this["a"]': [],
        "aws_iam_role.worker": ['aws_secretsmanager_secret.this["a"]'],
        "aws_iam_role_policy.worker": ["aws_iam_role.worker"],
    }


def test_resources_outside_the_pipeline_are_not_rendered() -> None:
    elsewhere = planned("module.network.aws_vpc.this", {}, {})
    assert markers(plan(elsewhere)) == {}
    assert reduce("t", plan(elsewhere), state(applied("module.network.aws_vpc.this", {})))["resources"] == []
