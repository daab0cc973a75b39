"""`python -m terraform.deploy`, from the root of the repository."""

import sys

from terraform.deploy.main import main

sys.exit(main())
