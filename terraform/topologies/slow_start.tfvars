# Limits for slow function starts, in real time: for an emulator whose start times are unknown and count as a part of the
# function's timeout. As short_timeouts, but a function has three times as long.

name     = "rawk"
topology = "core"

function_timeout_seconds    = 20
visibility_timeout_multiple = 1
maximum_concurrency         = 2
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
