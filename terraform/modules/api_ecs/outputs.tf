locals {
  url = local.is_public ? "https://${var.server_name}" : trimsuffix(aws_apigatewayv2_stage.this.invoke_url, "/")
}

output "api" {
  description = "Values that the workflow and the engines use."
  value = {
    kind                   = "ecs"
    url                    = local.url
    health_url             = "${local.url}/api/v1/health"
    api_gateway_url        = trimsuffix(aws_apigatewayv2_stage.this.invoke_url, "/")
    load_balancer          = aws_lb.this.dns_name
    load_balancer_zone_id  = aws_lb.this.zone_id
    cluster                = aws_ecs_cluster.this.name
    service                = aws_ecs_service.this.name
    task_definition_arn    = aws_ecs_task_definition.this.arn
    codedeploy_application = aws_codedeploy_app.this.name
    codedeploy_group       = aws_codedeploy_deployment_group.this.deployment_group_name
    container_name         = "api"
    container_port         = tostring(local.port)
    log_group              = aws_cloudwatch_log_group.this.name
  }
}

output "alarm_arns" {
  description = "Alarms of this module."
  value       = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn]
}

output "traffic_metric" {
  description = "For the dashboard: CloudWatch metrics of requests and server errors."
  value = {
    requests = ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", local.load_balancer]
    errors   = ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", local.load_balancer]
  }
}
