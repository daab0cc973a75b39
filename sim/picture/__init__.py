"""One picture for report, demo and replay: docs/reference/picture.md.

`texts` says each line of the journal in words, `subjects` knows what the lines are about, `conservation` derives where
every recording is, and `feed` makes events of all three. The modules in `js/` reduce those events to what is drawn.
"""
