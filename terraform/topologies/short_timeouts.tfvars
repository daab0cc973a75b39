# Short timeouts, for engines that cannot move the clock and for manual trials of the pipeline: waits take seconds.
# Not for production: six seconds are too few for a long recording.
# Functions start in containers there, which takes seconds. Therefore a job stays invisible for twice the function's
# timeout, and few functions start at once.

name     = "rawk"
topology = "core"

function_timeout_seconds    = 6
visibility_timeout_multiple = 2
maximum_concurrency         = 4
lease_margin_seconds        = 0
relay_timeout_seconds       = 30
openai_timeout_seconds      = 3

analysis_retry_base_seconds = 2
orphan_audio_after_seconds  = 30
outbox_grace_seconds        = 1

# These pipelines live for minutes and hold no data worth keeping.
audio_force_destroy  = true
secret_recovery_days = 0

# The page that scenarios act for.
cors_allowed_origins = ["https://app.example.com"]
