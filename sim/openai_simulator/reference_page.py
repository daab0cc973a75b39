"""The page of the simulator: what it offers, from its tables, and its deviations."""

import json
from collections.abc import Iterator, Mapping
from math import isinf

from sim.openai_simulator import errors
from sim.openai_simulator.deviations import DEVIATIONS, Deviation
from sim.openai_simulator.endpoints.models import HEARING, WRITING, Hearing, Writing
from sim.openai_simulator.parameters import chat, responses, transcription
from sim.openai_simulator.parameters.kinds import (
    Choice,
    Either,
    Fields,
    Kind,
    ListOf,
    NotOffered,
    Nullable,
    Number,
    Variants,
)
from sim.openai_simulator.request_handler import SIMULATOR_FAILED

MOST_TAGS = 6

INTRODUCTION = f"""\
# OpenAI simulator

An HTTP server that answers as OpenAI does, to OpenAI's own SDK. It knows the words of the harness's recordings.
`tox -e sim -- openai` starts it alone, and prints the address and the key for the SDK; scenarios start one for each
world. Its [faults](faults.md) make it fail. An address is `http://HOST:PORT/SPACE/v1`: each *space* has a key, faults
and a journal of its own, and `PUT /_sim/spaces/SPACE` creates it (`sim/openai_simulator/control.py`).

It is never silently wrong: a request is answered as OpenAI would answer it, or refused in OpenAI's error shape with
the parameter's name. What OpenAI refuses is refused in the words that users quote of it. What OpenAI accepts and the
simulator does not offer is refused with "The simulator does not support '…'." A bug of the simulator answers
{SIMULATOR_FAILED}, which is no status of OpenAI.

| call | streams |
|---|---|
| `POST /v1/audio/transcriptions`, at most {errors.LIMIT_BYTES:,} bytes with its form | with `stream`, but for Whisper |
| `POST /v1/chat/completions` | with `stream` |
| `POST /v1/responses` | with `stream` |
| `GET /v1/models`, `GET /v1/models/MODEL` | |

This page is generated from the simulator's own tables (`tox -e sim -- reference --write`). A test compares the tables
of parameters with the types of OpenAI's SDK, name by name, so that a version of the SDK with another parameter turns
it red.
"""

DEVIATIONS_HEAD = """\
## Deviations

Each is pinned by a test that sends its request (`tests/integration/openai_simulator/test_deviations.py`): one that is
gone turns it red, like one that changes.

| call | asked for | OpenAI | the simulator | why it stays |
|---|---|---|---|---|"""

WRITING_HEAD = """\
## Models

| model | context, tokens | answer, tokens | `reasoning_effort` |
|---|---:|---:|---|"""

WRITING_NOTE = """
A model with efforts refuses `max_tokens`, penalties and `stop`, and unless the effort is `none`, temperatures, `top_p`
and log probabilities. The limits of the two newest models are assumed."""

HEARING_HEAD = """
| model | audio, seconds | formats | besides | bills |
|---|---:|---|---|---|"""

DRIFT = """\
## Compared with the real service

With `OPENAI_API_KEY` set, `tox -e drift` sends the same requests to OpenAI and to the simulator, and compares the
shapes of the answers, and the refusals word by word. It costs less than a cent. `tox -e test` does not select these
tests, and counts them as deselected; without a key they fail.
"""


def page() -> str:
    """The text of docs/reference/openai-simulator.md."""
    return "\n".join(
        [
            INTRODUCTION,
            *_models(),
            *_parameters("Chat completions", chat.PARAMETERS),
            *_parameters("Responses", responses.PARAMETERS),
            *_parameters("Transcriptions", transcription.PARAMETERS),
            *_deviations(),
            DRIFT,
        ]
    )


