"""Generated answers conform to the requested schema."""

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel, Field, create_model

from sim.openai_simulator.endpoints.json_schema import BadSchema, check_strict, value_for

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

    check_strict("Made", schema)
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


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        (
            {"type": "object", "properties": {}},
            "(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["a"],
                "properties": {"a": {"type": "array", "items": {"type": "object"}}},
            },
            "('properties', 'a', 'items'), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            {"type": "object", "additionalProperties": False, "required": [], "properties": {"a": {"type": "string"}}},
            "(), 'required' is required to be supplied and to be an array including every key in properties.",
        ),
    ],
)
def test_what_strict_schemas_must_define(schema, sentence):
    with pytest.raises(BadSchema) as refused:
        check_strict("X", schema)

    assert str(refused.value) == f"Invalid schema for response_format 'X': In context={sentence}"
