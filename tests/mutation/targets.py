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
OPENAI_BODIES = ("tests/unit/adapters/openai/test_error_bodies.py",)
OPENAI_CALLS = (
    "tests/unit/adapters/openai/test_analyst.py",
    "tests/unit/adapters/openai/test_answers.py",
    "tests/unit/adapters/openai/test_bounded_answers.py",
    "tests/unit/adapters/openai/test_client.py",
    "tests/unit/adapters/openai/test_transcriber.py",
    "tests/unit/adapters/openai/test_wall_clock.py",
)
"""Without the tables of refusals, which are about the judgement."""
REDIS = ("tests/unit/adapters/redis",)
PASSWORDS = ("tests/unit/adapters/test_passwords.py",)
TOKENS = ("tests/unit/api/callers/test_login.py",)
LOGS = ("tests/unit/tracing",)
TELEMETRY = ("tests/unit/telemetry",)
SYSTEM = ("tests/unit/adapters/test_system.py",)
THREADS = ("tests/unit/api/test_bounded_threads.py",)
POSTGRES_ALONE = ("tests/unit/adapters/postgres",)
"""Without a server."""

_LOCKS = "tests/integration/adapters/postgres/test_locks.py"
POSTGRES_INTAKE = (
    "tests/contract/test_memory_intake.py",
    "tests/integration/adapters/postgres/test_tombstones.py",
    "tests/integration/adapters/postgres/test_plans.py",
    _LOCKS,
)
POSTGRES_PROCESSING = ("tests/contract/test_memory_processing.py", _LOCKS)
POSTGRES_RECOVERY = ("tests/contract/test_memory_recovery.py", _LOCKS)
POSTGRES_JOBS = ("tests/contract/test_memory_retries.py", "tests/contract/test_direct_uploads.py")
POSTGRES_STATE = ("tests/contract/test_memory_retries.py", "tests/contract/test_memory_intake.py")
POSTGRES_TRANSACTIONS = (*POSTGRES_ALONE, "tests/integration/adapters/postgres/test_older_schema.py")
POSTGRES_ROWS = (
    "tests/unit/adapters/postgres/test_rows.py",
    "tests/contract/test_memory_intake.py",
    "tests/contract/test_memory_processing.py",
)
POSTGRES_CALLERS = ("tests/contract/test_callers.py",)
POSTGRES_TRACES = ("tests/contract/test_traces.py",)
POSTGRES_FAIL_FAST = ("tests/unit/adapters/postgres/test_fail_fast.py",)
POSTGRES_MIGRATIONS = (
    "tests/unit/adapters/postgres/test_migration_settings.py",
    "tests/integration/adapters/postgres/test_migrations.py",
)
"""On a real server: what a statement does is the database's answer, not its text. Only the tests that are about the
module: almost every test of the store writes a memory first."""


@dataclass(frozen=True)
class Target:
    """A module, as a path below `src/rawk`, and the paths of its tests."""

    module: str
    tests: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"src/rawk/{self.module}"

    @property
    def needs_postgres(self) -> bool:
        return any(not path.startswith("tests/unit/") for path in self.tests)


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
    Target("adapters/credentials/passwords.py", PASSWORDS),
    Target("adapters/credentials/tokens.py", TOKENS),
    Target("adapters/openai/bounded_answers.py", OPENAI_CALLS),
    Target("adapters/openai/call_deadline.py", OPENAI_CALLS),
    Target("adapters/openai/client.py", OPENAI_CALLS),
    Target("adapters/openai/error_bodies.py", OPENAI_BODIES),
    Target("adapters/openai/judgement.py", OPENAI),
    Target("adapters/openai/causes.py", OPENAI),
    Target("adapters/redis/notifications.py", REDIS),
    Target("adapters/redis/outage_log.py", REDIS),
    Target("adapters/redis/polling.py", REDIS),
    Target("adapters/redis/publisher.py", REDIS),
    Target("adapters/redis/publishing_store.py", REDIS),
    Target("adapters/redis/subscribers.py", REDIS),
    Target("adapters/system.py", SYSTEM),
    Target("adapters/telemetry/opentelemetry.py", TELEMETRY),
    Target("adapters/telemetry/traced.py", TELEMETRY),
    Target("adapters/traces/cloudwatch.py", LOGS),
    Target("adapters/traces/files.py", LOGS),
    Target("api/bounded_threads.py", THREADS),
    Target("adapters/postgres/values.py", POSTGRES_ALONE),
    Target("adapters/postgres/connection_pool.py", POSTGRES_ALONE),
    Target("adapters/postgres/callers.py", POSTGRES_CALLERS),
    Target("adapters/postgres/fail_fast.py", POSTGRES_FAIL_FAST),
    Target("adapters/postgres/migrate.py", POSTGRES_MIGRATIONS),
    Target("adapters/postgres/outbox.py", POSTGRES_JOBS),
    Target("adapters/postgres/rows.py", POSTGRES_ROWS),
    Target("adapters/postgres/sql_intake.py", POSTGRES_INTAKE),
    Target("adapters/postgres/sql_processing.py", POSTGRES_PROCESSING),
    Target("adapters/postgres/sql_recovery.py", POSTGRES_RECOVERY),
    Target("adapters/postgres/sql_retries.py", POSTGRES_JOBS),
    Target("adapters/postgres/sql_uploads.py", POSTGRES_JOBS),
    Target("adapters/postgres/store.py", POSTGRES_STATE),
    Target("adapters/postgres/tables.py", POSTGRES_ALONE),
    Target("adapters/traces/postgres.py", POSTGRES_TRACES),
    Target("adapters/postgres/transactions.py", POSTGRES_TRANSACTIONS),
    Target("adapters/postgres/transitions.py", POSTGRES_JOBS),
)
