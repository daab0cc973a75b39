"""Marks for what a scenario needs of the engine that runs it: `@needs.virtual_time`.

    pytestmark = needs.virtual_time      # for a whole file

A mark is for what the scenario's text does not show. What its faults need is read from the scenario: one that uses
`faults.worker.killed_before` needs an engine that can kill workers. An engine that lacks a need skips the scenario and
names the need. The marks, by what they demand of the engine:

`virtual_time`: hours or production's visibility timeouts pass, and the engine's clock can jump over them.
`visibility_timeouts`: a visibility timeout has to pass, whatever it is configured to.
`production_limits`: something takes longer than the short timeouts of some engines allow.
`pausing_database`: the pipeline is configured for a database that pauses without traffic, as in topology `lambda`.
"""

from typing import TYPE_CHECKING

import pytest

from sim.engines.base.engine import Capability

virtual_time: pytest.MarkDecorator
production_limits: pytest.MarkDecorator
visibility_timeouts: pytest.MarkDecorator
worker_kills: pytest.MarkDecorator
worker_concurrency: pytest.MarkDecorator
api_kills: pytest.MarkDecorator
aws_faults: pytest.MarkDecorator
openai_faults: pytest.MarkDecorator
database_faults: pytest.MarkDecorator
permissions: pytest.MarkDecorator
redrive: pytest.MarkDecorator
exact_bodies: pytest.MarkDecorator
several_tenants: pytest.MarkDecorator
pausing_database: pytest.MarkDecorator
releases: pytest.MarkDecorator

if not TYPE_CHECKING:  # a type checker reads the declarations above, and so reports a misspelled need

    def __getattr__(name: str) -> pytest.MarkDecorator:
        """The mark of that name, made on first use: pytest knows the mark only in a run with our plugin."""
        if name not in set(Capability):
            raise AttributeError(f"there is no need {name!r}; a scenario may need {', '.join(Capability)}")
        return pytest.mark.needs(Capability(name))
