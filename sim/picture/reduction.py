"""Reduces a feed with too many events: the subjects with the most warnings and errors keep theirs.

The events of the others are only counted: for each subject in one event `omitted`, and for each lane in `PARTS` parts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sim.picture.contents import Content, contents_of

PARTS = 160

type FeedEvent = dict[str, Any]


def size_of(feed: Iterable[FeedEvent]) -> int:
    """How many events of lanes a feed has: what a budget counts."""
    return sum(event["kind"] == "event" for event in feed)


def reduced(feed: Sequence[FeedEvent], budget: int) -> list[FeedEvent]:
    """The feed with at most so many events of subjects; the same feed if they are within the budget."""
    subjects = contents_of(feed).subjects
    kept = _kept(feed, subjects, budget)
    if len(kept) == len(subjects):
        return list(feed)
    left = [event for event in feed if not _is_omitted(event, kept)]
    omitted = [event for event in feed if event["kind"] == "event" and _is_omitted(event, kept)]
    return sorted([*left, *_by_subject(omitted), *_by_lane(omitted)], key=lambda event: event["at"])


def _kept(feed: Sequence[FeedEvent], subjects: Mapping[str, Content], budget: int) -> set[str]:
    sizes = Counter(each for event in feed if event["kind"] == "event" for each in event["subjects"])
    kept: set[str] = set()
    for subject in sorted(subjects.values(), key=lambda each: each.relevance, reverse=True):
        if sizes[subject.id] <= budget:
            kept.add(subject.id)
            budget -= sizes[subject.id]
    return kept


def _is_omitted(event: FeedEvent, kept: set[str]) -> bool:
    subjects: list[str] = event.get("subjects", [])
    return bool(subjects) and kept.isdisjoint(subjects)


def _by_subject(omitted: Sequence[FeedEvent]) -> list[FeedEvent]:
    """What the reducer would have counted."""
    by_subject: dict[str, list[FeedEvent]] = defaultdict(list)
    for event in omitted:
        for subject in event["subjects"]:
            by_subject[subject].append(event)
    return [_totals(subject, events) for subject, events in by_subject.items()]


def _totals(subject: str, events: Sequence[FeedEvent]) -> FeedEvent:
    calls = [(event["at"], event["openai"]) for event in events if "openai" in event]
    return {
        "kind": "omitted",
        "at": events[-1]["at"],
        "subject": subject,
        "events": len(events),
        "receives": sum(each["glyph"] == "ring" for each in events),
        "dead_at": _moments(events, "dead_lettered"),
        "redriven_at": _moments(events, "redriven"),
        "calls": len(calls),
        "failed_calls": sum(not call["usable"] for _, call in calls),
        "billed_seconds": sum(call.get("billed_seconds", 0) for _, call in calls),
        "tokens": sum(call.get("tokens", 0) for _, call in calls),
        "payments": [
            [at, call["billed_seconds"], call["outcome"]]
            for at, call in calls
            if call["endpoint"] == "transcription" and call.get("billed_seconds")
        ],
    }


def _moments(events: Iterable[FeedEvent], name: str) -> list[float]:
    return [event["at"] for event in events if event.get("sqs", {}).get("event") == name]


def _by_lane(omitted: Sequence[FeedEvent]) -> list[FeedEvent]:
    """Parts of equally many events, so that what happened at once stays together."""
    size = -(-len(omitted) // PARTS)
    found = []
    for first in range(0, len(omitted), max(1, size)):
        part = omitted[first : first + size]
        at = part[len(part) // 2]["at"]
        lanes = Counter(event["lane"] for event in part)
        found += [{"kind": "omitted", "at": at, "lane": lane, "events": count} for lane, count in lanes.items()]
    return found
