"""Which processes load the libraries for passwords and tokens."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["rawk.worker.batch", "rawk.aws_lambda", "rawk.composition", "rawk.use_cases.recovery"]
)
def test_the_worker_loads_neither_argon2_nor_jwt(module):
    code = f"import {module}, sys; print([m for m in sys.modules if m.split('.')[0] in ('argon2', 'jwt', 'pwdlib')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
