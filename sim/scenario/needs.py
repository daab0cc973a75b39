"""What a scenario needs of the engine that plays it, beside what everyone can do: `@needs.virtual_time`.

    pytestmark = needs.virtual_time      # for a whole file

`virtual_time`: hours pass in it, or production's visibility timeout; on a clock that can not jump nobody would wait.
`visibility_timeouts`: one of them has to pass, however long it is there.
`production_limits`: what it tells of takes longer than the short limits allow that such engines have. The other needs
are those of faults, and are read from the scenario (`faults.worker.…` wants workers killed): a mark is for what
its text does not show. An engine that can not do it skips the scenario, and says why.
"""

import pytest

from sim.engines.base.engine import Capability


def __getattr__(name: str) -> pytest.MarkDecorator:
    """The mark of that name. Made when it is asked for, as only a run with our plugin knows the mark."""
    if name not in set(Capability):
        raise AttributeError(f"there is no need {name!r}; a scenario may need {', '.join(Capability)}")
    return pytest.mark.needs(Capability(name))
