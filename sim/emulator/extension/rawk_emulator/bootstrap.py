"""What a function's process runs: the real `awslambdaric` where it is installed, our own loop elsewhere.

Started by path, so the folder of the extension must leave `sys.path` again before the function is imported: the
function sees its task root first, then its interpreter's packages, and nothing of the emulator.
"""
# mypy: disable-error-code="import-not-found,import-untyped"
# no stubs, and Linux only

import os
import sys


def main() -> None:
    """Serve invocations until the platform ends the process."""
    extension_folder = sys.path.pop(0)
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


def _awslambdaric_works() -> bool:
    try:
        import runtime_client  # noqa: F401  # its compiled half, missing outside Linux
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    main()
