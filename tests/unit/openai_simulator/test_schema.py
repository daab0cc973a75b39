"""Generated answers conform to the requested schema."""

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel, Field, create_model

from sim.openai_simulator.endpoints.json_schema import CannotGenerate, value_for
from sim.openai_simulator.endpoints.schema_rules import BadSchema, check_schema

KNOWN = {"title": "Bike", "summary": "It is ready.", "topics": ["bike"], "people": ["Sam"], "mood": "neutral"}
NAMES = st.sampled_from([*KNOWN, "when", "score", "place", "detail"])


class Analysis(BaseModel):
    title: str
    summary: str
    topics: list[str]
    people: list[str]
    mood: Literal["positive", "neutral", "negative", "mixed"]


LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [
        str,
        int,
        float,
        bool,
        list[str],
        list[int],
        str | None,
        None | int,
        Literal["positive", "neutral"],
        Literal["a", "b"],
        Literal[3],
        Annotated[int, Field(ge=3, le=9)],
        Annotated[int, Field(gt=3, multiple_of=5)],
        Annotated[float, Field(lt=-0.5)],
        Annotated[list[str], Field(min_length=2)],
        Annotated[list[str], Field(max_length=0)],
        Annotated[str, Field(min_length=12)],
        Annotated[str, Field(max_length=2)],
    ]
)


def model_of(properties: dict[str, Any]) -> type[BaseModel]:
    return create_model("Made", **{name: (kind, ...) for name, kind in properties.items()})


MODELS = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=5).map(model_of),
    lambda inner: st.dictionaries(
        NAMES, LEAVES | inner | inner.map(lambda m: list[m]) | inner.map(lambda m: m | None), max_size=4
    ).map(model_of),
    max_leaves=4,
)


@settings(deadline=None, max_examples=100)
@given(MODELS)
def test_every_answer_is_valid_for_its_schema(model):
    schema = to_strict_json_schema(model)

    value = value_for(schema, KNOWN)

    check_schema(schema, strict=True)
    model.model_validate_json(json.dumps(value), strict=True)
    assert list(value) == list(schema["properties"])


def test_the_known_values_are_used_where_they_fit():
    assert value_for(to_strict_json_schema(Analysis), KNOWN) == KNOWN


def test_a_known_value_that_does_not_fit_is_replaced():
    other = create_model("Other", title=(Annotated[str, Field(max_length=2)], ...), mood=(Literal["happy", "sad"], ...))

    assert value_for(to_strict_json_schema(other), KNOWN) == {"title": "ti", "mood": "happy"}


class Tree(BaseModel):
    title: str
    child: "Tree | None"
    twigs: list["Tree"]


def test_a_recursive_schema_ends():
    Tree.model_validate(value_for(to_strict_json_schema(Tree), KNOWN))


