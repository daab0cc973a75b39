# Limits for a world whose time is the machine's and whose functions start slowly, the start counted as a part of their
# time: on an emulator that nobody here knows. As `short`, with thrice the time for a function; twice as long to wait.

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

# These pipelines come and go.
audio_force_destroy  = true
secret_recovery_days = 0
