"""The page of documentation: every call and schema, no script, nothing that a browser would load."""

import re
from html.parser import HTMLParser

import pytest


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        self.links += [value for name, value in attributes if name == "href"]


@pytest.fixture
def answer(client):
    return client.get("/docs")


def test_the_page_loads_nothing(answer):
    page = Page(answer.text)

    assert answer.headers["Content-Type"].startswith("text/html")
    assert {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed", "form"} == set()
    assert not any(name in ("src", "srcset") or name.startswith("on") for _, each in page.tags for name in each)
    assert "url(" not in answer.text
    assert "@import" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")


def test_every_call_and_every_schema_is_there_once(client, answer):
    document, page = client.get("/openapi.json").json(), Page(answer.text)
    calls = [o["operationId"] for operations in document["paths"].values() for o in operations.values()]

    assert sorted(page.ids) == sorted([*calls, *document["components"]["schemas"]])
    for path in document["paths"]:
        assert path in answer.text


def test_every_link_leads_somewhere(answer):
    page = Page(answer.text)

    assert set(page.links) - {"/openapi.json"} <= {f"#{each}" for each in page.ids}
    assert len(page.links) > 20


def test_text_of_the_document_is_escaped(client, app, monkeypatch):
    schema = app.openapi()
    monkeypatch.setitem(schema["info"], "description", "<script>alert(1)</script>")

    text = client.get("/docs").text

    assert "<script" not in text
    assert re.search("&lt;script&gt;", text)
