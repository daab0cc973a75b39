# Alarms, dashboard and budget of every topology: the queue, the worker, OpenAI's credit, the cost on AWS.
# The alarm on dead letters is in modules/pipeline, those of the API and the database are in their modules.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { Project = "rawk", Pipeline = var.name })
}

# --- Publishers -----------------------------------------------------------------------------------------

resource "aws_sns_topic_policy" "alarms" {
  arn = var.alarms_topic_arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for sid, service in { Alarms = "cloudwatch.amazonaws.com", Budgets = "budgets.amazonaws.com" } : {
        Sid                        = sid
        Effect                     = "Allow"
        Principal                  = { Service = service }
        Action                     = "sns:Publish"
        Resource                   = var.alarms_topic_arn
        Condition                  = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      }
    ]
  })
}

# --- Alarms ---------------------------------------------------------------------------------------------

locals {
  alarms = {
    oldest-job = {
      namespace   = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = var.jobs_queue }
      statistic   = "Maximum", above = var.oldest_job_alarm_seconds, periods = 1
      description = "A job waits longer than all its receives take: the worker does not keep up, or OpenAI has a long outage."
      is_missing  = "notBreaching"
    }
    worker-errors = {
      namespace   = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = var.worker_function }
      statistic   = "Sum", above = 0, periods = 1
      description = "The worker crashed or timed out. Expected failures do not count: the worker reports them as batch item failures."
      is_missing  = "notBreaching"
    }
    worker-throttles = {
      namespace   = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = var.worker_function }
      statistic   = "Sum", above = 0, periods = 3
      description = "Lambda throttles the worker: the concurrency of the account or of the function is exhausted."
      is_missing  = "notBreaching"
    }
    # One run in each period: two of three runs failed, whatever the pace.
    relay-errors = {
      namespace   = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = var.relay_function }
      statistic   = "Sum", above = 0, periods = 3, datapoints = 2, period = 60 * var.relay_every_minutes
      description = "The relay fails: jobs stay in the outbox."
      is_missing  = "notBreaching"
    }
    openai-quota = {
      namespace   = local.quota_metric.namespace, metric = local.quota_metric.name, dimensions = {}
      statistic   = "Sum", above = 0, periods = 1
      description = "OpenAI refuses calls because the credit is used up: retries do not help, an operator must add credit."
      is_missing  = "notBreaching"
    }
    openai-configuration = {
      namespace   = local.configuration_metric.namespace, metric = local.configuration_metric.name, dimensions = {}
      statistic   = "Sum", above = 0, periods = 1
      description = "OpenAI rejects our key, model, parameters or address: an operator must correct them, then redrive the dead letters."
      is_missing  = "notBreaching"
    }
  }

  quota_metric         = { namespace = "Rawk", name = "${var.name}-OpenAIQuotaExhausted" }
  configuration_metric = { namespace = "Rawk", name = "${var.name}-OpenAIMisconfigured" }
  refused_metric       = { namespace = "Rawk", name = "${var.name}-RecordingsRefused" }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = try(each.value.period, 60)
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = try(each.value.datapoints, null)
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = each.value.is_missing
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}

# Only the worker's log has these; no metric of AWS does.
resource "aws_cloudwatch_log_metric_filter" "openai_quota" {
  name           = "${var.name}-openai-quota"
  log_group_name = var.worker_log_group
  pattern        = "{ $.event = \"openai_quota_exhausted\" }"

  metric_transformation {
    namespace = local.quota_metric.namespace
    name      = local.quota_metric.name
    value     = "1"
  }
}

resource "aws_cloudwatch_log_metric_filter" "openai_configuration" {
  name           = "${var.name}-openai-configuration"
  log_group_name = var.worker_log_group
  pattern        = "{ $.event = \"openai_misconfigured\" }"

  metric_transformation {
    namespace = local.configuration_metric.namespace
    name      = local.configuration_metric.name
    value     = "1"
  }
}

# A recording that OpenAI cannot use is no operator's alarm. Many at once have one cause: a client that records badly, or OpenAI.
resource "aws_cloudwatch_log_metric_filter" "recordings_refused" {
  name           = "${var.name}-recordings-refused"
  log_group_name = var.worker_log_group
  pattern        = "{ $.event = \"recording_failed\" }"

  metric_transformation {
    namespace = local.refused_metric.namespace
    name      = local.refused_metric.name
    value     = "1"
  }
}

# --- Cost -----------------------------------------------------------------------------------------------

resource "aws_budgets_budget" "monthly" {
  count = var.monthly_budget_dollars == null ? 0 : 1

  name         = "${var.name}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_dollars)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  tags         = local.tags

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:Pipeline$%s", var.name)] # AWS's name of the tag Pipeline with this value; "$${" would be no value
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }
    content {
      notification_type          = notification.key
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.alarm_email == null ? [] : [var.alarm_email]
      subscriber_sns_topic_arns  = [var.alarms_topic_arn]
    }
  }

  depends_on = [aws_sns_topic_policy.alarms]
}

# --- Traces ---------------------------------------------------------------------------------------------

resource "aws_xray_group" "this" {
  count = var.tracing ? 1 : 0

  group_name        = var.name
  filter_expression = "service(begins_with(\"${var.name}-\"))"
  tags              = local.tags
}

# All traces at a low request rate, one in twenty at a high one.
resource "aws_xray_sampling_rule" "this" {
  count = var.tracing ? 1 : 0

  rule_name      = substr(var.name, 0, 32)
  priority       = 1000
  version        = 1
  reservoir_size = 1
  fixed_rate     = 0.05
  service_name   = "${var.name}-*"
  service_type   = "*"
  host           = "*"
  http_method    = "*"
  url_path       = "*"
  resource_arn   = "*"
  tags           = local.tags
}
