output "audio_bucket" {
  description = "Bucket of the recordings: accepted ones under audio/, what clients upload straight to it under incoming/."
  value       = aws_s3_bucket.audio.id
}

output "jobs_queue_url" {
  description = "Queue of the jobs for the worker."
  value       = aws_sqs_queue.jobs.url
}

output "jobs_queue_arn" {
  description = "ARN of the jobs queue."
  value       = aws_sqs_queue.jobs.arn

  precondition {
    condition     = aws_sqs_queue.jobs.arn == local.jobs_queue_arn
    error_message = "The jobs queue is ${aws_sqs_queue.jobs.arn}, but its dead-letter queue accepts dead letters from ${local.jobs_queue_arn} only: the ARN in main.tf is wrong for this partition."
  }
}

output "dead_letter_queue_url" {
  description = "Queue of the jobs that failed too often."
  value       = aws_sqs_queue.dead_letters.url
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue."
  value       = aws_sqs_queue.dead_letters.arn
}

output "dead_letter_alarm" {
  description = "Name of the alarm that is active while there are dead letters."
  value       = aws_cloudwatch_metric_alarm.dead_letters.alarm_name
}

output "worker_function" {
  description = "Name of the function that processes jobs."
  value       = aws_lambda_function.worker.function_name
}

output "relay_function" {
  description = "Name of the scheduled function that sends jobs from the outbox and sweeps."
  value       = aws_lambda_function.relay.function_name
}

output "relay_every_minutes" {
  description = "Interval of the relay's schedule."
  value       = var.relay_every_minutes
}

output "mapping_uuid" {
  description = "Identifier of the event source mapping between jobs queue and worker."
  value       = aws_lambda_event_source_mapping.jobs.uuid
}

output "relay_rule" {
  description = "Name of the EventBridge rule that starts the relay."
  value       = aws_cloudwatch_event_rule.relay.name
}

output "log_groups" {
  description = "CloudWatch log groups of the functions."
  value = {
    worker = aws_cloudwatch_log_group.worker.name
    relay  = aws_cloudwatch_log_group.relay.name
  }
}

output "role_arns" {
  description = "ARNs of the roles."
  value = {
    api    = aws_iam_role.api.arn
    worker = aws_iam_role.worker.arn
    relay  = aws_iam_role.relay.arn
  }

  # Resources with a role are created after the role has its policies.
  depends_on = [aws_iam_role_policy.api]
}

output "role_names" {
  description = "Names of the roles."
  value = {
    api    = aws_iam_role.api.name
    worker = aws_iam_role.worker.name
    relay  = aws_iam_role.relay.name
  }
}

output "alarms_topic_arn" {
  description = "Topic of all alarms."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_arns" {
  description = "Alarms of this module."
  value       = [aws_cloudwatch_metric_alarm.dead_letters.arn]
}

output "jobs_queue" {
  description = "Name of the jobs queue."
  value       = aws_sqs_queue.jobs.name
}

output "dead_letter_queue" {
  description = "Name of the dead-letter queue."
  value       = aws_sqs_queue.dead_letters.name
}

output "networking_policy" {
  description = "Policy of a function in a network, for an API that is a function."
  value       = local.networking_policy
}

output "tracing_policy" {
  description = "Policy for sending traces."
  value       = local.tracing_policy
}

output "operator_policy_arn" {
  description = "Policy for the operators who run `rawk dlq`, `rawk trace` and `rawk tenant`."
  value       = aws_iam_policy.operator.arn
}

output "secret_ids" {
  description = "Secrets that need values after the first apply. Identifiers, not values."
  value = {
    database_url   = aws_secretsmanager_secret.this["database-url"].arn
    openai_api_key = aws_secretsmanager_secret.this["openai-api-key"].arn
    api_keys       = aws_secretsmanager_secret.this["api-keys"].arn
  }
}

output "api_environment" {
  description = "Environment variables of the API."
  value = merge(
    {
      AUDIO_BUCKET               = aws_s3_bucket.audio.id
      JOBS_QUEUE_URL             = aws_sqs_queue.jobs.url
      DATABASE_URL_SECRET_ID     = aws_secretsmanager_secret.this["database-url"].arn
      API_KEYS_SECRET_ID         = aws_secretsmanager_secret.this["api-keys"].arn
      OUTBOX_GRACE_SECONDS       = tostring(var.outbox_grace_seconds)
      CALLER_REQUESTS_PER_SECOND = tostring(var.caller_requests_per_second)
      LOG_LEVEL                  = var.log_level
    },
    local.database_environment,
    local.telemetry_environment,
    local.redis_environment,
    length(var.cors_allowed_origins) == 0 ? {} : { CORS_ALLOWED_ORIGINS = join(",", var.cors_allowed_origins) },
    length(var.metrics_keys_sha256) == 0 ? {} : { METRICS_KEYS_SHA256 = join(",", var.metrics_keys_sha256) },
  )
}

output "operator_environment" {
  description = "Environment variables of `rawk dlq` and `rawk tenant`."
  value = merge(
    {
      AUDIO_BUCKET           = aws_s3_bucket.audio.id
      JOBS_QUEUE_URL         = aws_sqs_queue.jobs.url
      DEAD_LETTER_QUEUE_URL  = aws_sqs_queue.dead_letters.url
      DATABASE_URL_SECRET_ID = aws_secretsmanager_secret.this["database-url"].arn
    },
    local.database_environment,
  )
}

output "limits" {
  description = "The pipeline's limits, given and derived."
  value = {
    function_timeout_seconds      = var.function_timeout_seconds
    relay_timeout_seconds         = var.relay_timeout_seconds
    visibility_timeout_seconds    = local.visibility_timeout_seconds
    lease_seconds                 = local.lease_seconds
    openai_timeout_seconds        = var.openai_timeout_seconds
    max_receive_count             = var.max_receive_count
    maximum_concurrency           = var.maximum_concurrency
    jobs_retention_seconds        = var.jobs_retention_seconds
    dead_letter_retention_seconds = var.dead_letter_retention_seconds
    audio_expiry_days             = var.audio_expiry_days
    analysis_retry_base_seconds   = var.analysis_retry_base_seconds
    analysis_retry_limit          = var.analysis_retry_limit
    orphan_audio_after_seconds    = var.orphan_audio_after_seconds
    outbox_grace_seconds          = var.outbox_grace_seconds
  }
}

output "outage_tolerance_seconds" {
  description = "How long an outage may last before jobs reach the dead-letter queue."
  value       = local.outage_tolerance_seconds
}
