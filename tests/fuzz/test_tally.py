"""Counts of a run, from schemathesis' record."""

import json

from tests.fuzz.tally import Tally, tally_of

PATHS = {"/memories": {"get": {}, "post": {}}, "/memories/{memory_id}": {"get": {}}}


def exchange(method, path, status):
    response = None if status is None else {"status_code": status}
    return {"request": {"method": method, "uri": f"http://127.0.0.1:1{path}"}, "response": response}


def line(*exchanges):
    recorder = {"label": "any", "interactions": {str(number): each for number, each in enumerate(exchanges)}}
    return json.dumps({"ScenarioFinished": {"recorder": recorder}})


def test_requests_are_counted_by_route_and_by_status():
    record = [
        json.dumps({"Initialize": {"seed": 1}}),
        line(exchange("GET", "/memories?limit=3", 200), exchange("POST", "/memories", 202)),
        json.dumps({"ScenarioFinished": {"recorder": {"label": "skipped"}}}),
        line(exchange("GET", "/memories/5f0c", 404), exchange("GET", "/memories/%2F%00", 404)),
        line(exchange("TRACE", "/memories", 405), exchange("GET", "/elsewhere/5f0c", 404)),
        line(exchange("GET", "/memories", None)),
    ]

    found = tally_of(record, PATHS)

    assert found.routes == {
        "/memories GET": 2,
        "/memories POST": 1,
        "/memories another method": 1,
        "/memories/{memory_id} GET": 2,
        "another path another method": 1,
    }
    assert found.statuses == {"200": 1, "202": 1, "404": 3, "405": 1, "no answer": 1}
    assert found.requests == 7


def test_counts_of_runs_add_up():
    one = tally_of([line(exchange("GET", "/memories", 200))], PATHS)

    both = one + one + Tally()

    assert (both.routes, both.statuses, both.requests) == ({"/memories GET": 2}, {"200": 2}, 2)
    assert list(both.lines()) == [
        "requests by route:",
        "       2  /memories GET",
        "requests by status:",
        "       2  200",
    ]
