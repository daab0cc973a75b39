output "host" {
  description = "Where it is."
  value       = local.host
}

output "identifier" {
  description = "What CloudWatch knows it by."
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
  description = "Secret with the whole URL, once it has been written and the database is there."
  value       = aws_secretsmanager_secret_version.url.arn

  depends_on = [aws_rds_cluster_instance.this]
}
