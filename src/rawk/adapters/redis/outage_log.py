"""One log line when Redis stops working and one when it works again, however often it is tried in between."""

from rawk.log import log


class OutageLog:
    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._lasts = False

    def failed(self, error: BaseException) -> None:
        """Logs the error's type alone: its text may quote an address with a password in it."""
        if not self._lasts:
            self._lasts = True
            log.warning("redis_unavailable", doing=self._doing, error=type(error).__name__)

    def succeeded(self) -> None:
        if self._lasts:
            self._lasts = False
            log.info("redis_available_again", doing=self._doing)
