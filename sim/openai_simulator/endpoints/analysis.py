"""What a model answers about a transcript: known for our recordings, computed by simple rules for others."""

import re
from collections import Counter
from typing import Any

from sim import recordings


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLE_WORDS = 7
TOPICS = 3
GLAD = _words("beautiful bright done glad good great happy like likes love loves ready thanks wonderful")
SAD = _words("angry awful bad broken cried empty horrible lost missed nobody sad tired worried worse")
COMMON = _words(
    "about after again because before could every from have into more nobody other over should some that their them "
    "then there they this tomorrow today very want were what when where which while with would your"
)


def analysis_of(text: str) -> dict[str, Any]:
    """Title, summary, topics, people and mood of the transcript in the text."""
    words = " ".join(text.split())
    for recording in recordings.all():
        if recording.transcript in words:
            return _with_take(dict(recording.analysis), words.partition(recording.transcript)[2])
    return _plain(words)


def _with_take(analysis: dict[str, Any], behind: str) -> dict[str, Any]:
    """A variant's analysis names its take, so that analyses can be distinguished like transcripts."""
    take = re.match(r" Take (\d+)\.", behind)
    if take:
        analysis["title"] += f", take {take[1]}"
    return analysis


def _plain(text: str) -> dict[str, Any]:
    sentences = re.split(r"(?<=[.!?])\s+", text.strip()) if text.strip() else ["Nothing was said."]
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", text)]
    long_words = Counter(word for word in words if len(word) > 3 and word not in COMMON)
    return {
        "title": " ".join(sentences[0].rstrip(".!?").split()[:TITLE_WORDS]) or "Nothing was said",
        "summary": " ".join(sentences[:2]),
        "topics": [word for word, _ in long_words.most_common(TOPICS)],
        "people": _people(text),
        "mood": _mood(set(words)),
    }


def _people(text: str) -> list[str]:
    """Capitalised words inside a sentence, each once."""
    return list(dict.fromkeys(re.findall(r"(?<=[a-z,] )([A-Z][a-z]+)", text)))


def _mood(words: set[str]) -> str:
    glad, sad = bool(words & GLAD), bool(words & SAD)
    return {(True, True): "mixed", (True, False): "positive", (False, True): "negative"}.get((glad, sad), "neutral")
