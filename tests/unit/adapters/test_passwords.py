"""Passwords by argon2id."""

from concurrent.futures import ThreadPoolExecutor

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
