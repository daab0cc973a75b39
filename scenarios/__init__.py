"""The scenarios: end-to-end tests of the pipeline, in folders named by the part that fails.

The folders are packages so that pytest imports `scenarios.queue.test_poison` and not `queue.test_poison`, which would
replace the standard library's `queue`.
"""
