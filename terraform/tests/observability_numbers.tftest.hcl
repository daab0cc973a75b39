# Every variable of the observability module is changed once; alarms, dashboard, filters, budget and traces must move with it.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "210987654321" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-north-1" }
  }
  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-north-1:210987654321:alarm:other-some" }
  }
}

variables {
  name                     = "other"
  tags                     = { Team = "voice" }
  alarms_topic_arn         = "arn:aws:sns:eu-north-1:210987654321:other-alarms"
  alarm_email              = "other@example.com"
  alarm_arns               = ["arn:aws:cloudwatch:eu-north-1:210987654321:alarm:other-dead-letters"]
  jobs_queue               = "other-jobs"
  dead_letter_queue        = "other-dead"
  oldest_job_alarm_seconds = 7000
  worker_function          = "other-worker"
  relay_function           = "other-relay"
  relay_every_minutes      = 30
  worker_log_group         = "/other/worker"
  traffic_metric = {
    requests = ["AWS/ApiGateway", "Count", "ApiId", "other-api"]
    errors   = ["AWS/ApiGateway", "5xx", "ApiId", "other-api"]
  }
  database_dimensions    = { DBInstanceIdentifier = "other-database" }
  monthly_budget_dollars = 70
  tracing                = true
}

run "every_variable_moves_what_derives_from_it" {
  module { source = "./modules/observability" }

  assert {
    condition = [
      for name, alarm in aws_cloudwatch_metric_alarm.this :
      "${name}: ${alarm.metric_name} above ${alarm.threshold} for ${alarm.period} x ${alarm.evaluation_periods} s of ${jsonencode(values(alarm.dimensions))}"
      ] == [
      "oldest-job: ApproximateAgeOfOldestMessage above 7000 for 60 x 1 s of [\"other-jobs\"]",
      "openai-configuration: other-OpenAIMisconfigured above 0 for 60 x 1 s of []",
      "openai-quota: other-OpenAIQuotaExhausted above 0 for 60 x 1 s of []",
      "relay-errors: Errors above 0 for 1800 x 3 s of [\"other-relay\"]",
      "worker-errors: Errors above 0 for 60 x 1 s of [\"other-worker\"]",
      "worker-throttles: Throttles above 0 for 60 x 3 s of [\"other-worker\"]",
    ]
    error_message = "Each alarm must have its metric, its threshold, its time in seconds, and the names of the variables."
  }

  assert {
    condition = alltrue([
      for name, alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_name == "other-${name}"
      && alarm.comparison_operator == "GreaterThanThreshold"
      && alarm.statistic == (name == "oldest-job" ? "Maximum" : "Sum")
      && alarm.treat_missing_data == "notBreaching"
      && alarm.alarm_actions == toset(["arn:aws:sns:eu-north-1:210987654321:other-alarms"])
      && alarm.ok_actions == alarm.alarm_actions
      && alarm.tags == tomap({ Team = "voice", Project = "rawk", Pipeline = "other" })
    ])
    error_message = "Each alarm must have the name, topic and tags of the variables."
  }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : jsonencode(widget.properties.metrics)
      if widget.type == "metric"
      ] == [
      jsonencode([["AWS/ApiGateway", "Count", "ApiId", "other-api"], ["AWS/ApiGateway", "5xx", "ApiId", "other-api"]]),
      jsonencode([
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "other-jobs"],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", "other-jobs"],
      ]),
      jsonencode([["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "other-jobs"]]),
      jsonencode([["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "other-dead"]]),
      jsonencode([
        ["AWS/Lambda", "Invocations", "FunctionName", "other-worker"],
        ["AWS/Lambda", "Errors", "FunctionName", "other-worker"],
        ["AWS/Lambda", "Throttles", "FunctionName", "other-worker"],
      ]),
      jsonencode([["AWS/Lambda", "Duration", "FunctionName", "other-worker"]]),
      jsonencode([
        ["Rawk", "other-OpenAIQuotaExhausted"],
        ["Rawk", "other-OpenAIMisconfigured"],
        ["Rawk", "other-RecordingsRefused"],
      ]),
      jsonencode([
        ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "other-database"],
        ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", "other-database"],
      ]),
    ]
    error_message = "Each graph must show what the variables name."
  }

  assert {
    condition = alltrue([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets :
      widget.properties.region == "eu-north-1" && widget.properties.period == 60 if widget.type == "metric"
    ])
    error_message = "Graphs must show the region's metrics by the minute, as the alarms evaluate them."
  }

  assert {
    condition = toset(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms) == toset(concat(
      ["arn:aws:cloudwatch:eu-north-1:210987654321:alarm:other-dead-letters"],
      [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn],
    ))
    error_message = "The dashboard must have the alarms of this module and of the others."
  }

  assert {
    condition = [
      for filter in [
        aws_cloudwatch_log_metric_filter.openai_quota,
        aws_cloudwatch_log_metric_filter.openai_configuration,
        aws_cloudwatch_log_metric_filter.recordings_refused,
      ] : "${filter.name} ${filter.log_group_name} ${filter.metric_transformation[0].namespace}/${filter.metric_transformation[0].name}"
      ] == [
      "other-openai-quota /other/worker Rawk/other-OpenAIQuotaExhausted",
      "other-openai-configuration /other/worker Rawk/other-OpenAIMisconfigured",
      "other-recordings-refused /other/worker Rawk/other-RecordingsRefused",
    ]
    error_message = "Each filter must read the worker's log group, and count in the metric of its alarm or graph."
  }

  assert {
    condition = (
      aws_budgets_budget.monthly[0].limit_amount == "70"
      && toset([for each in aws_budgets_budget.monthly[0].notification : "${each.notification_type} ${each.threshold}"]) == toset(["ACTUAL 80", "FORECASTED 100"])
      && alltrue([for each in aws_budgets_budget.monthly[0].notification : each.subscriber_email_addresses == toset(["other@example.com"])])
      && jsonencode(one(aws_budgets_budget.monthly[0].cost_filter).values) == jsonencode(["user:Pipeline$other"])
    )
    error_message = "The budget must have the amount, the address and the name of the variables."
  }

  assert {
    condition = (
      aws_xray_group.this[0].group_name == "other"
      && strcontains(aws_xray_group.this[0].filter_expression, "\"other-\"")
      && aws_xray_sampling_rule.this[0].service_name == "other-*"
      && aws_xray_sampling_rule.this[0].fixed_rate == 0.05
    )
    error_message = "Traces must have the name of the pipeline."
  }

  assert {
    condition     = output.dashboard == "other" && length(output.alarm_names) == 6 && alltrue([for name in output.alarm_names : startswith(name, "other-")])
    error_message = "The outputs must move with the name."
  }
}
