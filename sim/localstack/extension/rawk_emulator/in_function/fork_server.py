"""Starts Python processes in milliseconds: a process that has imported the heavy libraries forks for each of them.

A new interpreter needs a second and more of a core to import boto3, openai and SQLAlchemy; ten functions that start in
parallel on a laptop need ten. Here the import happens once. A forked process has the environment, folder, output and
module path that a new interpreter would have, and runs the same code from there. Libraries are shared. A program's own
modules are shared only where a process would import them from the same folder. Linux only: elsewhere processes start as
new interpreters.

A function's program is in a folder that is known only when it is deployed. From the second process on that starts from
such a folder, the modules of DEPLOYED_VARIABLE are imported from there ahead as well.

To run it: `python fork_server.py SOCKET MODULE…`; the modules of PROGRAM_VARIABLE are found on PYTHONPATH. A client
sends one message per process (JSON, and the file descriptor for the output) and gets the process id and, later, the
exit code. When a client disconnects, its processes are killed.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

MAX_MESSAGE_BYTES = 1 << 20
SERVICES = ("s3", "secretsmanager", "sqs")
"""The services whose descriptions are read in advance, where boto3 is among the libraries."""

OF_NO_PARAMETERS = {"s3": "list_buckets", "secretsmanager": "list_secrets", "sqs": "list_queues"}
"""A call of each, to sign."""

PROGRAM_VARIABLE = "SIM_FORK_PROGRAM"
"""Names modules of programs, separated by blanks, that are imported in advance with all their imports from PYTHONPATH.
"""

DEPLOYED_VARIABLE = "SIM_FORK_DEPLOYED_PROGRAM"
"""The same for programs that are deployed while the server runs, from the folder that a request's environment names
as LAMBDA_TASK_ROOT.
"""

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


type Programs = dict[str, dict[str, ModuleType]]
"""Entry of PYTHONPATH → name → module that was imported from there."""


@dataclass
class ForkServer:
    """The server's process. It is single-threaded, because only a single-threaded process forks safely."""

    listener: socket.socket
    own_path: tuple[str, ...]
    """`sys.path` without the entries of PYTHONPATH and of the script's folder: what every process starts from."""
    programs: Programs = field(default_factory=dict)
    deployed: list[str] = field(default_factory=list)
    """Modules to import ahead from each folder that functions start from."""
    started_from: dict[str, int] = field(default_factory=dict)
    """How many processes have started from such a folder."""
    children: dict[int, socket.socket] = field(default_factory=dict)

    def serve(self) -> None:
        """Serve until the process is killed."""
        child_ended, wake_up = os.pipe()
        for end in (child_ended, wake_up):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_up, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._end)
        poller = select.poll()
        poller.register(self.listener, select.POLLIN)
        poller.register(child_ended, select.POLLIN)
        clients: dict[int, socket.socket] = {}
        while True:
            for number, _ in poller.poll():
                if number == child_ended:
                    with contextlib.suppress(BlockingIOError):
                        os.read(child_ended, 4096)
                    self._reap()
                elif number == self.listener.fileno():
                    client, _ = self.listener.accept()
                    clients[client.fileno()] = client
                    poller.register(client, select.POLLIN)
                elif not self._answer(clients[number]):
                    poller.unregister(number)
                    self._lose(clients.pop(number))

    def _answer(self, client: socket.socket) -> bool:
        """Process one request; False when the client is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(client, MAX_MESSAGE_BYTES, 1)
        except OSError:
            return False
        if not data:
            return False
        (output,) = descriptors
        request = json.loads(data)
        self._import_deployed(request["env"].get("LAMBDA_TASK_ROOT"))
        pid = os.fork()
        if pid == 0:
            self._run_child(request, output)
        os.close(output)
        self.children[pid] = client
        _send(client, {"ticket": request["ticket"], "pid": pid})
        return True

    def _import_deployed(self, folder: str | None) -> None:
        """Import a function's program at its second start: what starts once is not worth it."""
        if not folder or not self.deployed:
            return
        self.started_from[folder] = self.started_from.get(folder, 0) + 1
        if self.started_from[folder] == 2:
            # A program that cannot be imported says so itself, in its own process.
            with contextlib.suppress(Exception):
                self.programs |= import_programs(self.deployed, [folder])
                freeze()

    def _run_child(self, request: dict[str, Any], output: int) -> NoReturn:
        """In the child: become the requested process; never returns."""
        code = 1
        try:
            _die_with_parent()
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            for each in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(each, signal.SIG_DFL if each != signal.SIGINT else signal.default_int_handler)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.closerange(3, 256)
            os.chdir(request["cwd"])
            os.environ.clear()
            os.environ.update(request["env"])
            for stream in (sys.stdout, sys.stderr):
                stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
            tempfile.tempdir = None  # found anew from this environment's TMPDIR
            take_own_modules(self.programs)
            code = run_program(request["argv"], self.own_path)
        except BaseException:  # noqa: BLE001  # whatever it is, the server's own code must not go on in the child
            traceback.print_exc()
        finally:
            os._exit(code)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            client = self.children.pop(pid, None)
            if client is not None:
                _send(client, {"ended": pid, "exit_code": os.waitstatus_to_exitcode(status)})

    def _lose(self, client: socket.socket) -> None:
        for pid in [pid for pid, owner in self.children.items() if owner is client]:
            self.children.pop(pid)
            _kill_group(pid)
        client.close()

    def _end(self, *_: object) -> None:
        for pid in self.children:
            _kill_group(pid)
        os._exit(0)


