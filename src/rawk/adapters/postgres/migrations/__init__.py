"""The schema's history, run by `rawk.adapters.postgres.migrate`."""
