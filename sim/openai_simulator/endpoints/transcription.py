"""`POST /v1/audio/transcriptions`: the words of a recording.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim import recordings
from sim.openai_simulator import errors
from sim.openai_simulator.endpoints.models import Hearing, Model
from sim.openai_simulator.endpoints.transcript import Transcript, billed_seconds, render
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.http.multipart import Form, NotAForm, Upload, parse_form
from sim.openai_simulator.http.server import Answer
from sim.openai_simulator.journal import Record
from sim.openai_simulator.parameters.judge import judge
from sim.openai_simulator.parameters.kinds import not_offered
from sim.openai_simulator.parameters.transcription import PARAMETERS, SPOKEN, body_of
from sim.openai_simulator.speech import rough_transcript
from sim.recordings.formats import FORMATS, BrokenAudio, detect

SHORTEST_SECONDS = 0.1
EXTENSIONS = frozenset(extension for audio_format in FORMATS for extension in audio_format.extensions)


@dataclass(frozen=True)
class TranscriptionRequest:
    """A parsed request: the file, the recording in it, and the parameters."""

    upload: Upload
    sha256: str
    recognised: recordings.Recognised | None
    body: Mapping[str, Any]


def understand(content_type: str, body: bytes, body_bytes: int, record: Record) -> TranscriptionRequest:
    """Parse the request and note in the record what it is about.

    Raises:
        Refusal: 413 when the whole body is over the limit, 400 when it is not a form with one file, or has a parameter
            that is unknown, of the wrong kind or not offered.
    """
    if body_bytes > errors.LIMIT_BYTES:
        raise Refusal(errors.too_large(body_bytes))
    try:
        form = parse_form(content_type, body)
    except NotAForm as error:
        raise Refusal(errors.invalid(f"Could not parse multipart form: {error}")) from error
    upload = _upload(form)
    digest, recognised = hashlib.sha256(upload.data).hexdigest(), recordings.recognise(upload.data)
    record.audio_sha256, record.audio_bytes = digest, len(upload.data)
    if recognised is not None:
        record.recording, record.take = recognised.recording.name, recognised.take
    parameters = body_of(form)
    judge(parameters, PARAMETERS)
    record.model = parameters.get("model") or None
    return TranscriptionRequest(upload, digest, recognised, parameters)


def answer(request: TranscriptionRequest, models: Mapping[str, Model], record: Record, *, silent: bool) -> Answer:
    """The transcription, billed by the second.

    Raises:
        Refusal: OpenAI does not accept the model, a parameter for this model, or the audio.
    """
    hearing = _find_model(request.body, models)
    _check_options(request.body, hearing)
    duration_seconds = _duration_seconds(request.upload)
    if duration_seconds > hearing.longest_seconds:
        raise Refusal(errors.long_audio(duration_seconds, hearing.longest_seconds))
    record.billed_seconds = billed_seconds(duration_seconds)
    text = "" if silent else _text(request)
    return render(Transcript(text, duration_seconds, hearing, request.body))


def seconds_of(request: TranscriptionRequest) -> float:
    """The seconds that OpenAI bills for the audio; 0 for audio that is none."""
    try:
        return billed_seconds(_duration_seconds(request.upload))
    except Refusal:
        return 0.0


def _text(request: TranscriptionRequest) -> str:
    """The words in a file; for an unknown recording what `speech` hears, or a text that names its digest."""
    if request.recognised:
        return request.recognised.transcript
    return rough_transcript(request.upload.data) or f"Unknown recording {request.sha256[:16]}."


def _duration_seconds(upload: Upload) -> float:
    """The length of the audio.

    Raises:
        Refusal: the file's name, its leading bytes or its container are not those of audio, or it is too short.
    """
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
    return duration_seconds


def _upload(form: Form) -> Upload:
    for name, files in form.files.items():
        if name != "file":
            raise Refusal(errors.unknown_parameter(name))
        if len(files) > 1:
            raise Refusal(errors.invalid(f"Invalid 'file': it was sent {len(files)} times.", "invalid_value", "file"))
    if "file" not in form.files:
        raise Refusal(errors.missing("file"))
    return form.files["file"][0]


def _find_model(body: Mapping[str, Any], models: Mapping[str, Model]) -> Hearing:
    if not body.get("model"):
        raise Refusal(errors.missing("model"))
    model = models.get(body["model"])
    if model is None or model.hearing is None:
        raise Refusal(errors.unknown_model(body["model"]))
    return model.hearing


def _check_options(body: Mapping[str, Any], hearing: Hearing) -> None:
    """Raises Refusal: a parameter, or its value, is none of this model's."""
    shape, streams = body.get("response_format", "json"), body.get("stream") and hearing.streams
    if shape not in hearing.formats:
        others = " or ".join(repr(name) for name in hearing.formats)
        message = f"response_format {shape!r} is not compatible with model {body['model']!r}. Use {others} instead."
        raise Refusal(errors.invalid(message, "unsupported_value", "response_format"))
    if streams and shape == "text":
        raise Refusal(errors.invalid("The simulator streams no plain text.", "unsupported_value", "response_format"))
    if hearing.diarizes and "chunking_strategy" not in body:
        # github.com/riffado/riffado/issues/101
        message = "chunking_strategy is required for diarization models"
        raise Refusal(errors.invalid(message, "invalid_value", "chunking_strategy"))
    if "timestamp_granularities" in body and "verbose_json" in hearing.formats and shape != "verbose_json":
        # github.com/SubtitleEdit/subtitleedit/pull/11151
        message = "`response_format` must be `verbose_json` if `timestamp_granularities[]` is provided"
        raise Refusal(errors.invalid(message, "invalid_value", "timestamp_granularities"))
    if SPOKEN not in body.get("languages", [SPOKEN]):
        raise not_offered("languages")
    for name in sorted(_refused(hearing, shape) & set(body)):
        raise Refusal(errors.unsupported_parameter(name))


def _refused(hearing: Hearing, shape: str) -> set[str]:
    """The parameters that a model does not take, as the SDK documents them."""
    return {
        *(() if "verbose_json" in hearing.formats else ("timestamp_granularities",)),
        *(() if hearing.logprobs and shape == "json" else ("include",)),
        *(() if hearing.detects_languages else ("keywords", "languages")),
        *(("prompt",) if hearing.diarizes else ()),
    }
