# Logs, alarms, dashboards, budgets, traces.

locals {
  # /aws/lambda/NAME-worker and the like; /NAME/api and the like.
  log_groups = ["${local.here.logs}:log-group:*${var.name}-*", "${local.here.logs}:log-group:/${var.name}/*"]

  observation_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Log groups of functions and gateways have AWS's prefix, those of containers /NAME/. Settings only, no read access.
        Sid    = "Logs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup",
          "logs:DeleteLogGroup",
          "logs:DeleteMetricFilter",
          "logs:DeleteRetentionPolicy",
          "logs:PutMetricFilter",
          "logs:PutRetentionPolicy",
          "logs:TagResource",
          "logs:UntagResource",
        ]
        Resource = local.log_groups
      },
      {
        Sid      = "Alarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
        Resource = "${local.here.cloudwatch}:alarm:${var.name}-*"
      },
      {
        # Application Auto Scaling creates them with the rights of the client that writes a scaling policy.
        Sid      = "AlarmsOfScalingPolicies"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"]
        Resource = "${local.here.cloudwatch}:alarm:TargetTracking-service/${var.name}-*"
      },
      {
        Sid      = "Dashboards"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"]
        Resource = [for each in [var.name, "${var.name}-*"] : "arn:${local.partition}:cloudwatch::${local.account}:dashboard/${each}"]
      },
      {
        Sid      = "Budgets"
        Effect   = "Allow"
        Action   = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"]
        Resource = "${local.global.budgets}:budget/${var.name}-*"
      },
      {
        Sid    = "Traces"
        Effect = "Allow"
        Action = [
          "xray:CreateGroup",
          "xray:CreateSamplingRule",
          "xray:DeleteGroup",
          "xray:DeleteSamplingRule",
          "xray:TagResource",
          "xray:UntagResource",
          "xray:UpdateGroup",
          "xray:UpdateSamplingRule",
        ]
        Resource = [for each in ["group/${var.name}/*", "group/${var.name}-*", "sampling-rule/${var.name}", "sampling-rule/${var.name}-*"] : "${local.here.xray}:${each}"]
      },
    ]
  })
}
