# Limits short enough to wait for in real time: for engines that cannot move the clock, and for
# trying the pipeline by hand. Not for production: six seconds are too few for a long recording.
# Functions start in containers there, which takes seconds: a job may take twice its function's time to come back, and
# not many start at once.

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

# These pipelines come and go.
audio_force_destroy  = true
secret_recovery_days = 0
