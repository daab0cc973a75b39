# Alarms and dashboard, against a mocked provider. The tests of the pipeline have the alarm on dead letters.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:memo-some" }
  }
}

variables {
  name                     = "memo"
  alarms_topic_arn         = "arn:aws:sns:us-east-1:123456789012:memo-alarms"
  alarm_email              = "operator@example.com"
  alarm_arns               = ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:memo-jobs-dead-letters"]
  jobs_queue               = "memo-jobs"
  dead_letter_queue        = "memo-jobs-dead-letters"
  oldest_job_alarm_seconds = 5400
  worker_function          = "memo-worker"
  relay_function           = "memo-relay"
  relay_every_minutes      = 1
  worker_log_group         = "/aws/lambda/memo-worker"
}

run "alarms" {
  module { source = "./modules/observability" }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["oldest-job", "worker-errors", "worker-throttles", "relay-errors", "openai-quota", "openai-configuration"])
    error_message = "There must be alarms on the oldest job, the worker's errors and throttles, the relay, OpenAI's quota and configuration."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([var.alarms_topic_arn]) && alarm.ok_actions == toset([var.alarms_topic_arn])])
    error_message = "Alarms must notify also when they become inactive."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["oldest-job"].threshold == 5400 && aws_cloudwatch_metric_alarm.this["oldest-job"].metric_name == "ApproximateAgeOfOldestMessage"
    error_message = "The alarm must become active for a job that is older than all its receives take."
  }

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.openai_quota.metric_transformation[0].name == aws_cloudwatch_metric_alarm.this["openai-quota"].metric_name &&
      aws_cloudwatch_log_metric_filter.openai_quota.metric_transformation[0].namespace == aws_cloudwatch_metric_alarm.this["openai-quota"].namespace &&
      aws_cloudwatch_log_metric_filter.openai_quota.log_group_name == "/aws/lambda/memo-worker"
    )
    error_message = "OpenAI's quota alarm must monitor the metric of the worker's log filter."
  }

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.openai_configuration.metric_transformation[0].name == aws_cloudwatch_metric_alarm.this["openai-configuration"].metric_name &&
      aws_cloudwatch_log_metric_filter.openai_configuration.metric_transformation[0].namespace == aws_cloudwatch_metric_alarm.this["openai-configuration"].namespace &&
      aws_cloudwatch_log_metric_filter.openai_configuration.log_group_name == "/aws/lambda/memo-worker"
    )
    error_message = "OpenAI's configuration alarm must monitor the metric of the worker's log filter."
  }

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.recordings_refused.log_group_name == "/aws/lambda/memo-worker" &&
      strcontains(aws_cloudwatch_dashboard.this.dashboard_body, aws_cloudwatch_log_metric_filter.recordings_refused.metric_transformation[0].name)
    )
    error_message = "The dashboard must show the recordings that OpenAI refused."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement :
      statement.Action == "sns:Publish" && statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    ])
    error_message = "Only alarms and budgets of this account may publish to the topic."
  }

  assert {
    condition     = length(aws_budgets_budget.monthly) + length(aws_xray_group.this) + length(aws_xray_sampling_rule.this) == 0
    error_message = "Budget and traces must be optional."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 7
    error_message = "The dashboard must have the alarms and six graphs without an API and a database."
  }
}

run "everything" {
  module { source = "./modules/observability" }

  variables {
    monthly_budget_dollars = 50
    tracing                = true
    database_dimensions    = { DBClusterIdentifier = "memo-database" }
    traffic_metric = {
      requests = ["AWS/Lambda", "UrlRequestCount", "FunctionName", "memo-api"]
      errors   = ["AWS/Lambda", "Url5xxCount", "FunctionName", "memo-api"]
    }
  }

  assert {
    condition = alltrue([
      for notification in aws_budgets_budget.monthly[0].notification :
      notification.subscriber_email_addresses == toset(["operator@example.com"]) && notification.subscriber_sns_topic_arns == toset([var.alarms_topic_arn])
    ]) && length(aws_budgets_budget.monthly[0].notification) == 2
    error_message = "The budget must notify the address and the topic of actual and forecast cost."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 9
    error_message = "The dashboard must have the API and the database."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms) == 7
    error_message = "The dashboard must have all alarms, also those of other modules."
  }

  assert {
    condition     = aws_xray_sampling_rule.this[0].service_name == "memo-*" && aws_xray_group.this[0].group_name == "memo"
    error_message = "The pipeline must have its own group of traces."
  }
}

run "refuses_a_budget_of_zero" {
  command = plan
  module { source = "./modules/observability" }

  variables {
    monthly_budget_dollars = 0
  }

  expect_failures = [var.monthly_budget_dollars]
}
