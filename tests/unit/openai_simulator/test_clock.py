"""Held answers wait on one clock, and follow when it jumps."""

import asyncio

import pytest

from sim.openai_simulator.clock import OffsetClock

HOUR_SECONDS = 3600.0


def test_a_jump_wakes_exactly_those_that_are_due():
    async def scenario():
        clock, woken = OffsetClock(), []

        async def sleeper(name, seconds):
            await clock.sleep(seconds)
            woken.append(name)

        async with asyncio.TaskGroup() as group:
            late = group.create_task(sleeper("late", 2 * HOUR_SECONDS))
            early = group.create_task(sleeper("early", HOUR_SECONDS))
            await asyncio.sleep(0)
            assert clock.sleepers == 2
            assert clock.next_due == pytest.approx(clock.time() + HOUR_SECONDS, abs=5)
            clock.jump_to(HOUR_SECONDS)
            await early
            assert (woken, clock.sleepers) == (["early"], 1)
            clock.jump_to(2 * HOUR_SECONDS)
            await late
        assert (woken, clock.sleepers, clock.next_due) == (["early", "late"], 0, None)

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_a_cancelled_sleeper_is_removed():
    async def scenario():
        clock = OffsetClock()
        sleeping = asyncio.create_task(clock.sleep(HOUR_SECONDS))
        await asyncio.sleep(0)
        sleeping.cancel()
        await asyncio.gather(sleeping, return_exceptions=True)
        assert clock.sleepers == 0

    asyncio.run(scenario())


def test_time_does_not_go_back():
    clock = OffsetClock(10.0)

    with pytest.raises(ValueError, match=r"time does not go back: the offset is 10.0 s, not 9.0 s"):
        clock.jump_to(9.0)
