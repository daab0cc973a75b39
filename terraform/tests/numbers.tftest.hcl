# Every number of the pipeline module is changed once; everything derived from it must move, in functions, queues and limits alike.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                = "memo"
  worker_package_path = "package.zip"

  # `terraform test` 1.11 refuses to apply with an ephemeral variable that is null.
  openai_api_key = "sk-0123456789abcdefghij"
  api_keys_json  = "{\"key-of-acme-0123456789abcdef\": \"acme\"}"

  function_timeout_seconds      = 200
  function_memory_megabytes     = 640
  relay_timeout_seconds         = 50
  maximum_concurrency           = 7
  relay_every_minutes           = 2
  visibility_timeout_multiple   = 5
  lease_margin_seconds          = 40
  max_receive_count             = 4
  jobs_retention_seconds        = 300000
  dead_letter_retention_seconds = 1100000
  audio_expiry_days             = 60
  log_retention_days            = 14
  secret_recovery_days          = 8
  openai_timeout_seconds        = 90
  analysis_retry_base_seconds   = 600
  analysis_retry_limit          = 9
  orphan_audio_after_seconds    = 90000
  outbox_grace_seconds          = 70
  database_wakes_within_seconds = 40
  caller_requests_per_second    = 90
}

run "every_number_moves_what_derives_from_it" {
  module { source = "./modules/pipeline" }

  assert {
    condition = {
      for name, value in aws_lambda_function.worker.environment[0].variables : name => value
      if can(regex("^[0-9]+$", value))
      } == {
      OPENAI_TIMEOUT_SECONDS        = "90"
      MAX_RECEIVE_COUNT             = "4"
      VISIBILITY_TIMEOUT_SECONDS    = "1000"
      JOB_RETENTION_SECONDS         = "300000"
      LEASE_SECONDS                 = "240"
      ANALYSIS_RETRY_BASE_SECONDS   = "600"
      ANALYSIS_RETRY_LIMIT          = "9"
      DATABASE_WAKES_WITHIN_SECONDS = "40"
    }
    error_message = "Every number in the worker's environment must move with its variable."
  }

  assert {
    condition = {
      for name, value in aws_lambda_function.relay.environment[0].variables : name => value
      if can(regex("^[0-9]+$", value))
      } == {
      MAX_RECEIVE_COUNT             = "4"
      VISIBILITY_TIMEOUT_SECONDS    = "1000"
      JOB_RETENTION_SECONDS         = "300000"
      LEASE_SECONDS                 = "240"
      ANALYSIS_RETRY_BASE_SECONDS   = "600"
      ANALYSIS_RETRY_LIMIT          = "9"
      ORPHAN_AUDIO_AFTER_SECONDS    = "90000"
      OUTBOX_GRACE_SECONDS          = "70"
      DATABASE_WAKES_WITHIN_SECONDS = "40"
    }
    error_message = "Every number in the relay's environment must move with its variable."
  }

  assert {
    condition     = output.api_environment.OUTBOX_GRACE_SECONDS == "70" && output.api_environment.CALLER_REQUESTS_PER_SECOND == "90"
    error_message = "The API must have the outbox's grace of the relay, and its callers' limit."
  }

  assert {
    condition = output.limits == {
      function_timeout_seconds      = 200
      relay_timeout_seconds         = 50
      visibility_timeout_seconds    = 1000
      lease_seconds                 = 240
      openai_timeout_seconds        = 90
      max_receive_count             = 4
      maximum_concurrency           = 7
      jobs_retention_seconds        = 300000
      dead_letter_retention_seconds = 1100000
      audio_expiry_days             = 60
      analysis_retry_base_seconds   = 600
      analysis_retry_limit          = 9
      orphan_audio_after_seconds    = 90000
      outbox_grace_seconds          = 70
    }
    error_message = "The limits, which scenarios read, must move with the variables."
  }

  assert {
    condition     = output.outage_tolerance_seconds == 1000 + 2000 + 3000
    error_message = "The outage tolerance must be the sum of the waits between four receives."
  }

  assert {
    condition = (
      aws_sqs_queue.jobs.visibility_timeout_seconds == 1000
      && aws_sqs_queue.jobs.message_retention_seconds == 300000
      && jsondecode(aws_sqs_queue.jobs.redrive_policy).maxReceiveCount == 4
      && aws_sqs_queue.dead_letters.message_retention_seconds == 1100000
    )
    error_message = "The queues must have the numbers that the functions have."
  }

  assert {
    condition = (
      aws_lambda_function.worker.timeout == 200
      && aws_lambda_function.worker.memory_size == 640
      && aws_lambda_function.relay.timeout == 50
      && aws_lambda_event_source_mapping.jobs.scaling_config[0].maximum_concurrency == 7
      && aws_cloudwatch_event_rule.relay.schedule_expression == "rate(2 minutes)"
    )
    error_message = "The functions and what invokes them must move with the variables."
  }

  assert {
    condition = alltrue([
      for group in [aws_cloudwatch_log_group.worker, aws_cloudwatch_log_group.relay] : group.retention_in_days == 14
    ])
    error_message = "The logs must be kept as long as the variable says."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.recovery_window_in_days == 8])
    error_message = "The secrets must be recoverable as long as the variable says."
  }
}
