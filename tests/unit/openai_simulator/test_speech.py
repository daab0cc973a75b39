"""What the simulator hears in a recording that it does not know."""

import subprocess
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from sim.openai_simulator import speech


class Decoder:
    """Hears the same in every recording."""

    def __init__(self, heard: str | None) -> None:
        self._heard = heard
        self.calls: list[str] = []

    def start_utt(self) -> None:
        self.calls.append("start")

    def process_raw(self, samples: bytes, *, full_utt: bool) -> None:
        assert (samples, full_utt) == (b"samples", True)
        self.calls.append("samples")

    def end_utt(self) -> None:
        self.calls.append("end")

    def hyp(self) -> SimpleNamespace | None:
        return None if self._heard is None else SimpleNamespace(hypstr=self._heard)


@pytest.fixture(autouse=True)
def ffmpeg(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(speech.shutil, "which", lambda _: "/usr/bin/ffmpeg")
    done = SimpleNamespace(stdout=b"samples")
    monkeypatch.setattr(speech.subprocess, "run", lambda *_, **__: done)
    speech._decoder.cache_clear()
    yield
    speech._decoder.cache_clear()


def hear(monkeypatch: pytest.MonkeyPatch, heard: str | None) -> Decoder:
    decoder = Decoder(heard)
    found = SimpleNamespace(Decoder=lambda **_: decoder)
    monkeypatch.setattr(speech.importlib, "import_module", lambda _: found)
    return decoder


def test_words_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = hear(monkeypatch, " call the dentist ")

    assert speech.rough_transcript(b"audio") == "Call the dentist."
    assert decoder.calls == ["start", "samples", "end"]


@pytest.mark.parametrize("heard", [None, "", " "])
def test_silence_has_no_transcript(monkeypatch: pytest.MonkeyPatch, heard: str | None) -> None:
    hear(monkeypatch, heard)

    assert speech.rough_transcript(b"audio") is None


def test_without_the_extra_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr(speech.importlib, "import_module", missing)
    assert speech.rough_transcript(b"audio") is None


def test_without_ffmpeg_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    hear(monkeypatch, "call the dentist")
    monkeypatch.setattr(speech.shutil, "which", lambda _: None)
    assert speech.rough_transcript(b"audio") is None


def test_what_ffmpeg_does_not_read_in_time_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    hear(monkeypatch, "call the dentist")

    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("ffmpeg", 30)

    monkeypatch.setattr(speech.subprocess, "run", late)
    assert speech.rough_transcript(b"audio") is None
