# The API on App Runner: an image and an address with a certificate.
# App Runner accepts no new customers since 2026-04-30: docs/how-to/deploy.md compares the topologies.

data "aws_region" "current" {}

locals {
  tags    = merge(var.tags, { Project = "rawk", Pipeline = var.name })
  service = "${var.name}-api"
  port    = 8080

  # boto3 reads this variable and not AWS_REGION.
  environment = merge(var.environment, { AWS_DEFAULT_REGION = data.aws_region.current.id })

  serve   = "rawk serve --host 0.0.0.0 --port ${local.port}"
  migrate = "rawk migrate"

  start_command = var.migrate_on_start ? "sh -c '${local.migrate} && exec ${local.serve}'" : local.serve
}

# --- Role that fetches the image. The API's own role is in modules/pipeline. ----------------------

resource "aws_iam_role" "pull" {
  name        = "${local.service}-pull"
  description = "Lets App Runner fetch the API's image."
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "build.apprunner.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "pull" {
  name = "pull"
  role = aws_iam_role.pull.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # A login to the registry has no resource.
        Sid      = "LogIn"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "FetchTheImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:DescribeImages"]
        Resource = var.repository_arn
      },
    ]
  })
}

# --- The service -----------------------------------------------------------------------------------

resource "aws_apprunner_auto_scaling_configuration_version" "this" {
  auto_scaling_configuration_name = local.service
  max_concurrency                 = 80
  min_size                        = var.min_instances
  max_size                        = var.max_instances
  tags                            = local.tags

  lifecycle {
    create_before_destroy = true # App Runner deletes no version that a service uses, and no version can be changed

    precondition {
      condition     = var.min_instances <= var.max_instances
      error_message = "min_instances (${var.min_instances}) must not be above max_instances (${var.max_instances})."
    }
  }
}

resource "aws_apprunner_vpc_connector" "this" {
  count = var.vpc == null ? 0 : 1

  vpc_connector_name = local.service
  subnets            = var.vpc.subnet_ids
  security_groups    = var.vpc.security_group_ids
  tags               = local.tags

  lifecycle {
    create_before_destroy = true # as above
  }
}

resource "aws_apprunner_service" "this" {
  service_name                   = local.service
  auto_scaling_configuration_arn = aws_apprunner_auto_scaling_configuration_version.this.arn
  tags                           = local.tags

  source_configuration {
    auto_deployments_enabled = false # deployments are explicit: the image's tag is its commit

    authentication_configuration {
      access_role_arn = aws_iam_role.pull.arn
    }

    image_repository {
      image_identifier      = var.image_uri
      image_repository_type = "ECR"

      image_configuration {
        port                          = tostring(local.port)
        start_command                 = local.start_command
        runtime_environment_variables = local.environment
        runtime_environment_secrets   = var.secrets
      }
    }
  }

  instance_configuration {
    cpu               = tostring(var.cpu_units)
    memory            = tostring(var.memory_megabytes)
    instance_role_arn = var.role_arn
  }

  health_check_configuration {
    protocol            = "HTTP"
    path                = "/healthz" # an outage of a dependency must not replace instances
    interval            = 10
    timeout             = 5
    healthy_threshold   = 1
    unhealthy_threshold = 5
  }

  network_configuration {
    dynamic "egress_configuration" {
      for_each = aws_apprunner_vpc_connector.this
      content {
        egress_type       = "VPC"
        vpc_connector_arn = egress_configuration.value.arn
      }
    }
  }

  depends_on = [aws_iam_role_policy.pull]
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.service}-5xx"
  alarm_description   = "The API returns server errors."
  namespace           = "AWS/AppRunner"
  metric_name         = "5xxStatusResponses"
  dimensions          = { ServiceName = aws_apprunner_service.this.service_name, ServiceID = aws_apprunner_service.this.service_id }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}
