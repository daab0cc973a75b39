output "api" {
  description = "What the workflow and the engines need to know."
  value = {
    kind        = "ec2"
    url         = "http://${aws_eip.this.public_ip}"
    health_url  = "http://${aws_eip.this.public_ip}/api/v1/health"
    instance_id = aws_instance.this.id
    log_group   = aws_cloudwatch_log_group.this.name
  }
}

output "alarm_arns" {
  description = "Alarms of this module."
  value       = [aws_cloudwatch_metric_alarm.errors.arn, aws_cloudwatch_metric_alarm.machine.arn]
}

output "traffic_metric" {
  description = "For the dashboard: requests and server errors, as CloudWatch names them."
  value = {
    requests = ["Rawk", "${local.service}-Requests"]
    errors   = ["Rawk", "${local.service}-ServerErrors"]
  }
}