def strict(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def nested(levels: int) -> dict[str, Any]:
    return strict(a=nested(levels - 1)) if levels else {"type": "string"}


OPEN = "'additionalProperties' is required to be supplied and to be false."
EVERY = "'required' is required to be supplied and to be an array including every key in properties."


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ({"type": "object", "properties": {}}, f"In context=(), {OPEN}"),
        (strict(a={"type": "array", "items": {"type": "object"}}), f"In context=('properties', 'a', 'items'), {OPEN}"),
        ({**strict(a={"type": "string"}), "required": []}, f"In context=(), {EVERY} Missing 'a'."),
        ({**strict(), "required": ["a"]}, f"In context=(), {EVERY} Extra required key 'a' supplied."),
        ({"type": "array", "items": {"type": "string"}}, "schema must be a JSON Schema of 'type: \"object\"'"),
        ({"anyOf": [strict()]}, "schema must have type 'object' and not have 'oneOf'/'anyOf'"),
        (strict(a={}), "In context=('properties', 'a'), schema must have a 'type' key."),
        (strict(a={"type": "array"}), "In context=('properties', 'a'), array schema missing items."),
        (strict(a={"type": "string", "format": "uri"}), "In context=('properties', 'a'), 'uri' is not a valid format."),
        (strict(a={"type": "string", "default": "x"}), "In context=('properties', 'a'), 'default' is not permitted."),
        (strict(a={"oneOf": [{"type": "string"}]}), "In context=('properties', 'a'), 'oneOf' is not permitted."),
        (strict(a={"allOf": [{"type": "string"}]}), "In context=('properties', 'a'), 'allOf' is not permitted."),
        (
            {**strict(a={"$ref": "#/$defs/A", "description": "x"}), "$defs": {"A": strict()}},
            "In context=('properties', 'a'), $ref cannot have keywords {'description'}.",
        ),
        (nested(11), "more than 10 levels of nesting"),
        (nested(300), "more than 10 levels of nesting"),
        (strict(**{f"p{number}": {"type": "null"} for number in range(5_001)}), "more than 5000 properties"),
        (strict(a={"type": "string", "enum": [str(number) for number in range(1_001)]}), "more than 1000 enum values"),
    ],
)
def test_what_strict_schemas_must_define(schema, sentence):
    with pytest.raises(BadSchema) as refused:
        check_schema(schema, strict=True)

    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text"},
        {"type": 5},
        {"type": []},
        {"type": ["string", {}]},
        {"properties": []},
        {"properties": {"a": 5}},
        {"required": "a"},
        {"enum": []},
        {"enum": "a"},
        {"anyOf": []},
        {"anyOf": {}},
        {"items": "string"},
        {"minLength": "5"},
        {"minLength": 1.5},
        {"minLength": -1},
        {"minimum": True},
        {"multipleOf": 0},
        {"pattern": "("},
        {"pattern": 5},
        {"$ref": "#/$defs/None"},
        {"$ref": "https://example.com"},
        {"$ref": 5},
        {"$defs": []},
        {"format": 7},
        {"description": 7},
    ],
    ids=str,
)
@pytest.mark.parametrize("is_strict", [True, False])
def test_what_is_no_schema_is_refused(part, is_strict):
    with pytest.raises(BadSchema):
        check_schema(strict(a=part), strict=is_strict)


@pytest.mark.parametrize("group", ["items", "not"])
def test_a_schema_that_is_too_deep_is_refused(group):
    schema = {"type": "string"}
    for _ in range(5_000):
        schema = {group: schema}

    with pytest.raises(BadSchema, match="more than 10 levels of nesting"):
        check_schema(schema, strict=False)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"},
        {"type": "string", "format": "uri"},
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "integer", "minimum": 3, "maximum": 4, "multipleOf": 5},
        {"type": "number", "minimum": 1, "multipleOf": 10**400},
        {"type": "number", "const": 10**400, "multipleOf": 0.1},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9, "items": {"type": "string"}},
        {"type": "array", "minItems": 200, "items": {"type": "array", "minItems": 200, "items": {"type": "null"}}},
        {"type": "string", "enum": [1]},
        {"type": "array", "uniqueItems": True},
        {"type": "object", "patternProperties": {}},
        {"not": {"type": "string"}},
        {"type": "object", "required": ["a"]},
        {"allOf": [{"type": "string"}, {"minLength": 9}]},
        {"$ref": "#/$defs/Endless"},
        False,
    ],
    ids=str,
)
def test_a_value_that_cannot_be_generated_is_refused_and_never_wrong(part):
    endless = strict(again={"$ref": "#/$defs/Endless"})
    schema = {**strict(a=part), "$defs": {"Endless": endless}}
    check_schema(schema, strict=False)

    with pytest.raises(CannotGenerate):
        value_for(schema, KNOWN)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ({"type": "string", "pattern": "x"}, "x"),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 0),
        ({"allOf": [{"type": "string"}]}, "x"),
        ({"type": "number", "multipleOf": 0.1, "minimum": 0.3}, 0.3),
        ({"enum": [None, "b"]}, None),
        ({"const": {"deep": [1]}}, {"deep": [1]}),
        ({"type": ["null", "string"]}, None),
        (True, None),
    ],
    ids=str,
)
def test_other_keywords(part, value):
    made = value_for(strict(x=part), {})["x"]

    assert made == (pytest.approx(value) if isinstance(value, float) else value)
    assert type(made) is type(value)
