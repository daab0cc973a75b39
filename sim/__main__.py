"""`python -m sim`: the same as the command `rawk-sim`, which `tox -e sim -- COMMAND` runs."""

import sys

from sim.platform.requirements import refuse

if __name__ == "__main__":
    try:
        from sim.cli.main import main
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("sim", "rawk"):
            raise
        refuse(f"the package {error.name} is not installed here")
    except KeyboardInterrupt:  # while modules are imported; each command ends its own work in order
        sys.exit(2)
    sys.exit(main())
