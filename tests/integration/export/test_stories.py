"""The catalogue as it is: every fault of every story is read, and the variants are pytest's own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from sim.export.experiment import Experiment, experiment
from sim.export.finding import Found, UnknownStory, find, opened
from sim.export.place import place_by_name
from sim.export.reading import Variant, expects_dead_letters, variants
from sim.export.shapes import SHAPES
from sim.export.telling import lines, readme
from sim.export.template import Story
from sim.report.stories import stories

ROOT = Path(__file__).parents[3]
SCENARIOS = ROOT / "scenarios"
COLLECT_SECONDS = 60


@cache
def catalogue() -> list[Found]:
    return [opened(each, SCENARIOS) for each in stories(SCENARIOS)]


def told(found: Found, topology: str) -> Iterator[tuple[Variant, Experiment]]:
    place = place_by_name("rawk", topology)
    for variant in variants(found.module, found.function, place):
        dead = expects_dead_letters(found.function)
        story = Story(found.story.path, found.story.function, variant.id, found.story.claim, dead)
        yield variant, experiment(story, variant, place)


@pytest.mark.parametrize("topology", SHAPES)
def test_every_fault_of_every_story_is_told(topology):
    seen = [(variant, made) for found in catalogue() for variant, made in told(found, topology)]
    faults = [each for _, made in seen for each in made.faults]

    assert len(faults) > 100
    assert [each.switched.text for each in faults if each.switched.made is None] == []
    for _, made in seen:
        shown, page = "\n".join(lines(made)), readme(made)
        for each in made.faults:
            assert each.switched.describe in shown
            assert each.decision.differs in page
            assert each.decision.why_not in page


def test_no_fault_of_a_story_escapes_the_reader():
    """As many as the text has `sim.fault(`, whatever stands around them."""
    for found in catalogue():
        text = (SCENARIOS / found.story.path).read_text(encoding="utf-8")
        lines_of = text.splitlines()[found.function.lineno - 1 : found.function.end_lineno]
        written = sum(line.count("sim.fault(") for line in lines_of)

        assert {len(variant.faults) for variant, _ in told(found, "ecs")} == {written}, found.story.function


def test_variants_have_the_names_that_pytest_gives_them():
    collect = ["-q", "--collect-only", "--variants", "all", "-p", "no:cacheprovider", "scenarios"]
    command = [sys.executable, "-m", "pytest", "-c", "scenarios/pytest.ini", "--rootdir", "scenarios", *collect]
    asked = {"cwd": ROOT, "env": {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}}
    printed = subprocess.run(command, **asked, capture_output=True, text=True, timeout=COLLECT_SECONDS, check=True)
    by_pytest = set(re.findall(r"^(?:scenarios/)?(\S+\.py::test_\w+(?:\[.*\])?)$", printed.stdout, re.MULTILINE))
    ours = {
        f"{found.story.path}::{found.story.function}" + (f"[{variant.id}]" if variant.id else "")
        for found in catalogue()
        for variant, _ in told(found, "ecs")
    }

    assert len(by_pytest) > 90
    # Days of weather are as many as were asked for, and are named by a fixture.
    weather = {each for each in ours | by_pytest if "all_weather" in each}
    assert ours - weather == by_pytest - weather


class Answer(BytesIO):
    """An answer of FIS's, as the transport hands it over."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def test_boto3_sends_a_template_as_it_is():
    """It makes up a client token, as the CLI does, and finds nothing to complain of."""
    client = boto3.client("fis", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    (_, made) = next(told(find("database_trouble/test_database_down.py", SCENARIOS), "ecs"))
    assert made.template is not None
    sent: list[dict[str, Any]] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        sent.append(json.loads(request.body))
        return AWSResponse(request.url, 200, {}, Answer(b"{}"))

    client.meta.events.register("before-send.fis", answer)
    client.create_experiment_template(**made.template)

    (body,) = sent
    assert body.pop("clientToken")
    assert body == made.template


@pytest.mark.parametrize(
    "said",
    [
        "worker_trouble/test_timed_out.py",
        "worker_trouble/test_timed_out",
        "test_timed_out",
        "timed_out",
        "test_a_worker_that_times_out_is_taken_over_from",
        "timed_out::test_a_worker_that_times_out_is_taken_over_from",
        f"{SCENARIOS.as_posix()}/worker_trouble/test_timed_out.py",
    ],
)
def test_a_story_is_found_by_all_its_names(said):
    assert find(said, SCENARIOS).story.function == "test_a_worker_that_times_out_is_taken_over_from"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("test_timedout", "there is no story 'test_timedout'; is it worker_trouble/test_timed_out.py"),
        ("xyzzy", "there is no story 'xyzzy'; `python -m sim list` names all of them"),
        ("test_connections_cut.py", "tells 2 stories, say which: test_cut_idle_connections_are_not_noticed, test_a"),
    ],
)
def test_a_story_that_is_not_there_has_neighbours(said, complaint):
    with pytest.raises(UnknownStory, match=re.escape(complaint)):
        find(said, SCENARIOS)


def test_no_stories_at_all_is_told(tmp_path):
    with pytest.raises(UnknownStory, match="run this at the top of the repository"):
        find("test_timed_out", tmp_path)


def test_the_topologies_are_terraforms():
    """terraform/topologies.tf says where things run; sim/export/shapes.py repeats it in its own words."""
    text = (ROOT / "terraform" / "topologies.tf").read_text(encoding="utf-8")
    row = (
        r'^\s+([\w-]+)\s+= \{ api = (?:null|"(\w+)"),.*network = (\w+), private = (\w+), database = (?:null|"(\w+)") \}'
    )
    rows = {name: (api, *rest) for name, api, *rest in re.findall(row, text, re.MULTILINE)}

    assert set(rows) == set(SHAPES)
    for name, (api, network, private, database) in rows.items():
        shape = SHAPES[name]
        assert (shape.api or "") == api
        assert (shape.functions_in == "private") == (private == "true")
        assert shape.database_in == ((("public", "private")[private == "true"]) if database else None)
        assert (network == "true") == bool(shape.api_in or shape.database_in)
