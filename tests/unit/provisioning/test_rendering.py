"""The checked-in rendering: nothing is left out silently, and the product can run with its values."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pytest

from rawk import config
from sim.provisioning import Limits, Pipeline, ProvisionError, Rendering, RenderingError
from sim.provisioning.rendering import resolve, topologies

WORKER, RELAY = "aws_lambda_function.worker", "aws_lambda_function.relay"


def document(**changes: Any) -> dict[str, Any]:
    queue = {
        "address": "aws_sqs_queue.jobs",
        "type": "aws_sqs_queue",
        "depends_on": [],
        "attributes": {"name": "${name}-jobs", "visibility_timeout_seconds": 6},
    }
    return {"topology": "tiny", "outputs": {}, "resources": [queue | changes]}


def function_environment(rendering: Rendering, address: str) -> Mapping[str, str]:
    function = next(each for each in rendering.resources if each.address == address)
    environment: Mapping[str, str] = function.attributes["environment"][0]["variables"]
    return environment


def attributes(rendering: Rendering, address: str) -> Mapping[str, Any]:
    return next(each.attributes for each in rendering.resources if each.address == address)


def test_a_supported_rendering_is_read() -> None:
    (queue,) = Rendering.from_json(document()).resources
    assert queue.attributes["visibility_timeout_seconds"] == 6


def test_an_unsupported_type_is_refused() -> None:
    with pytest.raises(RenderingError, match=r"aws_kinesis_stream.*sim/provisioning/resources"):
        Rendering.from_json(document(type="aws_kinesis_stream"))


def test_an_unsupported_attribute_is_refused() -> None:
    with pytest.raises(RenderingError, match="fifo_queue"):
        Rendering.from_json(document(attributes={"name": "x", "fifo_queue": True}))


def test_a_missing_dependency_is_refused() -> None:
    with pytest.raises(RenderingError, match=r"aws_sqs_queue\.gone"):
        Rendering.from_json(document(depends_on=["aws_sqs_queue.gone"]))


def test_an_unknown_topology_is_refused_and_the_known_ones_are_listed() -> None:
    with pytest.raises(RenderingError, match="core, pausing_database, short_timeouts, slow_start"):
        Rendering.load("moon")


def test_references_are_resolved_at_any_depth() -> None:
    known = {"name": "s1", "aws_sqs_queue.jobs.url": "http://q", 'aws_secretsmanager_secret.this["a"].arn': "arn:a"}
    value = {"a": ["${name}-x", {"b": '${aws_sqs_queue.jobs.url}|${aws_secretsmanager_secret.this["a"].arn}'}], "n": 3}
    assert resolve(value, known) == {"a": ["s1-x", {"b": "http://q|arn:a"}], "n": 3}


def test_an_unknown_reference_is_refused() -> None:
    with pytest.raises(RenderingError, match=r"aws_sqs_queue\.jobs\.url"):
        resolve({"a": "${aws_sqs_queue.jobs.url}"}, {"name": "s1"})


def test_outputs_that_differ_from_the_pipeline_are_refused() -> None:
    outputs = dict(Rendering.load("core").outputs)
    outputs["surprise"] = outputs.pop("audio_bucket")
    with pytest.raises(ProvisionError, match=r"missing \['audio_bucket'\], unknown \['surprise'\]"):
        Pipeline.from_outputs(outputs)


def test_limits_that_differ_from_the_pipeline_are_refused() -> None:
    outputs = dict(Rendering.load("core").outputs)
    outputs["limits"] = outputs["limits"] | {"unknown_limit": 1}
    with pytest.raises(ProvisionError, match="unknown_limit"):
        Pipeline.from_outputs(outputs)


def test_core_has_the_limits_of_production() -> None:
    pipeline = Pipeline.from_outputs(Rendering.load("core").outputs)
    assert pipeline.limits.function_timeout_seconds == 300
    assert pipeline.limits.visibility_timeout_seconds == 6 * 300
    assert pipeline.limits.max_receive_count == 3
    assert pipeline.outage_tolerance_seconds == 5400


@pytest.mark.parametrize("topology", topologies())
class TestEachTopology:
    """Invariants of all renderings."""

    def test_the_product_can_read_its_settings(self, topology: str) -> None:
        rendering = Rendering.load(topology)
        limits = Limits(**rendering.outputs["limits"])
        worker = config.worker_settings(function_environment(rendering, WORKER))
        relay = config.relay_settings(function_environment(rendering, RELAY))
        api = config.api_settings(rendering.outputs["api_environment"])
        config.operator_settings(rendering.outputs["operator_environment"])

        assert worker.queue_limits == relay.queue_limits
        assert asdict(worker.queue_limits) == {
            "visibility_timeout_seconds": limits.visibility_timeout_seconds,
            "max_receive_count": limits.max_receive_count,
            "retention_seconds": limits.jobs_retention_seconds,
        }
        assert worker.lease_seconds == relay.lease_seconds == limits.lease_seconds
        assert worker.openai_timeout_seconds == limits.openai_timeout_seconds
        assert worker.analysis_retry == relay.analysis_retry
        assert api.caller_requests_per_second == config.CALLER_REQUESTS_PER_SECOND
        assert api.metrics_keys_sha256 == ()
        assert api.outbox_grace_seconds == relay.outbox_grace_seconds == limits.outbox_grace_seconds
        assert worker.openai_base_url is None

    def test_terraform_and_the_product_compute_the_same_outage_tolerance(self, topology: str) -> None:
        rendering = Rendering.load(topology)
        worker = config.worker_settings(function_environment(rendering, WORKER))
        assert rendering.outputs["outage_tolerance_seconds"] == worker.queue_limits.outage_tolerance_seconds()

    def test_the_environment_of_the_functions_agrees_with_the_resources(self, topology: str) -> None:
        rendering = Rendering.load(topology)
        limits_of_the_worker = config.worker_settings(function_environment(rendering, WORKER)).queue_limits
        jobs = attributes(rendering, "aws_sqs_queue.jobs")
        assert jobs["visibility_timeout_seconds"] == limits_of_the_worker.visibility_timeout_seconds
        assert jobs["message_retention_seconds"] == limits_of_the_worker.retention_seconds
        assert jobs["redrive_policy"]["maxReceiveCount"] == limits_of_the_worker.max_receive_count
        limits = Limits(**rendering.outputs["limits"])
        assert attributes(rendering, WORKER)["timeout"] == limits.function_timeout_seconds
        assert attributes(rendering, RELAY)["timeout"] == limits.relay_timeout_seconds
        scaling = attributes(rendering, "aws_lambda_event_source_mapping.jobs")["scaling_config"]
        assert scaling == [{"maximum_concurrency": limits.maximum_concurrency}]

    def test_the_worker_has_no_permission_to_send_or_write(self, topology: str) -> None:
        policy = attributes(Rendering.load(topology), "aws_iam_role_policy.worker")["policy"]
        actions = {action for each in policy["Statement"] for action in _listed(each["Action"])}
        assert not [each for each in actions if each.startswith(("sqs:Send", "s3:Put", "s3:Delete")) or "*" in each]

    def test_every_handler_exists(self, topology: str) -> None:
        rendering = Rendering.load(topology)
        from rawk import aws_lambda

        for address in (WORKER, RELAY):
            module, name = attributes(rendering, address)["handler"].rsplit(".", 1)
            assert module == aws_lambda.__name__
            assert callable(getattr(aws_lambda, name))


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
