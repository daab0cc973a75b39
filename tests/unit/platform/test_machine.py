"""How many worlds a machine gets, and which machines get none."""

from pathlib import Path

import psutil
import pytest

from sim.platform.machine import (
    WORLD_MEMORY_BYTES,
    UnsupportedPlatform,
    free_memory_bytes,
    require_supported_platform,
    usable_cores,
    worlds_for_this_machine,
)


@pytest.mark.parametrize(
    ("cores", "memory_for_worlds", "worlds"),
    [(1, 10, 1), (2, 10, 2), (16, 10, 10), (16, 1, 1), (4, 0, 1), (64, 64, 64)],
)
def test_there_is_one_world_for_each_core_within_the_memory(cores: int, memory_for_worlds: int, worlds: int) -> None:
    assert worlds_for_this_machine(cores, memory_for_worlds * WORLD_MEMORY_BYTES) == worlds


def test_a_world_needs_its_whole_memory() -> None:
    assert worlds_for_this_machine(8, 3 * WORLD_MEMORY_BYTES - 1) == 2


def test_this_machine_has_cores_and_memory() -> None:
    assert usable_cores() >= 1
    assert free_memory_bytes() > 0


def test_the_limit_of_a_container_counts(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert free_memory_bytes(tmp_path) == 2_000_000


def test_a_container_without_a_limit_has_the_memory_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert free_memory_bytes(tmp_path) > 0.5 * psutil.virtual_memory().available


def test_linux_is_supported() -> None:
    require_supported_platform("linux")


@pytest.mark.parametrize(("platform", "name"), [("darwin", "macOS"), ("win32", "Windows"), ("freebsd15", "freebsd15")])
def test_other_systems_are_refused_with_one_sentence(platform: str, name: str) -> None:
    with pytest.raises(
        UnsupportedPlatform, match=rf"^The simulation runs natively on Linux only, and this is {name}: "
    ):
        require_supported_platform(platform)
