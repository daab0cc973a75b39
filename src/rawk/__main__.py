"""`python -m rawk`: the same as the command `rawk`."""

import sys

from rawk.cli import main

sys.exit(main())
