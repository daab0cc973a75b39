# The core of RAWK: the bucket of the recordings, the queues, and the functions that process jobs.
# It does not depend on the API's compute service; the API's role and environment are outputs.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { Project = "rawk", Pipeline = var.name })

  # A job that is still running must not become visible to a second worker.
  visibility_timeout_seconds = ceil(var.visibility_timeout_multiple * var.function_timeout_seconds)

  # A lease outlasts its worker, and ends before the job is visible again, so that the next receive can take over.
  lease_seconds = var.function_timeout_seconds + var.lease_margin_seconds

  # After each failed receive the worker extends the job's wait by one visibility timeout, up to SQS's twelve hours.
  # The pipeline tolerates an outage without redrive until the last receive, that is, for the sum of these waits:
  # with three receives, three visibility timeouts.
  outage_tolerance_seconds = sum([
    for receive in range(1, var.max_receive_count) : min(receive * local.visibility_timeout_seconds, local.sqs_longest_visibility_seconds)
  ])

  sqs_longest_visibility_seconds = 43200

  logs = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"

  # Bucket names are global: the account id makes this one unique. 32 + 7 + 12 characters fit into 63.
  audio_bucket = "${var.name}-audio-${data.aws_caller_identity.current.account_id}"
  audio_prefix = "audio/"

  # Where the forms of direct uploads write, and nothing else is kept.
  incoming_prefix = "incoming/"

  jobs_queue        = "${var.name}-jobs"
  dead_letter_queue = "${var.name}-jobs-dead-letters"
  worker_function   = "${var.name}-worker"
  relay_function    = "${var.name}-relay"
  alarms_topic      = "${var.name}-alarms"

  # Made of the name, because the two queues refer to each other: the jobs queue to its dead-letter queue (by reference),
  # the dead-letter queue to the only queue that it accepts dead letters from.
  jobs_queue_arn = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:${local.jobs_queue}"
}
