"""Log in with a name and a password, a few times within a few minutes."""

import math
import unicodedata
from dataclasses import dataclass, field
from datetime import timedelta

from rawk.domain.callers import User, digest_of
from rawk.domain.errors import NotAuthenticated, TooManyRequests
from rawk.log import log
from rawk.ports import CallerStore, Clock, PasswordHasher

ATTEMPTS = 10
WINDOW = timedelta(minutes=5)
"""Per name, known or not, for all processes together: on Lambda each process sees a few requests only, so they count in
the database. The attempts of a stranger may lock a user out for the rest of the window; tokens and keys stay valid."""

LONGEST_PASSWORD_CHARACTERS = 256


@dataclass(slots=True)
class Login:
    """The use case."""

    store: CallerStore
    passwords: PasswordHasher
    clock: Clock
    _of_nobody: str = field(default="")

    def log_in(self, name: str, password: str) -> User:
        """Raises TooManyRequests, NotAuthenticated, DatabaseUnavailable."""
        subject = digest_of(name.encode())
        self._count(subject)
        user = self.store.user(name)
        if not self._is_right(user, password) or user is None or user.disabled_at is not None:
            log.warning("login_refused", attempt_of=subject[:12])
            raise NotAuthenticated("The name or the password is wrong.")
        self.store.forget_logins(subject)
        log.info("logged_in", attempt_of=subject[:12])
        return user

    def _count(self, subject: str) -> None:
        """Before the password is looked at, so that attempts at the same moment count, too."""
        now = self.clock.now()
        attempts, began_at = self.store.count_login(subject, now, now - WINDOW)
        if attempts > ATTEMPTS:
            rest_seconds = max(1, math.ceil((began_at + WINDOW - now).total_seconds()))
            raise TooManyRequests("Too many attempts to log in with this name.", retry_after_seconds=rest_seconds)

    def _is_right(self, user: User | None, password: str) -> bool:
        """Takes as long for an unknown name, so that timing reveals no names."""
        if len(password) > LONGEST_PASSWORD_CHARACTERS:
            return False
        if user is None and not self._of_nobody:
            self._of_nobody = self.passwords.hash("the password of nobody")
        return self.passwords.verify(as_typed(password), self._of_nobody if user is None else user.password_hash)


def as_typed(password: str) -> str:
    """The same text however a keyboard composes its accents (RFC 8265, 4.2.2)."""
    return unicodedata.normalize("NFC", password)
