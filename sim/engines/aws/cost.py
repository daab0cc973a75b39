"""An estimate, on the high side, of what a scenario costs on real AWS; printed before a run.

List prices of us-east-1 as of November 2026 (aws.amazon.com/lambda/pricing, /sqs/pricing, /s3/pricing,
/cloudwatch/pricing). Resources that exist anyway, such as a database, cost the same with and without scenarios.
"""

from dataclasses import dataclass

GIGABYTE_SECOND_DOLLARS = 0.0000166667
SQS_REQUEST_DOLLARS = 0.40 / 1e6
S3_WRITE_DOLLARS = 0.005 / 1e3
LOG_GIGABYTE_DOLLARS = 0.50

INVOCATIONS = 30
"""Per scenario: most have four jobs of up to three receives, and the relay every minute."""
SECONDS_EACH = 10
SQS_REQUESTS = 2_000
"""A mapping polls with five connections all the time, the harness four times a second."""
S3_WRITES = 40
LOG_BYTES = 200_000


@dataclass(frozen=True)
class Estimate:
    """The cost of one scenario."""

    memory_megabytes: int

    @property
    def lambda_seconds(self) -> int:
        return INVOCATIONS * SECONDS_EACH

    @property
    def dollars(self) -> float:
        compute = self.lambda_seconds * self.memory_megabytes / 1024 * GIGABYTE_SECOND_DOLLARS
        calls = SQS_REQUESTS * SQS_REQUEST_DOLLARS + S3_WRITES * S3_WRITE_DOLLARS
        return compute + calls + LOG_BYTES / 1e9 * LOG_GIGABYTE_DOLLARS

    def __str__(self) -> str:
        return (
            f"a scenario costs about {self.dollars * 100:.1f} US cents: {self.lambda_seconds} Lambda seconds of "
            f"{self.memory_megabytes} MB, {SQS_REQUESTS} requests to SQS, {S3_WRITES} to S3, "
            f"{LOG_BYTES // 1000} kB of logs, nothing at OpenAI"
        )
