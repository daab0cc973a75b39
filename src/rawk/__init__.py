"""RAWK turns voice recordings into memories: an HTTP API, a queue, a worker, a database.

The path of a recording: `api` receives it → `use_cases.intake` stores audio and memory → the queue delivers a job →
`worker` hands it to `use_cases.processing` → OpenAI transcribes and analyses → the database keeps the memory.
"""
