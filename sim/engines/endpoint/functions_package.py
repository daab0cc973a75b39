"""The functions' package with all their libraries, for emulators that do not run functions in our environment.

Unpacking and compiling the libraries takes a minute, so they are cached as a zip by lock file and processor. Only the
product is added each time.
"""

import hashlib
import io
import zipfile
from pathlib import Path

from filelock import FileLock, Timeout

from sim.engines.base.engine import EngineNotReady, Say
from sim.platform.paths import ENVIRONMENTS
from sim.provisioning import lambda_packages
from sim.provisioning.errors import ProvisionError
from sim.provisioning.function_package import product_files
from sim.provisioning.lambda_packages import ARCHITECTURES, LOCK, PYTHON
from sim.provisioning.zip_archives import with_bytecode, zip_of

BUILD_SECONDS = 900


def functions_package(architecture: str, say: Say, home: Path = ENVIRONMENTS) -> bytes:
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
                fresh.write_bytes(zip_of(with_bytecode(lambda_packages.libraries(architecture))))
                fresh.rename(path)
    except (ProvisionError, Timeout, OSError) as error:
        raise EngineNotReady(f"the functions' package cannot be built: {error}") from error
    return path
