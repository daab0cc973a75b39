locals {
  url = trimsuffix(one(concat(aws_lambda_function_url.this[*].function_url, aws_apigatewayv2_stage.this[*].invoke_url)), "/")
}

output "api" {
  description = "Values that the workflow and the engines use."
  value = {
    kind          = "lambda"
    url           = local.url
    health_url    = "${local.url}/api/v1/health"
    function_name = aws_lambda_function.this.function_name
    log_group     = aws_cloudwatch_log_group.this.name
  }
}

output "alarm_arns" {
  description = "Alarms of this module."
  value       = [aws_cloudwatch_metric_alarm.errors.arn]
}

output "traffic_metric" {
  description = "For the dashboard: CloudWatch metrics of requests and server errors."
  value       = local.traffic
}
