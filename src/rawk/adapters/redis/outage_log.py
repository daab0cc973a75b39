"""One line in the log when something stops working and one when it works again, however often it is tried between."""

from rawk.log import log


class Outage:
    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._lasts = False

    def goes_on(self, error: BaseException) -> None:
        """By the error's kind alone: its text may quote an address with a password in it."""
        if not self._lasts:
            self._lasts = True
            log.warning("redis_unavailable", doing=self._doing, error=type(error).__name__)

    def is_over(self) -> None:
        if self._lasts:
            self._lasts = False
            log.info("redis_available_again", doing=self._doing)
