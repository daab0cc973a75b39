"""The version of the record of a run: of the kinds and keys in `journal.jsonl` and of the keys in `summary.json`."""

RECORD_VERSION = 2
"""Stands in `journal.jsonl` on the line `run_started` and in `summary.json` at the top level.

Raise it when a kind or a key is renamed, removed or changes its meaning; a new kind or key needs no new version.
Version 1 had no `version` field.
"""


class OtherRecordVersion(Exception):
    """A journal has another version than this code reads, or none. The message names the file and both versions."""

    def __init__(self, path: object, found: object) -> None:
        written = "no version" if found is None else str(found)
        super().__init__(
            f"{path} was written by another version of the harness ({written}, this one reads {RECORD_VERSION}): "
            "run the scenarios again"
        )
