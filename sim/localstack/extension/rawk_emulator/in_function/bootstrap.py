"""The program of a function's process: the real `awslambdaric` where it is installed, our own loop elsewhere.

It is started by path, so the folder of the extension must leave `sys.path` before the function is imported: the
function sees its task root first, then its interpreter's packages, and nothing of the emulator.
"""
# mypy: disable-error-code="import-not-found,import-untyped"
# no stubs, and Linux only

import os
import sys
from pathlib import Path


def main() -> None:
    """Serve invocations until the platform ends the process."""
    extension_folder = sys.path[0]
    _enter_virtual_time()
    _restrict_storage()
    sys.path.remove(extension_folder)
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    handler = os.environ["_HANDLER"]
    if os.environ.get("SIM_LAMBDA_RUNTIME") != "python" and _awslambdaric_works():
        import awslambdaric.__main__

        awslambdaric.__main__.main(["awslambdaric", handler])
    else:
        sys.path.insert(0, extension_folder)
        from python_runtime import RuntimeLoop  # by path, not as a package

        sys.path.pop(0)
        RuntimeLoop(address).run(handler)


def _enter_virtual_time() -> None:
    """Where time is virtual it is virtual for the function too. (A process of the fork server reads it already.)"""
    if "SIM_CLOCK_FILE" in os.environ:
        sys.path.insert(0, str(Path(__file__).parents[1] / "time"))
        import shared_offset  # by path, not as a package

        sys.path.pop(0)
        shared_offset.travel()
        shared_offset.wait_through_platform()
        del os.environ["SIM_CLOCK_FILE"]  # the function sees nothing of the emulator


def _restrict_storage() -> None:
    import storage  # by path, not as a package

    storage.restrict(os.environ)
    del sys.modules["storage"]  # the function may have a module of this name


def _awslambdaric_works() -> bool:
    try:
        import runtime_client  # noqa: F401  # its compiled half, missing outside Linux
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    main()
