"""`rawk serve`, but event streams end after a second: schemathesis reads each one whole."""

from rawk.api import events
from rawk.cli import main

events.STREAM_SECONDS = 1.0
main(["serve", "--host", "127.0.0.1", "--port", "0"])
