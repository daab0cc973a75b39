"""Passwords by argon2id, and which processes load the libraries for them."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from rawk.adapters.credentials.passwords import Argon2Passwords


def test_a_password_is_verified_by_its_hash_alone():
    passwords = Argon2Passwords()
    first, second = passwords.hash("correct horse battery"), passwords.hash("correct horse battery")

    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify("correct horse battery", first)
    assert not passwords.verify("correct horse batterx", first)
    assert not passwords.verify("", first)


def test_two_threads_may_verify_at_once():
    passwords = Argon2Passwords()
    hashed = passwords.hash("correct horse battery")
    with ThreadPoolExecutor(4) as executor:
        tried = list(executor.map(lambda n: passwords.verify(f"correct horse batter{n}", hashed), "yyxyxx"))

    assert tried == [True, True, False, True, False, False]


@pytest.mark.parametrize(
    "module", ["rawk.worker.batch", "rawk.aws_lambda", "rawk.composition", "rawk.use_cases.recovery"]
)
def test_the_worker_loads_neither_argon2_nor_jwt(module):
    code = f"import {module}, sys; print([m for m in sys.modules if m.split('.')[0] in ('argon2', 'jwt', 'pwdlib')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
