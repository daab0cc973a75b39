"""A rough transcript of a recording that the simulator does not know: what a viewer of the demo has said.

With the extra `speech` (pocketsphinx, an English model on this machine) and ffmpeg; without one of them there is none.
"""

import importlib
import shutil
import subprocess
import tempfile
from functools import cache
from typing import Any

SAMPLES_PER_SECOND = 16_000
LONGEST_SECONDS = 60
"""Of a recording: recognition takes about as long as the words."""
DECODE_SECONDS = 30


def rough_transcript(audio: bytes) -> str | None:
    """None without the extra or ffmpeg, or where no word is recognised."""
    decoder = _decoder()
    if decoder is None or (samples := _samples(audio)) is None:
        return None
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    words: str = hypothesis.hypstr.strip() if hypothesis else ""
    return f"{words[0].upper()}{words[1:]}." if words else None


@cache
def _decoder() -> Any:
    if shutil.which("ffmpeg") is None:
        return None
    try:
        pocketsphinx = importlib.import_module("pocketsphinx")
    except ModuleNotFoundError:
        return None
    return pocketsphinx.Decoder(samprate=SAMPLES_PER_SECOND, loglevel="FATAL")


def _samples(audio: bytes) -> bytes | None:
    """One channel of 16-bit samples; None for what ffmpeg cannot read."""
    with tempfile.NamedTemporaryFile() as file:  # MP4 cannot be read from a pipe
        file.write(audio)
        file.flush()
        command = ["ffmpeg", "-v", "error", "-nostdin", "-i", file.name, "-t", str(LONGEST_SECONDS)]
        form = ["-f", "s16le", "-ac", "1", "-ar", str(SAMPLES_PER_SECOND), "-"]
        try:
            done = subprocess.run([*command, *form], capture_output=True, timeout=DECODE_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return None
    return done.stdout or None
