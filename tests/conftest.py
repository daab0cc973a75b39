"""For all tests: each has the same name in every process, what was skipped is counted, and Ctrl-C works in processes.

That holds even if the run itself is a background job of a script: a shell starts those with SIGINT ignored. A process
that is started so ignores it, and so do its children; even bash cannot trap it then
(https://www.gnu.org/software/bash/manual/html_node/Signals.html).
"""

import re
import signal
from collections.abc import Sequence

import pytest

from tests.skips import pytest_configure, pytest_terminal_summary
from tests.workers import pytest_xdist_auto_num_workers

__all__ = ["pytest_configure", "pytest_terminal_summary", "pytest_xdist_auto_num_workers"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Workers of pytest-xdist must collect the same names; an address in a parameter's id is another in each."""
    if changing := [each.nodeid for each in items if re.search(r" at 0x[0-9a-f]+", each.nodeid)]:
        raise pytest.UsageError(
            f"give the parameters of this test ids that are the same in every process: {changing[0]}"
        )
