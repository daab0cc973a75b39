"""`/docs`: the OpenAPI document as a page to read, made here. It has no script and loads nothing.

Swagger UI would be a megabyte of scripts, from a content delivery network or vendored with each of its advisories. A
client that sends requests reads `/openapi.json`.
"""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

type Json = Mapping[str, Any]

STYLE = """\
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid }
h3 code { font-size: 1.05rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884 }
pre { overflow-x: auto; padding: .75rem; background: #8882 }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def page(request: Request) -> HTMLResponse:
    document = request.app.openapi()
    return HTMLResponse("".join(_page(document)), headers={"Content-Security-Policy": POLICY})


def _page(document: Json) -> Iterator[str]:
    info = document["info"]
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>{_text(info.get('description', ''))}"
    yield '<p>For programs: <a href="/openapi.json">openapi.json</a>.</p><h2>Calls</h2>'
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _operation(f"{method.upper()} {path}", operation)
    yield "<h2>Schemas</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)
    yield "</html>"


def _operation(call: str, operation: Json) -> Iterator[str]:
    yield f'<h3 id="{escape(operation["operationId"])}"><code>{escape(call)}</code></h3>'
    yield f"<p><b>{escape(operation['summary'])}</b></p>{_text(operation.get('description', ''))}"
    parameters = [(f"{p['name']} ({p['in']})", _type(p["schema"]), p) for p in operation.get("parameters", [])]
    yield from _table(parameters)
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body: <code>{escape(media_type)}</code> {_type(content['schema'])}</p>"
        yield from _table(_properties(content["schema"]))
    rows = [(status, _contents(response), response) for status, response in operation["responses"].items()]
    yield from _table(rows)


def _schema(name: str, schema: Json) -> Iterator[str]:
    yield f'<h3 id="{escape(name)}">{escape(name)}</h3>{_text(schema.get("description", ""))}'
    if "enum" in schema:
        yield f"<p>{_type(schema)}</p>"
    yield from _table(_properties(schema))
    for example in [schema["example"]] if "example" in schema else []:
        yield f"<pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"


def _properties(schema: Json) -> list[tuple[str, str, Json]]:
    required = schema.get("required", [])
    return [
        (name + ("" if name in required else " (optional)"), _type(each), each)
        for name, each in schema.get("properties", {}).items()
    ]


def _table(rows: list[tuple[str, str, Json]]) -> Iterator[str]:
    if rows:
        yield "<table>"
        for name, kind, described in rows:
            text = escape(described.get("description", ""))
            yield f"<tr><th><code>{escape(name)}</code></th><td>{kind}</td><td>{text}</td></tr>"
        yield "</table>"


def _contents(response: Json) -> str:
    contents = response.get("content", {}).items()
    return "<br>".join(f"{escape(media_type)} {_type(each.get('schema', {}))}" for media_type, each in contents)


def _type(schema: Json) -> str:
    """As HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ", ".join(f"<code>{escape(str(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return escape(" ".join(str(schema[key]) for key in ("type", "format") if key in schema))


def _text(text: str) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n") if paragraph.strip())
