"""RAWK turns voice recordings into memories: an HTTP API, a queue, a worker, a database.

The way a recording takes: `api` takes it in → `pipeline.intake` stores it → `queue` carries a job →
`worker` hands it to `pipeline.processing` → `ai` transcribes and analyses → `db` keeps the memory.
"""
