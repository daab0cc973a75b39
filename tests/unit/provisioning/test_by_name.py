"""Whatever the rendering makes can be found again by its name."""

import pytest

from sim.provisioning.removal_by_name import FINDERS, remove_named
from sim.provisioning.resource_types import KINDS, _goes_with_its_owner


def test_every_kind_that_is_removed_by_itself_is_looked_for() -> None:
    assert {name for name, kind in KINDS.items() if kind.remove is not _goes_with_its_owner} == FINDERS.keys()


def test_a_prefix_that_is_everybodys_is_refused() -> None:
    with pytest.raises(AssertionError, match="would remove what is not ours"):
        remove_named(None, "rawk-")  # type: ignore[arg-type]
