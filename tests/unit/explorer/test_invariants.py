"""Each invariant of the explorer sees a bug of its own in the product, and the right product violates none."""

from collections.abc import Iterator

import pytest

from sim.explorer.invariants import names
from sim.explorer.search import run_world, without_log_and_gc
from tests.unit.explorer.doctored_products import DOCTORED_PRODUCTS

MOST_WORLDS = 1500


@pytest.fixture(autouse=True)
def no_log_and_no_gc() -> Iterator[None]:
    with without_log_and_gc():
        yield
    names.SILENCED.clear()


def put_in_bug_of(invariant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most bugs also change how often something is called, so that economy is silenced, except for its own bug."""
    names.SILENCED.update({names.ECONOMY} - {invariant})
    DOCTORED_PRODUCTS[invariant](monkeypatch)


def first_violated(worlds: int = MOST_WORLDS) -> tuple[str | None, int]:
    """The first invariant that any of the worlds violates, and how many worlds that took."""
    for number in range(1, worlds + 1):
        violation = run_world(number).violation
        if violation is not None:
            return violation.invariant, number
    return None, worlds


def test_every_invariant_has_a_bug_of_its_own() -> None:
    assert set(DOCTORED_PRODUCTS) == set(names.ALL)
    assert len(set(names.ALL)) == len(names.ALL)


@pytest.mark.parametrize("invariant", names.ALL)
def test_an_invariant_sees_its_bug(invariant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_bug_of(invariant, monkeypatch)

    assert first_violated()[0] == invariant


@pytest.mark.parametrize("invariant", names.ALL)
def test_a_silenced_invariant_does_not_see_its_bug(invariant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same worlds: `--silence` takes exactly this invariant away."""
    put_in_bug_of(invariant, monkeypatch)
    _, worlds = first_violated()
    names.SILENCED.add(invariant)

    assert first_violated(worlds)[0] != invariant
