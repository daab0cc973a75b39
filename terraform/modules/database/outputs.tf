output "host" {
  description = "Its address."
  value       = local.host
}

output "identifier" {
  description = "Its identifier."
  value       = one(values(local.dimensions))
}

output "dimensions" {
  description = "CloudWatch dimensions of its metrics."
  value       = local.dimensions
}

output "security_group_id" {
  description = "Its security group."
  value       = aws_security_group.this.id
}

output "alarm_arns" {
  description = "Alarms of this module."
  value       = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn]
}

output "url_secret_arn" {
  description = "Secret with the URL; resources that use it are created after the database and the value of the secret."
  value       = aws_secretsmanager_secret_version.url.arn

  depends_on = [aws_rds_cluster_instance.this]
}
