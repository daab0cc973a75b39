"""A page records in a browser, and calls API and bucket across origins.

Claim: A page of a configured origin may call the API and upload to S3 from a browser, and reads every answer; a page of
another origin reads none.
"""

import httpx

from sim import Simulation, minutes, needs, recordings

PAGE = "https://app.example.com"
"""As Terraform configures it for scenarios."""
STRANGER = "https://app.example.com.example.net"


@needs.virtual_time
def test_page_of_a_configured_origin(sim: Simulation) -> None:
    # Given a page of the configured origin that begins a direct upload, after the preflight that its key needs.
    assert allowed_origin(preflight(sim, "POST", "/api/v1/uploads", PAGE)) == PAGE
    begun = sim.api.begin_direct_upload("audio/webm;codecs=opus", title="6:30\u202fPM 👩‍⚕️")

    # When it posts what a browser has recorded to S3 and submits it.
    recording = recordings.by_name("bike-repair")
    uploaded = sim.api.upload_to_s3(begun, recording.data, origin=PAGE)
    assert (uploaded.status_code, allowed_origin(uploaded)) == (204, PAGE)
    assert sim.api.submit(begun.json()["id"]).status_code == 202
    sim.run_until(sim.everything_is_complete, within=minutes(5))

    # Then the page reads the memory, and the refusals.
    memory = f"/api/v1/memories/{begun.json()['id']}"
    read = sim.api.request("GET", memory, tenant="acme", headers={"Origin": PAGE})
    assert (read.json()["transcript"], allowed_origin(read)) == (recording.transcript, PAGE)
    for refused in (
        sim.api.request("GET", memory, headers={"Origin": PAGE}),
        sim.api.request("GET", memory, tenant="acme-2", headers={"Origin": PAGE}),
    ):
        assert (refused.status_code, allowed_origin(refused)) in ((401, PAGE), (404, PAGE))

    # And a page of another origin reads nothing, from the API or from S3.
    assert preflight(sim, "POST", "/api/v1/uploads", STRANGER).status_code == 400
    strange = sim.api.request("GET", memory, tenant="acme", headers={"Origin": STRANGER})
    assert allowed_origin(strange) is None
    again = sim.api.begin_direct_upload()
    assert allowed_origin(sim.api.upload_to_s3(again, recording.data, origin=STRANGER)) is None
    assert sim.api.delete(again.json()["id"]).status_code == 204


def preflight(sim: Simulation, method: str, path: str, origin: str) -> httpx.Response:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type,x-api-key"}
    return sim.api.request("OPTIONS", path, headers={"Origin": origin, **asked})


def allowed_origin(response: httpx.Response) -> str | None:
    origin: str | None = response.headers.get("Access-Control-Allow-Origin")
    return origin
