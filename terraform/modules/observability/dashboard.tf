# One page: requests, waiting jobs, dead letters, worker, database, active alarms.

locals {
  region = data.aws_region.current.id

  alarm_widget = {
    type = "alarm", x = 0, y = 0, width = 24, height = 3
    properties = {
      title  = "Alarms"
      alarms = sort(concat(var.alarm_arns, [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn]))
    }
  }

  graphs = concat(
    var.traffic_metric == null ? [] : [{
      title   = "API: requests and server errors", stat = "Sum"
      metrics = [var.traffic_metric.requests, concat(var.traffic_metric.errors, [])]
    }],
    [
      {
        title = "Jobs: waiting, in process", stat = "Maximum"
        metrics = [
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.jobs_queue],
          ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", var.jobs_queue],
        ]
      },
      {
        title   = "Age of the oldest job (s)", stat = "Maximum"
        metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.jobs_queue]]
      },
      {
        title   = "Dead letters", stat = "Maximum"
        metrics = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.dead_letter_queue]]
      },
      {
        title = "Worker: runs, errors, throttles", stat = "Sum"
        metrics = [
          ["AWS/Lambda", "Invocations", "FunctionName", var.worker_function],
          ["AWS/Lambda", "Errors", "FunctionName", var.worker_function],
          ["AWS/Lambda", "Throttles", "FunctionName", var.worker_function],
        ]
      },
      {
        title   = "Worker: duration (ms)", stat = "p95"
        metrics = [["AWS/Lambda", "Duration", "FunctionName", var.worker_function]]
      },
      {
        title = "OpenAI: credit used up, wrong configuration, recordings refused", stat = "Sum"
        metrics = [
          [local.quota_metric.namespace, local.quota_metric.name],
          [local.configuration_metric.namespace, local.configuration_metric.name],
          [local.refused_metric.namespace, local.refused_metric.name],
        ]
      },
    ],
    var.database_dimensions == null ? [] : [{
      title = "Database: CPU, connections", stat = "Average"
      metrics = [
        concat(["AWS/RDS", "CPUUtilization"], flatten([for name, value in var.database_dimensions : [name, value]])),
        concat(["AWS/RDS", "DatabaseConnections"], flatten([for name, value in var.database_dimensions : [name, value]])),
      ]
    }],
  )

  graph_widgets = [
    for number, graph in local.graphs : {
      type = "metric", x = 8 * (number % 3), y = 3 + 6 * floor(number / 3), width = 8, height = 6
      properties = {
        title   = graph.title
        view    = "timeSeries"
        region  = local.region
        stat    = graph.stat
        period  = 60
        metrics = graph.metrics
      }
    }
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = concat([local.alarm_widget], local.graph_widgets) })
}
