# What a person looks at and is woken by, in every topology: the queue, the worker, OpenAI's bill, a dashboard, a budget.
# Dead letters ring in modules/pipeline; the API and the database ring in their own modules.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { Project = "rawk", Pipeline = var.name })
}

# --- Who may publish ------------------------------------------------------------------------------------

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
      namespace  = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = var.jobs_queue }
      statistic  = "Maximum", above = var.oldest_job_alarm_seconds, periods = 1
      says       = "A job waits longer than its tries take: the worker does not keep up, or OpenAI is down for long."
      is_missing = "notBreaching"
    }
    worker-errors = {
      namespace  = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = var.worker_function }
      statistic  = "Sum", above = 0, periods = 1
      says       = "The worker crashed or ran out of time. Failures it expects are not among these: it reports them by item."
      is_missing = "notBreaching"
    }
    worker-throttles = {
      namespace  = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = var.worker_function }
      statistic  = "Sum", above = 0, periods = 3
      says       = "Lambda refuses to run the worker: the account's or the function's concurrency is used up."
      is_missing = "notBreaching"
    }
    relay-errors = {
      namespace  = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = var.relay_function }
      statistic  = "Sum", above = 0, periods = 3
      says       = "The relay fails: what the outbox holds is not sent."
      is_missing = "notBreaching"
    }
    openai-quota = {
      namespace  = local.quota_metric.namespace, metric = local.quota_metric.name, dimensions = {}
      statistic  = "Sum", above = 0, periods = 1
      says       = "OpenAI refuses for want of money: no retry helps, a person with a credit card does."
      is_missing = "notBreaching"
    }
  }

  quota_metric = { namespace = "Rawk", name = "${var.name}-OpenAIQuotaExhausted" }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = each.value.is_missing
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}

# The worker says so in a line of its log; nothing else of AWS's knows.
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

# --- Money ----------------------------------------------------------------------------------------------

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
    values = ["user:Pipeline$${var.name}"] # what AWS calls the tag Pipeline with this value
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

# Every trace of a quiet service, one in twenty of a busy one.
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
