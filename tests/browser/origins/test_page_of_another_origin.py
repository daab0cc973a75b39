"""A page records, uploads and follows across origins, as the browser permits it; a page of another origin may not."""

from collections.abc import Callable

import pytest

from tests.browser.origins.conftest import NAME, Site, Visitor

BY_API, BY_BUCKET = "Upload through the API", "Upload straight to the bucket"


@pytest.mark.parametrize("upload", [BY_API, BY_BUCKET])
@pytest.mark.parametrize("credentials", ["token", "key"])
def test_a_recording_is_uploaded_followed_read_heard_and_deleted(
    site: Site, visit: Callable[[str], Visitor], upload: str, credentials: str
) -> None:
    visitor = visit(site.address(site.page_origin, site.key if credentials == "key" else None))
    if credentials == "token":
        visitor.log_in()
        assert visitor.sees("#who") == NAME
    visitor.record()
    visitor.press(upload)
    memory = visitor.sees("#memory")

    visitor.press("Follow")
    visitor.sees("#followed", "to the end")
    statuses = visitor.shown("#statuses").split()
    order = ["uploading", "queued", "processing", "transcript_only", "complete"]
    assert statuses == [each for each in order if each in statuses]
    assert statuses[-1] == "complete"
    visitor.press("Read")
    assert visitor.sees("#transcript")
    visitor.press("Hear")
    visitor.browser.wait_for("document.querySelector('audio').readyState >= HTMLMediaElement.HAVE_METADATA")
    assert any(memory in key for key in site.sim.stored_audio())

    visitor.press("Delete")
    visitor.browser.until(lambda: not visitor.shown("#memory"), "the page shows no memory")
    assert not any(memory in key for key in site.sim.stored_audio())
    visitor.press("Read")
    assert "GET answered 404" in visitor.fails()


BLOCKED = "blocked by CORS policy"


def test_a_page_of_another_origin_cannot_log_in(site: Site, visit: Callable[[str], Visitor]) -> None:
    visitor = visit(site.address(site.other_origin))
    visitor.log_in()

    assert "Failed to fetch" in visitor.fails()
    assert any(BLOCKED in error for error in visitor.browser.errors)


@pytest.mark.parametrize("upload", [BY_API, BY_BUCKET])
def test_a_page_of_another_origin_uploads_nothing_although_it_has_a_key(
    site: Site, visit: Callable[[str], Visitor], upload: str
) -> None:
    before = everything(site)
    visitor = visit(site.address(site.other_origin, site.key))
    visitor.record()
    visitor.press(upload)

    assert "Failed to fetch" in visitor.fails()
    assert any(BLOCKED in error for error in visitor.browser.errors)
    assert everything(site) == before


def everything(site: Site) -> tuple[list[str], set[str]]:
    """The memories, and the keys of the stored audio."""
    listed = site.sim.api.request("GET", "/api/v1/memories", tenant="acme").json()["memories"]
    return [memory["id"] for memory in listed], site.sim.stored_audio()


def test_a_page_of_another_origin_reads_neither_a_stream_nor_the_answer_of_the_bucket(
    site: Site, visit: Callable[[str], Visitor]
) -> None:
    """It has a ticket and a form that are not its own. What a form writes is deleted unless its memory is submitted."""
    begun = site.sim.api.begin_direct_upload()
    memory = f"/api/v1/memories/{begun.json()['id']}"
    try:
        ticket = site.sim.api.request("POST", f"{memory}/ticket", tenant="acme").json()["ticket"]
        events = f"{site.sim.pipeline.api.url}{memory}/events?ticket={ticket}"
        form = begun.json()["form"]
        for origin, reads in ((site.page_origin, True), (site.other_origin, False)):
            visitor = visit(site.address(origin))
            assert visitor.page.evaluate(FOLLOWS, events) is reads, origin
            assert visitor.page.evaluate(POSTS, [form["url"], form["fields"]]) is reads, origin
    finally:
        site.sim.api.delete(begun.json()["id"])


FOLLOWS = """(address) => new Promise((done) => {
  const stream = new EventSource(address);
  const end = (reads) => { stream.close(); done(reads); };
  stream.addEventListener("status", () => end(true));
  stream.onerror = () => end(false);
})"""

POSTS = """async ([url, fields]) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob(["RIFF"]));
  return fetch(url, { method: "POST", body: form }).then((response) => response.ok, () => false);
}"""
