"""The address at which the product reaches the harness's own servers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AdvertisedAddress:
    """The harness listens at `listen`; the product connects to `host`."""

    listen: str
    host: str


LOOPBACK = AdvertisedAddress("127.0.0.1", "127.0.0.1")
"""For a product that runs on the same machine."""
