"""`POST /v1/audio/transcriptions`: the words of a recording, in OpenAI's formats.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sim import recordings
from sim.openai_simulator import errors
from sim.openai_simulator.endpoints.models import Model
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.http.multipart import Form, NotAForm, Upload, parse_form
from sim.openai_simulator.http.server import Answer
from sim.openai_simulator.journal import Record
from sim.recordings.formats import FORMATS, BrokenAudio, detect

SHORTEST_SECONDS = 0.1
EXTENSIONS = frozenset(extension for audio_format in FORMATS for extension in audio_format.extensions)
PLAIN_FORMATS = ("json", "text")
VERBOSE_FORMATS = ("json", "text", "verbose_json")
FIELDS = frozenset({"model", "response_format", "language", "prompt", "temperature", "stream"})
"""Fields of the form that the simulator understands; a call with any other is refused, never answered wrong."""


@dataclass(frozen=True)
class TranscriptionRequest:
    """A parsed request: the file, the recording in it, the model's name and the format of the answer."""

    upload: Upload
    sha256: str
    recognised: recordings.Recognised | None
    model: str
    response_format: str


@dataclass(frozen=True)
class Transcription:
    """The words of a file, and its length."""

    text: str
    duration_seconds: float


def understand(content_type: str, body: bytes, body_bytes: int, record: Record) -> TranscriptionRequest:
    """Parse the request and note in the record what it is about.

    Raises:
        Refusal: 413 when the whole body is over the limit, 400 when it is not a form with a file.
    """
    if body_bytes > errors.LIMIT_BYTES:
        raise Refusal(errors.too_large(body_bytes))
    try:
        form = parse_form(content_type, body)
    except NotAForm as error:
        raise Refusal(errors.invalid(f"Could not parse multipart form: {error}")) from error
    _refuse_unsupported(form)
    upload = form.files.get("file")
    if upload is None:
        raise Refusal(errors.missing("file"))
    hearing = _hearing(form, upload)
    _note(record, hearing)
    return hearing


def answer(hearing: TranscriptionRequest, models: dict[str, Model], record: Record, *, silent: bool) -> Answer:
    """The transcription, billed by the second.

    Raises:
        Refusal: OpenAI does not accept the model, the response format or the audio.
    """
    model = _check_model(hearing, models)
    speech = transcribe(hearing)
    if speech.duration_seconds > model.longest_seconds:
        raise Refusal(errors.long_audio(speech.duration_seconds, model.longest_seconds))
    text = "" if silent else speech.text
    record.billed_seconds = billed_seconds(speech.duration_seconds)
    if hearing.response_format == "text":
        return Answer(200, (text + "\n").encode(), {"content-type": "text/plain; charset=utf-8"})
    return Answer.of_json(200, _shaped(hearing.response_format, model, text, speech.duration_seconds))


def transcribe(hearing: TranscriptionRequest) -> Transcription:
    """The words in a file, and its length; for an unknown recording the text names its digest.

    Raises:
        Refusal: the file's name, its leading bytes or its container are not those of audio.
    """
    upload = hearing.upload
    extension = upload.file_name.rpartition(".")[2].lower()
    if extension not in EXTENSIONS:
        raise Refusal(errors.unsupported_file(extension))
    audio_format = detect(upload.data)
    if audio_format is None:
        raise Refusal(errors.bad_audio())
    try:
        duration_seconds = audio_format.seconds(upload.data)
    except BrokenAudio as error:
        raise Refusal(errors.bad_audio()) from error
    if duration_seconds < SHORTEST_SECONDS:
        raise Refusal(errors.short_audio())
    unknown = f"Unknown recording {hearing.sha256[:16]}."
    return Transcription(hearing.recognised.transcript if hearing.recognised else unknown, duration_seconds)


def billed_seconds(duration_seconds: float) -> float:
    """OpenAI bills whole seconds, at least one."""
    return float(max(1, round(duration_seconds)))


def _check_model(hearing: TranscriptionRequest, models: dict[str, Model]) -> Model:
    if not hearing.model:
        raise Refusal(errors.missing("model"))
    model = models.get(hearing.model)
    if model is None or model.purpose != "transcription":
        raise Refusal(errors.unknown_model(hearing.model))
    allowed = VERBOSE_FORMATS if model.verbose else PLAIN_FORMATS
    if hearing.response_format not in allowed:
        others = " or ".join(repr(name) for name in allowed)
        shape, name = hearing.response_format, hearing.model
        message = f"response_format {shape!r} is not compatible with model {name!r}. Use {others} instead."
        raise Refusal(errors.invalid(message, "unsupported_value", "response_format"))
    return model


def _refuse_unsupported(form: Form) -> None:
    """Refuse by name what the simulator does not do, and would otherwise pass over in silence."""
    unsupported = sorted(set(form.fields) - FIELDS)
    if form.fields.get("stream", "false").lower() != "false":
        unsupported.append("stream")
    if unsupported:
        name = unsupported[0]
        raise Refusal(errors.invalid(f"The simulator does not support {name!r}.", "unsupported_parameter", name))


def _shaped(response_format: str, model: Model, text: str, duration_seconds: float) -> dict[str, Any]:
    usage = {"type": "duration", "seconds": int(billed_seconds(duration_seconds))}
    if response_format == "verbose_json":
        whole = {"task": "transcribe", "language": "english", "duration": duration_seconds, "text": text}
        return {**whole, "segments": [_segment(text, duration_seconds)], "usage": usage}
    languages = [{"code": "en"}] if text else []
    return {"text": text, **({} if model.verbose else {"languages": languages}), "usage": usage}


def _segment(text: str, duration_seconds: float) -> dict[str, Any]:
    times = {"id": 0, "seek": 0, "start": 0.0, "end": duration_seconds}
    scores = {"temperature": 0.0, "avg_logprob": -0.2, "compression_ratio": 1.1, "no_speech_prob": 0.01}
    return {**times, "text": text, "tokens": [], **scores}


def _hearing(form: Form, upload: Upload) -> TranscriptionRequest:
    digest, recognised = hashlib.sha256(upload.data).hexdigest(), recordings.recognise(upload.data)
    return TranscriptionRequest(
        upload, digest, recognised, form.fields.get("model", ""), form.fields.get("response_format", "json")
    )


def _note(record: Record, hearing: TranscriptionRequest) -> None:
    record.model = hearing.model or None
    record.audio_sha256 = hearing.sha256
    record.audio_bytes = len(hearing.upload.data)
    if hearing.recognised is not None:
        record.recording, record.take = hearing.recognised.recording.name, hearing.recognised.take
