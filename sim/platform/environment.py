"""Environment variables of the processes that the harness starts: nothing of the user's own set-up reaches them.

A user's shell may have HTTP_PROXY, AWS_PROFILE, AWS_ENDPOINT_URL, PYTHONSTARTUP, PGSERVICE, a long TMPDIR or a
`~/.aws/config` that changes every call. A world must behave the same on every machine, so its processes get the few
variables below and what the harness sets itself. Exceptions, each where it says so: the engine for real AWS, the
credentials of the endpoint engine, the installation of packages, Docker's and Terraform's own commands.
"""

import os
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

INHERITED = ("PATH", "LD_LIBRARY_PATH")
"""What a program needs to run on this machine at all; some Pythons find their own library by LD_LIBRARY_PATH alone."""

NEUTRAL: Mapping[str, str] = {
    "LANG": "C.UTF-8",
    "PYTHONNOUSERSITE": "1",  # no packages of ~/.local
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Keeps programs from the user's files where they would read them without any variable."""

LONGEST_TEMPORARY_FOLDER = 60
"""Characters. The path of a Unix socket has 107 at most, and folders with names of their own come in between."""

USERS = (*INHERITED, "HOME", "LANG", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "TMPDIR")

LIBPQ_PREFIX = "PG"


def isolated_environment(own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Variables for a process that the harness starts; `own` are those that the harness sets for it, and they win."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, **NEUTRAL, "TMPDIR": str(temporary_folder()), **(own or {})}


def user_environment() -> dict[str, str]:
    """Variables for an operator's command on real AWS: the user's own credentials, AWS settings and proxies."""
    return {name: value for name, value in os.environ.items() if name in USERS or name.lower().endswith("_proxy")} | {
        name: value for name, value in os.environ.items() if name.startswith("AWS_")
    }


def temporary_folder() -> Path:
    """The system's temporary folder, or `/tmp` where the path of a Unix socket would be too long in that one."""
    folder = Path(tempfile.gettempdir())
    return folder if len(str(folder)) <= LONGEST_TEMPORARY_FOLDER else Path("/tmp")


def remove_libpq_variables(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove PGSERVICE, PGOPTIONS, PGSSLMODE and their kind from this process.

    libpq reads them for every connection, and no argument of a connection switches that off.
    """
    for name in [each for each in environment if each.startswith(LIBPQ_PREFIX)]:
        del environment[name]
