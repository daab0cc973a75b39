"""Where the harness's own servers stand, so that the product finds them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AdvertisedAddress:
    """The harness listens at `listen`, which the product calls `host`."""

    listen: str
    host: str


LOOPBACK = AdvertisedAddress("127.0.0.1", "127.0.0.1")
"""The product runs beside the harness."""
