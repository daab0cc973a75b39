"""What is under mutation testing: each module of the product with the tests that must kill its mutants."""

from dataclasses import dataclass

USE_CASES = (
    "tests/unit/use_cases",
    "tests/unit/worker",
    "tests/unit/api/test_retries.py",
    "tests/unit/adapters/postgres",
)

AWS = (
    "tests/unit/adapters/s3",
    "tests/unit/adapters/sqs/test_jobs.py",
    "tests/unit/adapters/sqs/test_dead_letter_calls.py",
    "tests/unit/adapters/test_aws_errors.py",
    "tests/unit/adapters/test_bounded_calls.py",
)
"""Without the interruptions of the dead letters: they take seconds."""

OPENAI = ("tests/unit/adapters/openai",)
POSTGRES = ("tests/unit/adapters/postgres",)


@dataclass(frozen=True)
class Target:
    """A module, as a path below `src/rawk`, and the paths of its tests. All of them run without network and disk."""

    module: str
    tests: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"src/rawk/{self.module}"


TARGETS = (
    Target("use_cases/retry_budget.py", USE_CASES),
    Target("use_cases/dispatch.py", USE_CASES),
    Target("use_cases/retry_memory.py", USE_CASES),
    Target("use_cases/recovery.py", USE_CASES),
    Target("use_cases/processing/analysis.py", USE_CASES),
    Target("use_cases/processing/claimed_job.py", USE_CASES),
    Target("use_cases/processing/claiming.py", USE_CASES),
    Target("use_cases/processing/failures.py", USE_CASES),
    Target("use_cases/processing/handler.py", USE_CASES),
    Target("use_cases/processing/returning.py", USE_CASES),
    Target("use_cases/processing/services.py", USE_CASES),
    Target("use_cases/processing/transcription.py", USE_CASES),
    Target("worker/batch.py", USE_CASES),
    Target("adapters/postgres/claims.py", USE_CASES),
    Target("adapters/sqs/queue.py", AWS),
    Target("adapters/sqs/bounded.py", AWS),
    Target("adapters/sqs/limits.py", AWS),
    Target("adapters/aws_errors.py", AWS),
    Target("adapters/bounded_calls.py", AWS),
    Target("adapters/s3/store.py", AWS),
    Target("adapters/s3/bounded.py", AWS),
    Target("adapters/openai/judgement.py", OPENAI),
    Target("adapters/openai/causes.py", OPENAI),
    Target("adapters/postgres/values.py", POSTGRES),
)
