# The alarms. CodeDeploy rolls a deployment back when one of them becomes active.

locals {
  load_balancer = aws_lb.this.arn_suffix

  alarms = {
    cpu    = { namespace = "AWS/ECS", metric = "CPUUtilization", dimensions = local.service_dimensions, statistic = "Average", above = 85, description = "The tasks' CPU utilization is above 85 %." }
    memory = { namespace = "AWS/ECS", metric = "MemoryUtilization", dimensions = local.service_dimensions, statistic = "Average", above = 85, description = "The tasks use more than 85 % of their memory." }
    # Responses of the tasks, and responses of the load balancer because there is no task.
    "5xx"        = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = { LoadBalancer = local.load_balancer }, statistic = "Sum", above = 5, description = "The API returns server errors." }
    "5xx-no-api" = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", dimensions = { LoadBalancer = local.load_balancer }, statistic = "Sum", above = 5, description = "The load balancer reaches no task." }
  }

  service_dimensions = { ClusterName = aws_ecs_cluster.this.name, ServiceName = local.service }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.service}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}
