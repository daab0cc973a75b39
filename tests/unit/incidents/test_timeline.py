"""An incident is read from a file; one that is wrong is refused with the place and the reason."""

import random
from datetime import timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest

from sim.scenario.incidents.running import PEAK, arrivals, percentile, retry_waits
from sim.scenario.incidents.timeline import BrokenIncident, load, names

ROOT = Path(__file__).parents[3]
WHOLE = """
title = "An outage"
began = 2024-08-16T18:38:00Z
source = "https://example.com/post-mortem"
assumed = ["the status"]

[[phase]]
begins = "0:00"
ends = "1:30"
what = "nothing works"
faults = [{ fault = "openai.errors", status = 503, share = 0.5 }]
"""


def write(folder: Path, text: str) -> Path:
    (folder / "broken.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_whole_incident_is_read(tmp_path: Path) -> None:
    incident = load("broken", write(tmp_path, WHOLE))
    assert incident.lasts == timedelta(hours=1, minutes=30)
    (fault,) = incident.phases[0].made_faults(seed=7)
    assert fault.describe() == "OpenAI answers 503 (50% of the calls)"
    assert incident.as_json()["phases"] == [{"begins": 0.0, "ends": 5400.0, "what": "nothing works"}]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('source = "https://example.com/post-mortem"\n', "", "it needs a source"),
        ("https://example.com/post-mortem", "a post-mortem", "its source is not an address"),
        ('title = "An outage"\n', "", "it needs a title"),
        ('"An outage"', '" "', "it needs a title"),
        ("began = 2024-08-16T18:38:00Z\n", "", "the time at which it began"),
        ("18:38:00Z", "18:38:00", "with its zone"),
        ('ends = "1:30"', 'ends = "0:00"', "phase 1 ends at 0:00, not after it begins at 0:00"),
        ('begins = "0:00"', 'begins = "2:00"', "phase 1 ends at 1:30, not after it begins at 2:00"),
        ('"1:30"', '"1:75"', "'1:75' is no time since the beginning, such as 2:20"),
        ('"1:30"', "90", "90 is no time since the beginning"),
        ('ends = "1:30"\n', "", "None is no time since the beginning"),
        ('what = "nothing works"\n', "", "phase 1 does not say what happens"),
        ("openai.errors", "openai.error", "there is no fault 'openai.error'"),
        ("openai.errors", "errors", "there is no fault 'errors'"),
        ("openai.errors", "openai._first", "there is no fault 'openai._first'"),
        ("status = 503", "code = 503", "openai.errors: "),
        ("share = 0.5", "share = 0", "a share is a number above 0 and up to 1, not 0"),
        ("share = 0.5", "share = 50", "not 50"),
        ("share = 0.5", 'share = "half"', "not 'half'"),
        ('"openai.errors", status = 503', '"worker.throttled"', "it takes no share"),
        ("[[phase]]", "[[phases]]", "the incident has no 'phases'"),
        ("faults =", "fault =", "phase 1 has no 'fault'"),
        ("title =", "title ", "broken.toml: "),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, says: str, tmp_path: Path) -> None:
    assert old in WHOLE
    with pytest.raises(BrokenIncident) as refused:
        load("broken", write(tmp_path, WHOLE.replace(old, new, 1)))
    assert str(refused.value).startswith("broken.toml: ")
    assert says in str(refused.value)


def test_an_incident_without_a_phase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenIncident, match="it has no phase"):
        load("broken", write(tmp_path, WHOLE.partition("[[phase]]")[0]))


def test_an_unknown_incident_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(BrokenIncident, match=r"there is no incident 'other'; there are: broken"):
        load("other", write(tmp_path, WHOLE))


def test_every_incident_is_whole_and_has_a_scenario() -> None:
    assert names()
    for name in names():
        assert load(name).phases
        assert (ROOT / f"scenarios/incidents/test_{name.replace('-', '_')}.py").is_file()


def test_uploads_arrive_at_the_usual_rate_and_twice_as_often_in_the_peak() -> None:
    times = [time for seed in range(40) for time in arrivals(random.Random(seed), timedelta(hours=4))]
    in_peak = sum(PEAK[0] <= time < PEAK[1] for time in times) / 40
    outside = sum(not PEAK[0] <= time < PEAK[1] for time in times) / 40 / 3
    assert 115 < in_peak < 125
    assert 57 < outside < 63


def test_uploads_are_in_order_and_the_same_for_the_same_seed() -> None:
    times = arrivals(random.Random(7), timedelta(hours=2))
    assert times == sorted(times)
    assert times == arrivals(random.Random(7), timedelta(hours=2))
    assert times != arrivals(random.Random(8), timedelta(hours=2))


def test_a_client_waits_longer_from_try_to_try_up_to_a_limit() -> None:
    waits = list(islice(retry_waits(), 8))
    assert all(later in (2 * earlier, timedelta(hours=1)) for earlier, later in pairwise(waits))
    assert waits[0] == timedelta(minutes=10)
    assert waits[-1] == timedelta(hours=1)


def test_percentiles() -> None:
    values = [float(each) for each in range(101)]
    assert (percentile(values, 50), percentile(values, 95)) == (50.0, 95.0)
    assert percentile([3.0], 95) == 3.0
