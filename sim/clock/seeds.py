"""Seeds: every chance of a run comes from one number, and every scenario's from that and the scenario's name."""

import hashlib
import random


def new_seed() -> int:
    return random.SystemRandom().randrange(2**32)


def seed_for(seed: int, scenario: str) -> int:
    """The scenario's own seed: the same whatever else runs, in whatever order, on whatever worker."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{scenario}".encode()).digest()[:8])
