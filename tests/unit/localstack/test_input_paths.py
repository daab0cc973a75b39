"""What a JSON path of an EventBridge target finds in an event."""

from typing import Any

import pytest

from sim.localstack.extension.rawk_emulator.events.input_paths import extract

EVENT = {
    "source": "my.app",
    "resources": ["arn:1", "arn:2"],
    "detail": {"a": {"b": None}, "instance-id": "i", "a key": 1, "x/y": 2, "list": [{"n": 1}, {"n": 2}], "": 3},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", EVENT),
        ("$.source", "my.app"),
        ("$.detail.a", {"b": None}),
        ("$.detail.a.b", None),
        ("$.detail.instance-id", "i"),
        ("$.detail.x/y", 2),
        ("$.detail['a key']", 1),
        ('$["detail"]["a key"]', 1),
        ("$.detail['']", 3),
        ("$.resources", ["arn:1", "arn:2"]),
        ("$.resources[0]", "arn:1"),
        ("$.resources[*]", ["arn:1", "arn:2"]),
        ("$.resources.*", ["arn:1", "arn:2"]),
        ("$.detail.list[*].n", [1, 2]),
        ("$.detail.a.*", None),
        ("$.missing", []),
        ("$.resources[2]", []),
        ("$.source[0]", []),
        ("$.source.name", []),
        ("$.source.*", []),
        ("$.resources.name", []),
    ],
)
def test_what_a_path_finds(path: str, found: Any) -> None:
    assert extract(EVENT, path) == found


@pytest.mark.parametrize("path", ["", "detail", "$detail", "$.", "$..a", "$.a[", "$.a[x]", "$.a[-1]", "$.a b", "$['a]"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="no JSON path"):
        extract(EVENT, path)
