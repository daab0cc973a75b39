"""A random plan from a seed: a few actions and a few kinds of faults.

Most kinds are off in each world, so that rare combinations of the others happen.
"""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from sim.explorer.plan.call_sites import (
    CALL_SITES,
    CHANGE_VISIBILITY_BATCH,
    DELETE_MESSAGE,
    FIND,
    QUEUE_ATTRIBUTES,
    RECEIVE_MESSAGE,
    SEND_MESSAGE,
    START_MOVE_TASK,
    FaultKind,
)
from sim.explorer.plan.plan import HOUR_MS, LARGEST_PAGE, MINUTE_MS, SECOND_MS, Action, ActionKind, Outage, Plan, Rates

QUIET_WORLDS = 0.02
"""The share of worlds without faults and delays, one action after the other, whose calls are counted."""
REDRIVEN_WORLDS = 0.03
"""The share of worlds in which OpenAI fails at first, and an operator redrives while calls of SQS fail."""
KEPT_WORLDS = 0.08
"""The share of worlds in which days pass before the last actions."""
FROZEN_WORLDS = 0.03
"""The share of worlds whose processes are suspended again and again, and outlive their deadlines."""
LARGE_RECORDINGS = 0.15
PAGES = (1, 2, LARGEST_PAGE)
"""Sizes of pages: small ones, so that a few rows are several pages."""
TITLES = ("Monday", "Ärger 🎙", "")
KEPT_DAYS = (1, 3, 5, 13, 17, 32)
TOMBSTONE_DAYS = 30
ALL_DELETED = 0.5
"""The share of worlds that outlast a tombstone in which all recordings are deleted at once: many tombstones are old at
the same moment."""
FAULTLESS_WORLDS = 0.06
"""The share of worlds without any fault: a bug that shows there affects every recording."""
KIND_PROBABILITY = 0.3
SITE_PROBABILITY = 0.5
DIRECT_UPLOADS = 0.12
"""The share of recordings that are uploaded straight to S3."""
RATES = (0.01, 0.03, 0.1, 0.25)
SPREADS_MS = (50, 2 * SECOND_MS, 2 * MINUTE_MS, 40 * MINUTE_MS)
"""Within which time the actions happen: all at once, or one after the other."""
FAULTS_END_MS = (20 * SECOND_MS, 10 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS)
LARGEST_SKEW_MS = 10 * SECOND_MS
"""So two clocks differ by up to twenty seconds, less than a lease lasts longer than the function's timeout."""

_MEMORY_ACTIONS: tuple[ActionKind, ...] = (
    ActionKind.READ,
    ActionKind.READ,
    ActionKind.LIST,
    ActionKind.RECORD_AGAIN,
    ActionKind.RECORD_AGAIN,
    ActionKind.RECORD_OTHER,
    ActionKind.DELETE,
    ActionKind.DELETE,
    ActionKind.DUPLICATE,
    ActionKind.DUPLICATE,
    ActionKind.RETRY,
    ActionKind.RETRY_ANALYSIS,
    ActionKind.RETRY_ANALYSIS,
)
_FORM_ACTIONS = (ActionKind.REPEAT_FORM, *_MEMORY_ACTIONS)
_WORLD_ACTIONS: tuple[ActionKind, ...] = (
    ActionKind.REDRIVE_ALL,
    ActionKind.REDRIVE_ALL,
    ActionKind.REDRIVE_SOME,
    ActionKind.PURGE,
    ActionKind.DEPLOY,
    ActionKind.POISON,
    ActionKind.UPLOAD_NON_AUDIO,
    ActionKind.ABANDON_UPLOAD,
    ActionKind.REMOVE_AUDIO,
)
"""An action that stands twice is twice as likely."""
_LATE_ACTIONS: tuple[ActionKind, ...] = (
    ActionKind.RETRY,
    ActionKind.REDRIVE_SOME,
    ActionKind.REDRIVE_ALL,
    ActionKind.DELETE,
    ActionKind.DUPLICATE,
    ActionKind.RECORD_AGAIN,
    ActionKind.PURGE,
    ActionKind.LIST,
)
_REDRIVES = (
    ActionKind.REDRIVE_SOME,
    ActionKind.REDRIVE_SOME,
    ActionKind.REDRIVE_SOME,
    ActionKind.REDRIVE_ALL,
    ActionKind.PURGE,
    ActionKind.DELETE,
)
_REDRIVE_FAULTS = (
    FaultKind.KILLED_BEFORE,
    FaultKind.KILLED_AFTER,
    FaultKind.ERROR,
    FaultKind.LOST,
    FaultKind.MALFORMED,
    FaultKind.PARTIAL,
    FaultKind.LATE,
    FaultKind.REPEATED,
    FaultKind.FROZEN,
)
_REDRIVE_SITES = frozenset(
    {SEND_MESSAGE, RECEIVE_MESSAGE, DELETE_MESSAGE, CHANGE_VISIBILITY_BATCH, QUEUE_ATTRIBUTES, START_MOVE_TASK, FIND}
)
_OUTAGES = (
    ("openai", FaultKind.ERROR),
    ("openai", FaultKind.QUOTA),
    ("openai", FaultKind.MISCONFIGURED),
    ("openai", FaultKind.RATE_LIMITED),
    ("openai", FaultKind.UNEXPLAINED),
    ("openai.transcribe", FaultKind.MALFORMED),
    ("openai.analyse", FaultKind.ERROR),
    ("openai.analyse", FaultKind.MALFORMED),
    ("memories", FaultKind.ERROR),
    ("s3", FaultKind.ERROR),
    ("s3", FaultKind.DENIED),
    ("sqs", FaultKind.ERROR),
    ("sqs.receive_message", FaultKind.ERROR),
    ("sqs.deliver", FaultKind.NOT_INVOKED),
)


