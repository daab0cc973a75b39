"""The tables of parameters agree with the types of OpenAI's SDK, and each kind refuses in OpenAI's words."""

import types
import typing
from collections import defaultdict
from typing import Any, Literal, get_args, get_origin

import pytest
from openai.types.audio import transcription_create_params
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params

from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.parameters import chat, responses, transcription
from sim.openai_simulator.parameters.kinds import (
    Anything,
    Boolean,
    Choice,
    Either,
    Fields,
    Kind,
    ListOf,
    MapOf,
    NotOffered,
    Nullable,
    Number,
    Text,
    Variants,
)

CALLS = {
    "chat": (completion_create_params.CompletionCreateParamsNonStreaming, chat.PARAMETERS, set()),
    "responses": (response_create_params.ResponseCreateParamsNonStreaming, responses.PARAMETERS, set()),
    "transcription": (
        transcription_create_params.TranscriptionCreateParamsNonStreaming,
        transcription.PARAMETERS,
        {"file"},
    ),
}
WITH_TOOL_CALLS_ALONE = "messages[](assistant).content: null is accepted by the SDK alone"
"""Tool calls are not offered, and without them OpenAI wants content."""


def alternatives(hint: Any) -> list[Any]:
    """The members of a union, without wrappers."""
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return [each for member in get_args(hint) for each in alternatives(member)]
    if origin in (typing.Required, typing.NotRequired) or str(origin).endswith("Required"):
        return alternatives(get_args(hint)[0])
    return [hint]


def is_dict(hint: Any) -> bool:
    return isinstance(hint, type) and hasattr(hint, "__required_keys__")


def fields_of(hint: Any) -> dict[str, Any]:
    return typing.get_type_hints(hint, include_extras=True)


def differences(path: str, hints: list[Any], kind: Kind) -> list[str]:
    """Where a kind differs from the union of some types of the SDK."""
    members = [member for hint in hints for member in alternatives(hint)]
    found = []
    null = type(None) in members
    if null != accepts_null(kind):
        found.append(f"{path}: null is {'accepted by the SDK alone' if null else 'accepted here alone'}")
    members = [each for each in members if each is not type(None)]
    if isinstance(kind, NotOffered):
        return found
    kinds = kind.kind.kinds if isinstance(kind, Nullable) and isinstance(kind.kind, Either) else None
    kinds = kinds or (kind.kinds if isinstance(kind, Either) else (kind.kind if isinstance(kind, Nullable) else kind,))
    for each in kinds:
        found += differences_of_one(path, members, each)
    return found


def accepts_null(kind: Kind) -> bool:
    try:
        kind.check("x", None)
    except Refusal:
        return False
    return True


def differences_of_one(path: str, members: list[Any], kind: Kind) -> list[str]:
    match kind:
        case Boolean():
            return (
                [] if bool in members or any(get_args(each) == (False,) for each in members) else [f"{path}: boolean"]
            )
        case Number(whole=whole):
            return [] if (int if whole else float) in members else [f"{path}: {kind.wanted}"]
        case Text():
            return [] if str in members else [f"{path}: string"]
        case Choice(values):
            expected = {value for each in members if get_origin(each) is Literal for value in get_args(each)}
            return [] if set(values) == expected else [f"{path}: {sorted(set(values) ^ expected)}"]
        case ListOf(inner):
            lists = [get_args(each)[0] for each in members if get_args(each) and get_origin(each) is not Literal]
            return differences(f"{path}[]", lists, inner) if lists else [f"{path}: array"]
        case MapOf() | Anything():
            return [] if any(get_origin(each) is dict for each in members) else [f"{path}: object"]
        case Fields(known):
            return differences_of_fields(path, [each for each in members if is_dict(each)], known)
        case Variants():
            return differences_of_variants(path, [each for each in members if is_dict(each)], kind)
    raise AssertionError(f"{path} has a kind that this test does not know")


def differences_of_fields(path: str, dicts: list[Any], known: dict[str, Kind]) -> list[str]:
    hints = defaultdict(list)
    for each in dicts:
        for name, hint in fields_of(each).items():
            hints[name].append(hint)
    found = [f"{path}.{name}: on one side alone" for name in set(hints) ^ set(known)]
    for name in set(hints) & set(known):
        found += differences(f"{path}.{name}", hints[name], known[name])
    return found


def differences_of_variants(path: str, dicts: list[Any], kind: Variants) -> list[str]:
    grouped, by, variants = defaultdict(list), kind.by, kind.variants
    for each in dicts:
        tags = [tag for member in alternatives(fields_of(each)[by]) for tag in get_args(member)]
        for tag in tags or [kind.default]:
            grouped[tag].append(each)
    found = [f"{path}.{by}: {tag} on one side alone" for tag in set(grouped) ^ set(variants)]
    for tag in set(grouped) & set(variants):
        if isinstance(variants[tag], Fields):
            hinted = {name for each in grouped[tag] for name in fields_of(each)} - {by}
            known = variants[tag].known
            found += [f"{path}({tag}).{name}: on one side alone" for name in hinted ^ set(known)]
            for name in hinted & set(known):
                united = [fields_of(each)[name] for each in grouped[tag] if name in fields_of(each)]
                found += differences(f"{path}({tag}).{name}", united, known[name])
    return found


@pytest.mark.parametrize("call", CALLS)
def test_the_table_knows_every_parameter_of_the_sdk_and_no_other(call):
    hint, table, elsewhere = CALLS[call]

    assert set(fields_of(hint)) - elsewhere == set(table)


@pytest.mark.parametrize(("call", "name"), [(call, name) for call, (_, table, _) in CALLS.items() for name in table])
def test_a_parameter_is_what_the_sdk_says(call, name):
    hint, table, _ = CALLS[call]

    found = differences(name, [fields_of(hint)[name]], table[name])

    assert [each for each in found if each != WITH_TOOL_CALLS_ALONE] == []
