"""The machine's clock and random numbers."""

import random
import time
from datetime import UTC, datetime
from uuid import uuid4


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class SystemRandomness:
    def random(self) -> float:
        return random.random()

    def new_id(self) -> str:
        return str(uuid4())
