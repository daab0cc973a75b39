"""The explorer: runs the use cases of the product in thousands of seeded worlds and checks invariants at every step.

A *world* has one seed. Its plan (`plan/`) says who does what, and which faults are possible. `world/` puts the use
cases on an in-memory database, and the adapters of S3 and SQS on clients in memory. `runtime/` runs them as greenlets
in virtual time: at every call that leaves the product another actor may continue first, or a fault may be injected.
`invariants/` checks the state after every call, `coverage/` counts the rare moments that a run reached. A world that
violates an invariant becomes a `counterexample/`: shrunk, reported, and written as a scenario script.
docs/how-to/explore.md is the guide.

Of all packages in `sim`, only this one imports the product's use cases (`rawk.use_cases`) and in-memory adapters. Of
the other packages only `sim.app` imports the product: its settings and its domain. import-linter checks this
(pyproject.toml).
"""
