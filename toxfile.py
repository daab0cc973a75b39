"""What tox.ini cannot say: tox loads this file beside it as a plugin, in whatever Python tox itself runs on.

- Ctrl-C ends `tox` with exit code 2, as it ends pytest. tox by itself gives 254, 1 or the code of the command,
  depending on the moment. A second Ctrl-C or SIGTERM changes nothing: tox waits for the command (`interrupt_timeout`
  in tox.ini).
- The commands `rawk` and `rawk-sim` are installed in each environment. They run the checkout's own sources. An editable
  install would need a build backend and a second each time, and would leave two copies of the metadata to keep equal.
"""

import atexit
import os
import signal
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from tox.plugin import impl

EXIT_INTERRUPTED = 2
COMMANDS = {"rawk": "rawk.cli", "rawk-sim": "sim.cli.main"}

SCRIPT = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

sys.path[:0] = [{source!r}, {root!r}]
from {module} import main

sys.exit(main())
"""
"""`sh` starts it, because a `#!` line holds no spaces and 255 characters at most."""


class _Interrupt:
    """Raises KeyboardInterrupt at the first SIGINT or SIGTERM, ignores later ones, and sets the exit code.

    Where a package of `requires` is missing, tox installs a second tox into `.tox/.tox` and runs that one. The first
    would not wait for it, so here it passes the signal on and waits for the second to end.
    """

    def __init__(self) -> None:
        self._came = False
        self._runs_another_tox = find_spec("tox_uv") is None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        atexit.register(self._exit)

    def _on_signal(self, *_: object) -> None:
        if self._came:
            return
        self._came = True
        children = _children() if self._runs_another_tox else []
        if not children:
            raise KeyboardInterrupt
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGINT)

    def _exit(self) -> None:
        if self._came:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(EXIT_INTERRUPTED)


def _children() -> "list[int]":
    """The processes that this one has started; none where there is no /proc."""
    lists = Path("/proc/self/task").glob("*/children")
    return [int(each) for children in lists for each in children.read_text(encoding="ascii").split()]


if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a shell starts background jobs with SIGINT ignored
    _Interrupt()


@impl
def tox_before_run_commands(tox_env) -> None:  # type: ignore[no-untyped-def]
    """Write the commands into the environment, unless they are there."""
    bin_folder, root = Path(tox_env.conf["env_bin_dir"]), Path(tox_env.core["tox_root"])
    for name, module in COMMANDS.items():
        script, text = (
            bin_folder / name,
            SCRIPT.format(python=tox_env.conf["env_python"], source=str(root / "src"), root=str(root), module=module),
        )
        if not script.exists() or script.read_text(encoding="utf-8") != text:
            script.write_text(text, encoding="utf-8")
            script.chmod(0o755)
