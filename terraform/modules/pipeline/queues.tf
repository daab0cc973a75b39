# How jobs travel. SQS itself moves a job to the dead-letter queue after the last receive; the worker may not.
# redrive_policy and redrive_allow_policy stand inside the queues: their separate resources take the
# provider 25 seconds each.

locals {
  # Said here because the provider and AWS have different defaults. A job is under a kilobyte.
  max_message_bytes = 262144
}

resource "aws_sqs_queue" "dead_letters" {
  name                       = local.dead_letter_queue
  message_retention_seconds  = var.dead_letter_retention_seconds
  visibility_timeout_seconds = 30 # for whoever looks at the letters: `rawk dlq`
  max_message_size           = local.max_message_bytes
  sqs_managed_sse_enabled    = true
  tags                       = local.tags

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.jobs_queue_arn]
  })
}

resource "aws_sqs_queue" "jobs" {
  name                       = local.jobs_queue
  message_retention_seconds  = var.jobs_retention_seconds
  visibility_timeout_seconds = local.visibility_timeout_seconds
  max_message_size           = local.max_message_bytes
  sqs_managed_sse_enabled    = true
  tags                       = local.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = var.max_receive_count
  })

  lifecycle {
    # AWS refuses the event source mapping then; emulators take it and deliver every long job twice.
    precondition {
      condition     = local.visibility_timeout_seconds >= var.function_timeout_seconds
      error_message = "The visibility timeout (${local.visibility_timeout_seconds} s) must not be below the function timeout (${var.function_timeout_seconds} s), else a job comes back while it is still worked on: set visibility_timeout_multiple to 1 or more."
    }

    precondition {
      condition     = local.visibility_timeout_seconds <= local.sqs_longest_visibility_seconds
      error_message = "The visibility timeout (${local.visibility_timeout_seconds} s = visibility_timeout_multiple x function_timeout_seconds) is above SQS's limit of ${local.sqs_longest_visibility_seconds} s (12 hours)."
    }

    # A letter's age is counted from when the job was first sent, so a shorter retention here would drop
    # letters on arrival.
    precondition {
      condition     = var.dead_letter_retention_seconds >= var.jobs_retention_seconds
      error_message = "dead_letter_retention_seconds (${var.dead_letter_retention_seconds}) must be at least jobs_retention_seconds (${var.jobs_retention_seconds}), else dead letters vanish unread."
    }

    precondition {
      condition     = var.jobs_retention_seconds > local.outage_tolerance_seconds
      error_message = "jobs_retention_seconds (${var.jobs_retention_seconds}) must be above the outage tolerance (${local.outage_tolerance_seconds} s, the waits between its tries), else SQS drops jobs before their last try."
    }
  }
}