def random_plan(seed: int) -> tuple[Plan, Rates]:
    """The same seed gives the same plan on every machine."""
    random = Random(seed)
    plan, rates = _plan(random)
    return plan if plan.quiet else replace(plan, page=random.choice(PAGES)), rates


def _plan(random: Random) -> tuple[Plan, Rates]:
    kind = random.random()
    if kind < QUIET_WORLDS:
        return _quiet_plan(random), _rates(random, faultless=True)
    if kind < QUIET_WORLDS + REDRIVEN_WORLDS:
        return _redriven_plan(random)
    kept = kind < QUIET_WORLDS + REDRIVEN_WORLDS + KEPT_WORLDS
    frozen = 1 - kind < FROZEN_WORLDS
    faultless = random.random() < FAULTLESS_WORLDS
    faults_end_ms = random.choice(FAULTS_END_MS)
    recordings = random.choice((2, 3, 4, 4, 5))
    actions = tuple(_actions(random, recordings, random.choice(SPREADS_MS), faults_end_ms))
    plan = Plan(
        actions=actions,
        workers=random.choice((1, 2, 3, 3)),
        batch=random.choice((1, 1, 1, 3)),
        outages=() if faultless else tuple(_outages(random, faults_end_ms)),
        skews_ms=(0, 0, 0) if random.random() < 0.6 else (_skew(random), _skew(random), _skew(random)),
        outlives_deadline=random.random() < (1.0 if frozen else 0.15),
        extra_relay_minutes=tuple(_relay_minutes(random, faults_end_ms)),
        faults_end_ms=faults_end_ms,
    )
    if kept:
        plan = replace(plan, days=random.choice(KEPT_DAYS), late=tuple(_late_actions(random, actions)))
        if plan.days > TOMBSTONE_DAYS and random.random() < ALL_DELETED:
            plan = replace(plan, actions=(*actions, *_deletions(actions, faults_end_ms)))
    return plan, _frozen_rates(random) if frozen else _rates(random, faultless)


def _quiet_plan(random: Random) -> Plan:
    """Recordings one after the other; then some are deleted, a client lists, and the relay runs once."""
    actions: list[Action] = []
    for recording in range(random.choice((1, 2, 3))):
        # Every fifth number is a direct upload that is submitted once (`DirectUpload.of`).
        direct, large = random.random() < 0.4, random.random() < 0.3
        at_ms, tenant = recording * MINUTE_MS, int(random.random() * 2)
        kind = ActionKind.DIRECT_UPLOAD if direct else ActionKind.RECORD
        actions.append(Action(recording * 5, at_ms, kind, recording, tenant, random.random() < 0.5, large=large))
        if random.random() < 0.4:
            later = Action(recording * 5 + 1, at_ms + 10 * MINUTE_MS, ActionKind.DELETE, recording, tenant)
            actions.append(later)
    actions.append(Action(99, 20 * MINUTE_MS, ActionKind.LIST))
    relay = (30,) if random.random() < 0.5 else ()
    return Plan(tuple(actions), workers=1, extra_relay_minutes=relay, faults_end_ms=HOUR_MS, quiet=True)


def _redriven_plan(random: Random) -> tuple[Plan, Rates]:
    """Memories fail at once, because OpenAI refuses our key; then dead letters are redriven, removed, redriven again.

    A process may end between any two calls of SQS, and an answer may be lost or say half.
    """
    mended_ms = random.choice((MINUTE_MS, 10 * MINUTE_MS))
    recorded = [
        Action(number, int(random.random() * 5 * SECOND_MS), ActionKind.RECORD, number, int(random.random() * 2))
        for number in range(random.choice((1, 2, 3)))
    ]
    actions = [*recorded]
    for _ in range(random.choice((1, 2, 3))):
        kind, about = random.choice(_REDRIVES), random.choice(recorded)
        at_ms = int(mended_ms * (0.8 + random.random() * random.choice((0.3, 2))))
        actions.append(Action(len(actions), at_ms, kind, about.recording, about.tenant))
    outage = Outage("openai", FaultKind.MISCONFIGURED, 0, mended_ms)
    plan = Plan(tuple(actions), workers=random.choice((1, 2)), outages=(outage,), faults_end_ms=HOUR_MS)
    kinds = tuple(random.sample(_REDRIVE_FAULTS, random.choice((1, 2, 4))))
    rate = random.choice((0.1, 0.25))
    by_site = tuple(
        (rate, tuple(kind for kind in kinds if kind in site.fault_kinds)) if site in _REDRIVE_SITES else _NO_FAULTS
        for site in CALL_SITES
    )
    by_site = tuple(each if each[1] else _NO_FAULTS for each in by_site)
    return plan, Rates(random.getrandbits(32), by_site, random.choice((0.0, 0.1)), 3 * SECOND_MS)


