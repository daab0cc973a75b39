"""A plan from a seed: a few people, a few things that may go wrong, and most others off, so that rare ones meet."""

from collections.abc import Iterator
from random import Random

from sim.explorer.plan.call_sites import SITES, Trouble
from sim.explorer.plan.plan import HOUR_MS, MINUTE_MS, SECOND_MS, Act, Deed, Outage, Plan, Rates

QUIET_WORLDS = 0.06
"""Worlds without any trouble: whoever fails there fails everybody."""
KIND_IS_ON = 0.3
SITE_IS_ON = 0.5
STRAIGHT = 0.12
"""Recordings that go straight to the store."""
RATES = (0.01, 0.03, 0.1, 0.25)
SPREADS_MS = (50, 2 * SECOND_MS, 2 * MINUTE_MS, 40 * MINUTE_MS)
"""Within which time people do what they do: at once, or one after the other."""
CALM_MS = (20 * SECOND_MS, 10 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS)
LARGEST_SKEW_MS = 10 * SECOND_MS
"""Two clocks may differ by twenty seconds: less than the lease has over the function's time."""

_MEMORY_DEEDS: tuple[Deed, ...] = (
    Deed.READ,
    Deed.READ,
    Deed.LIST,
    Deed.RECORD_AGAIN,
    Deed.RECORD_AGAIN,
    Deed.RECORD_OTHER,
)
_MEMORY_DEEDS += (
    Deed.DELETE,
    Deed.DELETE,
    Deed.DUPLICATE,
    Deed.DUPLICATE,
    Deed.RETRY,
    Deed.ANALYSE_AGAIN,
    Deed.ANALYSE_AGAIN,
)
_WORLD_DEEDS: tuple[Deed, ...] = (
    Deed.REDRIVE_ALL,
    Deed.REDRIVE_ALL,
    Deed.REDRIVE_SOME,
    Deed.PURGE,
    Deed.DEPLOY,
    Deed.POISON,
)
_WORLD_DEEDS += (Deed.SEND_RUBBISH, Deed.LEAVE, Deed.VANISH)
_OUTAGES = (
    ("openai", Trouble.ERROR),
    ("openai", Trouble.QUOTA),
    ("openai", Trouble.MISCONFIGURED),
    ("openai", Trouble.RATE_LIMITED),
    ("openai.analyse", Trouble.ERROR),
    ("openai.analyse", Trouble.MALFORMED),
    ("memories", Trouble.ERROR),
    ("audio", Trouble.ERROR),
    ("queue", Trouble.ERROR),
    ("letters", Trouble.ERROR),
)


def drawn_plan(seed: int) -> tuple[Plan, Rates]:
    """The same seed, the same plan."""
    random = Random(seed)
    quiet = random.random() < QUIET_WORLDS
    calm_at_ms = random.choice(CALM_MS)
    recordings = random.choice((2, 3, 4, 4, 5))
    acts = tuple(_acts(random, recordings, random.choice(SPREADS_MS), calm_at_ms))
    plan = Plan(
        acts=acts,
        workers=random.choice((1, 2, 3, 3)),
        batch=random.choice((1, 1, 1, 3)),
        outages=() if quiet else tuple(_outages(random, calm_at_ms)),
        skews_ms=(0, 0, 0) if random.random() < 0.6 else (_skew(random), _skew(random), _skew(random)),
        late_kill=random.random() < 0.15,
        extra_relay_minutes=tuple(_relay_minutes(random, calm_at_ms)),
        calm_at_ms=calm_at_ms,
    )
    return plan, _rates(random, quiet)


def _acts(random: Random, recordings: int, spread_ms: int, calm_at_ms: int) -> Iterator[Act]:
    number = 0
    for recording in range(recordings):
        first = Deed.UPLOAD_STRAIGHT if random.random() < STRAIGHT else Deed.RECORD
        at_ms = int(random.random() * spread_ms)
        tenant, key = int(random.random() * 2), random.random() < 0.6
        yield Act(number, at_ms, first, recording, tenant, key)
        number += 1
        for _ in range(random.choice((0, 1, 1, 2))):
            deed = random.choice(_MEMORY_DEEDS)
            later_ms = at_ms + int(random.random() ** 2 * random.choice(SPREADS_MS))
            yield Act(number, later_ms, deed, recording, tenant, key)
            number += 1
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        deed = random.choice(_WORLD_DEEDS)
        at_ms = int(random.random() * (calm_at_ms + 2 * HOUR_MS * (random.random() < 0.5)))
        yield Act(number, at_ms, deed, int(random.random() * recordings))
        number += 1


def _outages(random: Random, calm_at_ms: int) -> Iterator[Outage]:
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        port, trouble = random.choice(_OUTAGES)
        begins_ms = int(random.random() ** 2 * calm_at_ms) if random.random() < 0.5 else 0
        yield Outage(port, trouble, begins_ms, begins_ms + int(random.random() * (calm_at_ms - begins_ms)))


def _skew(random: Random) -> int:
    return int((random.random() * 2 - 1) * LARGEST_SKEW_MS)


def _relay_minutes(random: Random, calm_at_ms: int) -> Iterator[int]:
    for _ in range(random.choice((0, 0, 1, 2))):
        yield int(random.random() * calm_at_ms / MINUTE_MS) + 1


def _rates(random: Random, quiet: bool) -> Rates:
    uniform = random.random
    kinds_on = {trouble for trouble in Trouble if uniform() < KIND_IS_ON}
    rate = 0.0 if quiet else random.choice(RATES)
    by_site = [_SPARED] * len(SITES)
    for site in SITES:
        if rate and uniform() < SITE_IS_ON:
            troubles = tuple([trouble for trouble in site.troubles if trouble in kinds_on])
            if troubles:
                by_site[site.index] = (rate, troubles)
    return Rates(
        seed=random.getrandbits(32),
        troubles=tuple(by_site),
        jitter=random.choice((0.0, 0.1, 0.4)),
        longest_jitter_ms=random.choice((50, 3 * SECOND_MS, 20 * SECOND_MS)),
    )


_SPARED: tuple[float, tuple[Trouble, ...]] = (0.0, ())
