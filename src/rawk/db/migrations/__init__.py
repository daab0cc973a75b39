"""The schema's history, run by `rawk.db.migrate`."""
