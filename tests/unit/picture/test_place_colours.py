"""The colours of the strip's places: distinguishable in both schemes, also for colour-blind readers."""

import itertools
import math
import re
from collections.abc import Sequence

import pytest

from sim.conservation import Place
from sim.picture.bundle import source_of, style
from sim.report.page.page import ASSETS

SIMULATIONS = {
    "full colour vision": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Machado, Oliveira and Fernandes 2009, severity 1, in linear RGB."""

MIN_DISTANCE = 0.1
"""In OKLab, where the lightness of black and white differs by 1."""

CSS = style()
PAPER = (ASSETS / "report.css").read_text(encoding="utf-8")
SCRIPT = source_of("strip")


def colours(scheme: str) -> dict[str, str]:
    """By place, and for the card behind the strip."""
    blocks = re.findall(r":root {(.*?)}", CSS, re.DOTALL)
    values = dict(re.findall(r"(--place-[a-z-]+): (#[0-9a-f]{6})", blocks[("light", "dark").index(scheme)]))
    rules = re.findall(r"([^{}]+){ fill: var\((--place-[a-z-]+)\)", CSS)
    of_class = {
        name: values[value] for selector, value in rules for name in re.findall(r"\.place\.([a-z-]+)", selector)
    }
    of_place = {place.value: of_class.get(class_of(place), values["--place-neutral"]) for place in Place}
    return {**of_place, "card": re.findall(r"--card: (#[0-9a-f]{6})", PAPER)[("light", "dark").index(scheme)]}


def class_of(place: Place) -> str:
    return re.sub(r"[^a-z]+", "-", place.value)


def texture_of(place: str) -> str:
    name = re.search(rf'"?{re.escape(place)}"?: "(stripes|dots)"', SCRIPT)
    return name[1] if name else "solid"


def distance(one: str, other: str, simulation: Sequence[Sequence[float]]) -> float:
    return math.dist(_oklab(one, simulation), _oklab(other, simulation))


def _oklab(colour: str, simulation: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    linear = [_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5)]
    seen = (min(1.0, max(0.0, math.sumprod(row, linear))) for row in simulation)
    red, green, blue = seen
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("simulation", SIMULATIONS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_places_differ_by_texture_or_clearly_by_colour(scheme: str, simulation: str) -> None:
    of_place = colours(scheme)
    for one, other in itertools.combinations([*(place.value for place in Place), "card"], 2):
        if "card" in (one, other) or texture_of(one) == texture_of(other):
            difference = distance(of_place[one], of_place[other], SIMULATIONS[simulation])
            assert difference >= MIN_DISTANCE, f"{one} and {other}: {difference:.3f}"


def test_every_texture_belongs_to_a_place() -> None:
    block = SCRIPT.partition("const TEXTURES = {")[2].partition("}")[0]
    named = {name.strip(' "') for name in re.findall(r'("[^"]+"|\w+): "', block)}
    assert named <= {place.value for place in Place}
