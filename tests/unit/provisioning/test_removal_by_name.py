"""Everything that provisioning makes can be found again by its name."""

import pytest

from sim.provisioning.removal_by_name import REMOVAL_ORDER, remove_named
from sim.provisioning.resources import RESOURCE_TYPES
from sim.provisioning.resources.resource_type import removed_with_parent


def test_every_type_that_is_not_removed_with_its_parent_can_be_found() -> None:
    removed = {name for name, each in RESOURCE_TYPES.items() if each.remove is not removed_with_parent}
    assert removed == {name for name, each in RESOURCE_TYPES.items() if each.find}
    assert removed == set(REMOVAL_ORDER)
    assert len(REMOVAL_ORDER) == len(removed)


def test_a_prefix_of_all_pipelines_is_refused() -> None:
    with pytest.raises(AssertionError, match="would remove resources of others"):
        remove_named(None, "rawk-")  # type: ignore[arg-type]
