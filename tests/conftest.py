"""For all tests: Ctrl-C works in what they start, also where the run was started in the background of a script.

There a shell lets SIGINT be ignored, and whoever is started with a signal ignored has it ignored, too, and so have its
children; bash can not even trap it then (https://www.gnu.org/software/bash/manual/html_node/Signals.html).
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