def _models() -> Iterator[str]:
    yield WRITING_HEAD
    for name, writing in WRITING.items():
        yield f"| `{name}` | {writing.context_tokens:,} | {writing.most_output_tokens:,} | {_efforts(writing)} |"
    yield WRITING_NOTE
    yield HEARING_HEAD
    for name, hearing in HEARING.items():
        longest = "file size alone" if isinf(hearing.longest_seconds) else f"{hearing.longest_seconds:,.0f}"
        bills = "tokens" if hearing.billed_by_tokens else "seconds"
        yield f"| `{name}` | {longest} | {_code(hearing.formats)} | {_abilities(hearing)} | {bills} |"
    yield ""


def _efforts(writing: Writing) -> str:
    return _code(writing.efforts) or "refused"


def _abilities(hearing: Hearing) -> str:
    found = [
        *(["streams"] if hearing.streams else ["ignores `stream`"]),
        *(["`include[]=logprobs`"] if hearing.logprobs else []),
        *(["`keywords`, `languages`"] if hearing.detects_languages else []),
        *(["needs `chunking_strategy`, refuses `prompt`"] if hearing.diarizes else []),
        *(["`timestamp_granularities[]`"] if "verbose_json" in hearing.formats else []),
    ]
    return ", ".join(found)


def _parameters(title: str, table: Mapping[str, Kind]) -> Iterator[str]:
    offered = {name: kind for name, kind in sorted(table.items()) if not isinstance(kind, NotOffered)}
    offered_names = ", ".join(f"`{name}`{_range(kind)}" for name, kind in offered.items())
    yield from (f"## {title}", "", f"Offered: {offered_names}.", "")
    yield from ("| not offered | accepted | why |", "|---|---|---|")
    rows: dict[tuple[str, str], dict[str, None]] = {}
    for path, kind in _not_offered(table):
        accepted = _code([json.dumps(each) for each in kind.nothing if each is not None])
        rows.setdefault((accepted, kind.reason), {})[path] = None
    for (accepted, reason), paths in rows.items():
        yield f"| {_code(list(paths))} | {accepted} | {reason} |"
    yield ""


def _range(kind: Kind) -> str:
    """The values of a number or a choice."""
    match kind:
        case Nullable(inner):
            return _range(inner)
        case Number(least, most) if least is not None and most is not None and most < 2**32:
            return f" ({least:g} to {most:g})"
        case Choice(values):
            return f" ({_code(values)})"
    return ""


def _not_offered(table: Mapping[str, Kind], path: str = "") -> Iterator[tuple[str, NotOffered]]:
    for name, kind in table.items():
        yield from _within(f"{path}{name}", kind)


def _within(path: str, kind: Kind) -> Iterator[tuple[str, NotOffered]]:
    match kind:
        case NotOffered():
            yield path, kind
        case Nullable(inner):
            yield from _within(path, inner)
        case ListOf(inner):
            yield from _within(f"{path}[]", inner)
        case Either(kinds):
            for each in kinds:
                yield from _within(path, each)
        case Fields(known):
            yield from _not_offered(known, f"{path}.")
        case Variants(by, variants):
            names: dict[NotOffered, list[str]] = {}
            for tag, variant in variants.items():
                if isinstance(variant, NotOffered):
                    names.setdefault(variant, []).append(tag)
                else:
                    yield from _within(path, variant)
            for kind, tags in names.items():
                several = f"{len(tags)} others" if len(tags) > MOST_TAGS else ", ".join(tags)
                yield f"{path}.{by}: {several}", kind


def _deviations() -> Iterator[str]:
    yield DEVIATIONS_HEAD
    for each in DEVIATIONS:
        yield f"| {each.call} | {each.asked_for} | {each.openai} | {_ours(each)} | {each.reason} |"
    yield ""


def _ours(deviation: Deviation) -> str:
    if deviation.answer:
        return deviation.answer.replace("|", "\\|")
    value = str(deviation.ours).replace("|", "\\|")
    if deviation.shown_at == "error.message":
        return f"refuses it: {value}"
    return f"gives `{value}` as `{deviation.shown_at}`"


def _code(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
