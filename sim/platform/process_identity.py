"""Who a process of a machine is, so that somebody else can tell later whether it still lives."""

import os
import platform

import psutil


def this_process() -> str:
    """This process: its machine, its number, and when it began, as numbers come again."""
    process = psutil.Process(os.getpid())
    return f"{platform.node()}/{process.pid}/{process.create_time():.2f}"


def is_dead(name: str) -> bool:
    """Whether the owner of that name was a process of this machine, and is no more. Of others nobody can say."""
    machine, _, rest = name.partition("/")
    number, _, began = rest.partition("/")
    if machine != platform.node() or not number.isdecimal():
        return False
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" != began
    except psutil.NoSuchProcess:
        return True