def _deletions(actions: tuple[Action, ...], at_ms: int) -> Iterator[Action]:
    """Of every recording, at once."""
    recorded = [action for action in actions if action.kind in (ActionKind.RECORD, ActionKind.DIRECT_UPLOAD)]
    for number, action in enumerate(recorded):
        yield replace(action, number=200 + number, at_ms=at_ms, kind=ActionKind.DELETE)


def _late_actions(random: Random, actions: tuple[Action, ...]) -> Iterator[Action]:
    deletions = [action for action in actions if action.kind is ActionKind.DELETE]
    for number in range(random.choice((1, 1, 2))):
        about, kind = random.choice(actions), random.choice(_LATE_ACTIONS)
        if deletions and random.random() < 0.6:  # a late job of a deleted memory
            about, kind = random.choice(deletions), ActionKind.DUPLICATE
        yield replace(about, number=100 + number, at_ms=number * MINUTE_MS, kind=kind)


def _actions(random: Random, recordings: int, spread_ms: int, faults_end_ms: int) -> Iterator[Action]:
    number = 0
    for recording in range(recordings):
        first = ActionKind.DIRECT_UPLOAD if random.random() < DIRECT_UPLOADS else ActionKind.RECORD
        at_ms = int(random.random() * spread_ms)
        tenant, key = int(random.random() * 2), random.random() < 0.6
        title = random.choice(TITLES) if random.random() < 0.4 else None
        large = random.random() < LARGE_RECORDINGS
        yield Action(number, at_ms, first, recording, tenant, key, title, large)
        number += 1
        for _ in range(random.choice((0, 1, 1, 2))):
            kind = random.choice(_MEMORY_ACTIONS if first is ActionKind.RECORD else _FORM_ACTIONS)
            later_ms = at_ms + int(random.random() ** 2 * random.choice(SPREADS_MS))
            other_title = kind is ActionKind.RECORD_OTHER and random.random() < 0.5
            yield Action(number, later_ms, kind, recording, tenant, key, "Tuesday" if other_title else title, large)
            number += 1
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        kind = random.choice(_WORLD_ACTIONS)
        at_ms = int(random.random() * (faults_end_ms + 2 * HOUR_MS * (random.random() < 0.5)))
        yield Action(number, at_ms, kind, int(random.random() * recordings))
        number += 1


def _outages(random: Random, faults_end_ms: int) -> Iterator[Outage]:
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        port, kind = random.choice(_OUTAGES)
        begins_ms = int(random.random() ** 2 * faults_end_ms) if random.random() < 0.5 else 0
        yield Outage(port, kind, begins_ms, begins_ms + int(random.random() * (faults_end_ms - begins_ms)))


def _skew(random: Random) -> int:
    return int((random.random() * 2 - 1) * LARGEST_SKEW_MS)


def _relay_minutes(random: Random, faults_end_ms: int) -> Iterator[int]:
    for _ in range(random.choice((0, 0, 1, 2))):
        yield int(random.random() * faults_end_ms / MINUTE_MS) + 1


def _frozen_rates(random: Random) -> Rates:
    frozen = (random.choice((0.1, 0.25, 0.4)), (FaultKind.FROZEN,))
    by_site = [frozen if FaultKind.FROZEN in site.fault_kinds else _NO_FAULTS for site in CALL_SITES]
    return Rates(random.getrandbits(32), tuple(by_site), jitter=0.0, longest_jitter_ms=50)


def _rates(random: Random, faultless: bool) -> Rates:
    uniform = random.random
    kinds_on = {kind for kind in FaultKind if uniform() < KIND_PROBABILITY}
    rate = 0.0 if faultless else random.choice(RATES)
    by_site = [_NO_FAULTS] * len(CALL_SITES)
    for site in CALL_SITES:
        if rate and uniform() < SITE_PROBABILITY:
            fault_kinds = tuple([kind for kind in site.fault_kinds if kind in kinds_on])
            if fault_kinds:
                by_site[site.index] = (rate, fault_kinds)
    return Rates(
        seed=random.getrandbits(32),
        fault_kinds=tuple(by_site),
        jitter=random.choice((0.0, 0.1, 0.4)),
        longest_jitter_ms=random.choice((50, 3 * SECOND_MS, 20 * SECOND_MS)),
    )


_NO_FAULTS: tuple[float, tuple[FaultKind, ...]] = (0.0, ())
