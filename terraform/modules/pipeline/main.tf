# The core of RAWK: where recordings are kept, how jobs travel, and what works them off.
# Nothing in here knows where the API runs; the API's role and environment are outputs.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { Project = "rawk", Pipeline = var.name })

  # A job that is still running must not become visible to a second worker.
  visibility_timeout_seconds = ceil(var.visibility_timeout_multiple * var.function_timeout_seconds)

  # A claim outlives its worker, and ends before the job comes back, so that the next try may take over.
  lease_seconds = var.function_timeout_seconds + var.lease_margin_seconds

  # After each failed receive the worker lets the job wait one visibility timeout longer than before, up to
  # SQS's twelve hours. An outage is survived without redrive until the last receive, the sum of these waits:
  # at three receives, three visibility timeouts.
  outage_tolerance_seconds = sum([
    for receive in range(1, var.max_receive_count) : min(receive * local.visibility_timeout_seconds, local.sqs_longest_visibility_seconds)
  ])

  sqs_longest_visibility_seconds = 43200

  # Bucket names are global: the account makes this one ours. 32 + 7 + 12 characters fit into 63.
  audio_bucket = "${var.name}-audio-${data.aws_caller_identity.current.account_id}"
  audio_prefix = "audio/"

  jobs_queue        = "${var.name}-jobs"
  dead_letter_queue = "${var.name}-jobs-dead-letters"
  worker_function   = "${var.name}-worker"
  relay_function    = "${var.name}-relay"
  alarms_topic      = "${var.name}-alarms"

  # Made by name because the two queues name each other: the jobs queue its dead-letter queue (by
  # reference), the dead-letter queue the only queue it takes letters from.
  jobs_queue_arn = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:${local.jobs_queue}"
}
