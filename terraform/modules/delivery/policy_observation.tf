# Logs, alarms, dashboards, budgets, traces.

locals {
  observation_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # What comes before the name differs by service: /aws/lambda/NAME-worker, /aws/ecs/NAME-api. Set up, never read.
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
        Resource = "${local.here.logs}:log-group:*${var.name}-*"
      },
      {
        # What an HTTP API needs to write its access log; AWS takes no resource for it.
        Sid      = "LogDelivery"
        Effect   = "Allow"
        Action   = ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"]
        Resource = "*"
      },
      {
        Sid      = "Alarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
        Resource = "${local.here.cloudwatch}:alarm:${var.name}-*"
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
