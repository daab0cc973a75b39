"""The explorer: the product's own use cases in thousands of seeded worlds, interleaved at every call they make.

A *world* is one seed. Its plan (`plan.py`) says who does what and what may go wrong; `world.py` puts the product's
use cases on in-memory ports; `scheduler.py` runs them as greenlets in virtual time and may let another actor go
first at every call (`line.py`). `promises.py` looks at what changed after every call. What broke a promise is shrunk
(`shrink.py`) and told (`story.py`, `script.py`). docs/how-to/explore.md is the guide.
"""
