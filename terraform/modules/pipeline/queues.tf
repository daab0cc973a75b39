# The queues. SQS itself moves a job to the dead-letter queue after the last receive; the worker has no permission to.
# redrive_policy and redrive_allow_policy are attributes of the queues, because the provider waits 25 seconds for each of
# their separate resources.

locals {
  # Set here because the provider and AWS have different defaults. A job is smaller than a kilobyte.
  max_message_bytes = 262144
}

resource "aws_sqs_queue" "dead_letters" {
  name                       = local.dead_letter_queue
  message_retention_seconds  = var.dead_letter_retention_seconds
  visibility_timeout_seconds = 30 # for operators who look at dead letters with `rawk dlq`
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
    # AWS refuses the event source mapping then; emulators accept it and deliver every long job twice.
    precondition {
      condition     = local.visibility_timeout_seconds >= var.function_timeout_seconds
      error_message = "The visibility timeout (${local.visibility_timeout_seconds} s) must not be below the function timeout (${var.function_timeout_seconds} s), otherwise a job is visible again while a worker processes it: set visibility_timeout_multiple to 1 or more."
    }

    precondition {
      condition     = local.visibility_timeout_seconds <= local.sqs_longest_visibility_seconds
      error_message = "The visibility timeout (${local.visibility_timeout_seconds} s = visibility_timeout_multiple x function_timeout_seconds) is above SQS's limit of ${local.sqs_longest_visibility_seconds} s (12 hours)."
    }

    # The age of a dead letter counts from the first send of its job, so with a shorter retention here SQS would delete dead
    # letters on arrival.
    precondition {
      condition     = var.dead_letter_retention_seconds >= var.jobs_retention_seconds
      error_message = "dead_letter_retention_seconds (${var.dead_letter_retention_seconds}) must be at least jobs_retention_seconds (${var.jobs_retention_seconds}), otherwise SQS deletes dead letters before an operator can read them."
    }

    precondition {
      condition     = var.jobs_retention_seconds > local.outage_tolerance_seconds
      error_message = "jobs_retention_seconds (${var.jobs_retention_seconds}) must be above the outage tolerance (${local.outage_tolerance_seconds} s, the waits between its tries), else SQS drops jobs before their last try."
    }
  }
}
