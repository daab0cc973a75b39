"""Direct uploads of the tests' in-memory world."""

import pytest

from rawk.domain.memory import Memory
from rawk.use_cases.direct_uploads import BegunUpload, DirectUploads, PlannedUpload
from tests.unit.api.forms import wav
from tests.unit.api.world import World

WAV = PlannedUpload("audio/wav", "Standup")

when = pytest.mark.parametrize("after_effect", [False, True], ids=["instead", "answer lost"])
"""Whether a failure comes instead of the effect or hides its answer."""


def uploads(world: World) -> DirectUploads:
    return world.services({}).direct_uploads


def uploaded(world: World, content: bytes = wav(), key: str | None = None) -> BegunUpload:
    begun = uploads(world).begin("acme", "corr-1", WAV, key)
    assert begun.form is not None
    assert world.audio.receive(begun.form, content)
    return begun


def submit(world: World, begun: BegunUpload) -> Memory:
    return uploads(world).submit("acme", begun.memory.id)
