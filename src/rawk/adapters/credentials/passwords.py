"""Passwords as argon2id hashes, by pwdlib."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pwdlib.hashers.argon2 import Argon2Hasher

MEMORY_KIBIBYTES = 19_456
PASSES = 2
LANES = 1
"""OWASP's smallest setting (Password Storage Cheat Sheet): two logins at once must fit into a small container."""


class Argon2Passwords:
    """`ports.PasswordHasher`."""

    @cached_property
    def _hasher(self) -> "Argon2Hasher":
        from pwdlib.hashers.argon2 import Argon2Hasher

        return Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIBIBYTES, parallelism=LANES)

    def hash(self, password: str) -> str:
        hashed: str = self._hasher.hash(password)
        return hashed

    def verify(self, password: str, password_hash: str) -> bool:
        return bool(self._hasher.verify(password, password_hash))
