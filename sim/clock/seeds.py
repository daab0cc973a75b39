"""Seeds: all randomness of a run comes from one number; a scenario's comes from that number and its name."""

import hashlib
import random


def new_seed() -> int:
    return random.SystemRandom().randrange(2**32)


def seed_for(seed: int, scenario: str) -> int:
    """The scenario's own seed. It does not depend on which other scenarios run, in which order or on which worker."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{scenario}".encode()).digest()[:8])
