"""The identity of a process: lets another process check later whether it still runs."""

import os
import platform

import psutil


def this_process() -> str:
    """This process as `MACHINE/PID/START_TIME`; the start time distinguishes it from a later process with its id."""
    process = psutil.Process(os.getpid())
    return f"{platform.node()}/{process.pid}/{process.create_time():.2f}"


def is_dead(name: str) -> bool:
    """Whether `name` is a process of this machine that has ended. False for processes of other machines."""
    machine, _, rest = name.partition("/")
    number, _, began = rest.partition("/")
    if machine != platform.node() or not number.isdecimal():
        return False
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" != began
    except psutil.NoSuchProcess:
        return True