def run_program(argv: list[str], own_path: tuple[str, ...]) -> int:
    """Run `-m MODULE …` or `SCRIPT …` as a new interpreter would; returns its exit code."""
    entries = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    importlib.invalidate_caches()
    try:
        if argv[0] == "-m":
            sys.path[:] = [str(Path.cwd()), *entries, *own_path]
            sys.argv = argv[1:]
            runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
        else:
            sys.path[:] = [str(Path(argv[0]).parent), *entries, *own_path]
            sys.argv = argv
            runpy.run_path(argv[0], run_name="__main__")
        code = 0
    except SystemExit as exit_:
        code = _exit_code(exit_)
    except BaseException:  # noqa: BLE001  # as the interpreter does: print it, exit with 1
        traceback.print_exc()
        code = 1
    _finish()
    return code


def take_own_modules(programs: Programs) -> None:
    """Share those modules of programs that this process would import from the same place."""
    for entry in reversed(os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        sys.modules.update(programs.get(entry, {}))


def import_programs(modules: list[str], entries: list[str]) -> Programs:
    """Import modules of programs from these entries; returns them with all that they imported from there.

    They are not among the server's own modules: another program may have modules of the same names.
    """
    before = set(sys.modules)
    sys.path[:0] = entries
    importlib.invalidate_caches()
    programs: Programs = {entry: {} for entry in entries}
    try:
        for module in modules:
            importlib.import_module(module)
    finally:
        del sys.path[: len(entries)]
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if entry := next((each for each in entries if file.startswith(f"{each}{os.sep}")), None):
                programs[entry][name] = sys.modules.pop(name)
    return programs


def freeze() -> None:
    """A collection in a child would touch, and so copy, everything that was imported here."""
    gc.collect()
    gc.freeze()


def share_service_models() -> None:
    """Read the service descriptions that boto3 would read from disk for every client, at a hundred milliseconds each.

    Only these files are shared. Each process makes its own sessions and clients from its own environment.
    """
    import botocore.session

    stock = botocore.session.create_loader
    shared = stock(None)
    for name in ("endpoints", "partitions", "sdk-default-configuration"):
        shared.load_data(name)
    for service in SERVICES:
        for kind in ("service-2", "endpoint-rule-set-1", "paginators-1"):
            shared.load_service_model(service, kind)

    def create_loader(search_path_string: str | None = None) -> Any:
        return stock(search_path_string) if search_path_string else shared

    botocore.session.create_loader = create_loader
    make_clients_once(botocore.session.Session)


def make_clients_once(new_session: Any) -> None:
    """Clients of nobody, thrown away: what the first of a process imports, compiles and caches is here already."""
    session = new_session()
    for service in SERVICES:
        client = session.create_client(
            service, "us-east-1", aws_access_key_id="none", aws_secret_access_key="none", endpoint_url="http://nowhere"
        )
        client.generate_presigned_url(OF_NO_PARAMETERS[service])


def enter_virtual_time() -> None:
    """Forked processes read virtual time from their first line."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "time"))
    # By path, not as a package: the server runs under the functions' interpreter.
    import shared_offset  # type: ignore[import-not-found]

    sys.path.pop(0)
    if os.environ.get(shared_offset.CLOCK_VARIABLE):
        shared_offset.travel()
        shared_offset.wait_through_platform()


def _exit_code(exit_: SystemExit) -> int:
    if exit_.code is None:
        return 0
    if isinstance(exit_.code, int):
        return exit_.code & 0xFF
    print(exit_.code, file=sys.stderr)
    return 1


def _finish() -> None:
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


def _die_with_parent() -> None:
    """The process dies with the server, even if the server is killed by SIGKILL."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):  # the group may not exist yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _send(client: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        client.send(json.dumps(message).encode())


def main(socket_path: str, *modules: str) -> None:
    """Import the modules, then listen. The socket appears only when all of them are imported."""
    script_folder = str(Path(__file__).parent)
    from_environment = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    own_path = tuple(entry for entry in sys.path if entry not in {*from_environment, script_folder})
    sys.path[:] = list(own_path)
    for module in modules:
        importlib.import_module(module)
    if "boto3" in modules:
        share_service_models()
    programs = import_programs(os.environ.get(PROGRAM_VARIABLE, "").split(), from_environment)
    deployed = os.environ.get(DEPLOYED_VARIABLE, "").split()
    enter_virtual_time()
    freeze()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        fresh = f"{socket_path}.new"
        listener.bind(fresh)
        listener.listen()
        Path(fresh).rename(socket_path)
        ForkServer(listener, own_path, programs, deployed).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
