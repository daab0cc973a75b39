"""The functions' package with all their libraries in it, for executors that know nothing of our environment.

Unpacking and compiling the libraries takes a minute, so they are kept as a zip, by lock and processor, and only the
product is added anew.
"""

import hashlib
import io
import zipfile
from pathlib import Path

from filelock import FileLock, Timeout

from sim.engines.engine import EngineNotReady, Say
from sim.provision import deployable
from sim.provision.deployable import ARCHITECTURES, LOCK, PYTHON
from sim.provision.errors import ProvisionError
from sim.provision.package import product_files
from sim.provision.zipping import with_bytecode, zip_of

HOME = Path(__file__).resolve().parents[2] / ".sim" / "environments"
BUILD_SECONDS = 900


def functions_package(architecture: str, say: Say, home: Path = HOME) -> bytes:
    """The zip, for x86_64 or arm64. Raises EngineNotReady."""
    package = io.BytesIO(_libraries(architecture, say, home).read_bytes())
    with zipfile.ZipFile(package, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in with_bytecode(product_files()).items():
            archive.writestr(name, content)
    return package.getvalue()


def _libraries(architecture: str, say: Say, home: Path) -> Path:
    lock = f"{LOCK.read_text(encoding='utf-8')}{ARCHITECTURES[architecture]}{PYTHON}".encode()
    path = home / f"libraries-{architecture}-{hashlib.sha256(lock).hexdigest()[:12]}.zip"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=BUILD_SECONDS):
            if not path.exists():
                say(f"packing the functions' libraries for {architecture} (once per lock, about a minute) ...")
                fresh = path.with_suffix(".building")
                fresh.write_bytes(zip_of(with_bytecode(deployable.libraries(architecture))))
                fresh.rename(path)
    except (ProvisionError, Timeout, OSError) as error:
        raise EngineNotReady(f"the functions' package can not be made: {error}") from error
    return path
