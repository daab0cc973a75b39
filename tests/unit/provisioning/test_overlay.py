"""A rendering as the differences to another one: merged, it is the same rendering again."""

from typing import Any

import pytest

from sim.provisioning import Rendering, RenderingError
from sim.provisioning.overlay import difference, merge

JOBS, RULE = "aws_sqs_queue.jobs", "aws_cloudwatch_event_rule.relay"


def document(topology: str = "core", **changes: Any) -> dict[str, Any]:
    jobs = {"name": "${name}-jobs", "visibility_timeout_seconds": 1800, "tags": {"a/b": "1", "c~d": "2"}}
    rule = {"name": "${name}-relay", "schedule_expression": "rate(1 minute)", "blocks": [{"one": 1}, {"two": 2}]}
    return {
        "topology": topology,
        "outputs": {"limits": {"lease_seconds": 330, "max_receive_count": 3}, "name": "${name}"},
        "resources": [
            {"address": RULE, "type": "aws_cloudwatch_event_rule", "depends_on": [], "attributes": rule},
            {"address": JOBS, "type": "aws_sqs_queue", "depends_on": [RULE], "attributes": jobs | changes},
        ],
    }


def test_an_overlay_names_only_the_values_that_differ() -> None:
    other = document("short", visibility_timeout_seconds=12, tags={"a/b": "1", "c~d": "3"})
    other["outputs"]["limits"]["lease_seconds"] = 6
    other["resources"][0]["attributes"]["blocks"][1]["two"] = 3
    assert difference(document(), other) == {
        "topology": "short",
        "base": "core",
        "outputs": {"/limits/lease_seconds": 6},
        "resources": {
            JOBS: {"/visibility_timeout_seconds": 12, "/tags/c~0d": "3"},
            RULE: {"/blocks/1/two": 3},
        },
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"visibility_timeout_seconds": 12},
        {"visibility_timeout_seconds": 1800.5},
        {"tags": {"a/b": "other", "c~d": "other"}},
        {"tags": {"another": "tag"}},
        {"tags": {}},
        {"one_more": ["a", {"list": True}]},
    ],
)
def test_a_merged_overlay_is_the_rendering_it_was_made_of(changes: dict[str, Any]) -> None:
    base, other = document(), document("short", **changes)
    assert merge(base, difference(base, other)) == other
    assert base == document(), "the base must not change"


def test_a_value_of_another_type_is_a_difference() -> None:
    overlay = difference(document(), document("short", visibility_timeout_seconds=1800.0))
    assert overlay["resources"] == {JOBS: {"/visibility_timeout_seconds": 1800.0}}


def test_a_rendering_with_other_resources_cannot_be_an_overlay() -> None:
    other = document("short")
    del other["resources"][0]
    with pytest.raises(RenderingError, match=rf"short is no overlay of core: only one of them has {RULE}"):
        difference(document(), other)


def test_a_rendering_with_other_dependencies_cannot_be_an_overlay() -> None:
    other = document("short")
    other["resources"][1]["depends_on"] = []
    with pytest.raises(RenderingError, match=f"type or dependencies of {JOBS} differ"):
        difference(document(), other)


@pytest.mark.parametrize("pointer", ["/gone", "/tags/gone", "/visibility_timeout_seconds/0", "/name/0/x"])
def test_an_overlay_cannot_change_a_value_that_its_base_does_not_have(pointer: str) -> None:
    overlay = {"topology": "short", "base": "core", "outputs": {}, "resources": {JOBS: {pointer: 1}}}
    with pytest.raises(RenderingError, match=rf"The overlay short: {JOBS} has no '{pointer}' to replace"):
        merge(document(), overlay)


def test_an_overlay_cannot_change_a_resource_that_its_base_does_not_have() -> None:
    overlay = {"topology": "short", "base": "core", "outputs": {}, "resources": {"aws_sns_topic.gone": {"/name": "x"}}}
    with pytest.raises(RenderingError, match=r"short changes aws_sns_topic\.gone, which core does not have"):
        merge(document(), overlay)


def test_a_topology_that_is_stored_as_an_overlay_has_all_resources_of_its_base() -> None:
    short, core = Rendering.load("short_timeouts"), Rendering.load("core")
    assert short.topology == "short_timeouts"
    assert [each.address for each in short.resources] == [each.address for each in core.resources]
    assert short.outputs["limits"] != core.outputs["limits"]
