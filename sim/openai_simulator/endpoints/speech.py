"""A transcript in time: its sentences and words, each with a share of the audio by its length."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spoken:
    """A piece of a transcript, and when it is spoken."""

    text: str
    start_seconds: float
    end_seconds: float


def sentences(text: str, duration_seconds: float) -> list[Spoken]:
    return _spread(re.split(r"(?<=[.!?])\s+", text.strip()) if text.strip() else [], duration_seconds)


def words(text: str, duration_seconds: float) -> list[Spoken]:
    return _spread([word.strip('.,;:!?"') for word in text.split()], duration_seconds)


def srt(spoken: Sequence[Spoken]) -> str:
    """https://www.matroska.org/technical/subtitles.html#srt-subtitles."""
    cues = [
        f"{number}\n{_clock(each.start_seconds, ',')} --> {_clock(each.end_seconds, ',')}\n{each.text}\n\n"
        for number, each in enumerate(spoken, 1)
    ]
    return "".join(cues) + "\n"


def vtt(spoken: Sequence[Spoken]) -> str:
    """https://www.w3.org/TR/webvtt1/."""
    cues = [
        f"{_clock(each.start_seconds, '.')} --> {_clock(each.end_seconds, '.')}\n{each.text}\n\n" for each in spoken
    ]
    return "WEBVTT\n\n" + "".join(cues)


def _spread(pieces: Sequence[str], duration_seconds: float) -> list[Spoken]:
    """Pieces after each other until the end of the audio."""
    whole, passed, found = sum(len(piece) for piece in pieces), 0, list[Spoken]()
    for piece in pieces:
        start, passed = passed, passed + len(piece)
        found.append(
            Spoken(piece, round(duration_seconds * start / whole, 2), round(duration_seconds * passed / whole, 2))
        )
    return found


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"
