output "api" {
  description = "Values that the workflow and the engines use."
  value = {
    kind        = "apprunner"
    url         = "https://${aws_apprunner_service.this.service_url}"
    health_url  = "https://${aws_apprunner_service.this.service_url}/api/v1/health"
    service     = aws_apprunner_service.this.service_name
    service_arn = aws_apprunner_service.this.arn
  }
}

output "alarm_arns" {
  description = "Alarms of this module."
  value       = [aws_cloudwatch_metric_alarm.errors.arn]
}

output "traffic_metric" {
  description = "For the dashboard: CloudWatch metrics of requests and server errors."
  value = {
    requests = ["AWS/AppRunner", "Requests", "ServiceName", aws_apprunner_service.this.service_name, "ServiceID", aws_apprunner_service.this.service_id]
    errors   = ["AWS/AppRunner", "5xxStatusResponses", "ServiceName", aws_apprunner_service.this.service_name, "ServiceID", aws_apprunner_service.this.service_id]
  }
}
