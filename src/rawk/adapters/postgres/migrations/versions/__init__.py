"""One file per step, oldest first.

The release before runs on the new schema until the new release is deployed, and again after a rollback. So a step only
adds; what it does beyond that it names in `SAFE_BECAUSE`, with the reason why the release before may meet it.
"""
