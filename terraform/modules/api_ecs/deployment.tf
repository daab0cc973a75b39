# Blue/green: new tasks start, the traffic switches to them, the old ones stay five minutes for a rollback.
# CodeDeploy rolls back by itself when a deployment fails or an alarm becomes active.

resource "aws_codedeploy_app" "this" {
  name             = local.service
  compute_platform = "ECS"
  tags             = local.tags
}

resource "aws_codedeploy_deployment_group" "this" {
  app_name               = aws_codedeploy_app.this.name
  deployment_group_name  = local.service
  deployment_config_name = "CodeDeployDefault.ECSCanary10Percent5Minutes"
  service_role_arn       = aws_iam_role.deployment.arn
  tags                   = local.tags

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  ecs_service {
    cluster_name = aws_ecs_cluster.this.name
    service_name = aws_ecs_service.this.name
  }

  load_balancer_info {
    target_group_pair_info {
      prod_traffic_route {
        listener_arns = [aws_lb_listener.this.arn]
      }

      target_group {
        name = aws_lb_target_group.this["blue"].name
      }

      target_group {
        name = aws_lb_target_group.this["green"].name
      }
    }
  }

  blue_green_deployment_config {
    deployment_ready_option {
      action_on_timeout = "CONTINUE_DEPLOYMENT"
    }

    terminate_blue_instances_on_deployment_success {
      action                           = "TERMINATE"
      termination_wait_time_in_minutes = 5
    }
  }

  alarm_configuration {
    enabled = true
    alarms  = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
  }

  depends_on = [aws_iam_role_policy.deployment]
}

resource "aws_iam_role" "deployment" {
  name        = "${local.service}-deployment"
  description = "Lets CodeDeploy replace the API's tasks."
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "codedeploy.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "deployment" {
  name = "deployment"
  role = aws_iam_role.deployment.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReplaceTasks"
        Effect   = "Allow"
        Action   = ["ecs:DescribeServices", "ecs:CreateTaskSet", "ecs:UpdateServicePrimaryTaskSet", "ecs:DeleteTaskSet"]
        Resource = [aws_ecs_service.this.id, "${replace(aws_ecs_service.this.id, ":service/", ":task-set/")}/*"] # its task sets
      },
      {
        # Describing load balancers has no resource.
        Sid      = "SeeTraffic"
        Effect   = "Allow"
        Action   = ["elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules"]
        Resource = "*"
      },
      {
        Sid      = "MoveTraffic"
        Effect   = "Allow"
        Action   = ["elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"]
        Resource = aws_lb_listener.this.arn
      },
      {
        Sid      = "ReadAlarms"
        Effect   = "Allow"
        Action   = "cloudwatch:DescribeAlarms"
        Resource = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn]
      },
      {
        Sid       = "GiveTasksTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [aws_iam_role.execution.arn, var.role_arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}
