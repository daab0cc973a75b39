output "api" {
  description = "Values that the workflow and the engines use."
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
  description = "For the dashboard: CloudWatch metrics of requests and server errors."
  value = {
    requests = ["Rawk", "${local.service}-Requests"]
    errors   = ["Rawk", "${local.service}-ServerErrors"]
  }
}
