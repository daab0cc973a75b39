"""Suites that nobody here wrote, run on the emulator and on stock LocalStack: `tox -e suites -- SUITE CHECKOUT`."""

import sys

from tests.suites.command import main

if __name__ == "__main__":
    sys.exit(main())
