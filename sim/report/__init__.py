"""Reports of a run, all derived from its journal: report.html, summary.md, summary.json.

`run_record` reads a run; `timeline` renders the events of a scenario as lanes; `page` renders report.html.
Of the harness this package imports `sim.journal`, and `sim.app` for the names of the lanes.
"""
