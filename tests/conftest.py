"""For all tests: Ctrl-C works in the processes that they start, even if the run itself is a background job of a script.

A shell starts background jobs with SIGINT ignored. A process that is started so ignores it, and so do its children;
even bash cannot trap it then (https://www.gnu.org/software/bash/manual/html_node/Signals.html).
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
