output "password" {
  description = "The password, for write-only arguments."
  value       = var.generate ? ephemeral.aws_secretsmanager_secret_version.this[0].secret_string : var.given
  ephemeral   = true
  sensitive   = true
}

output "secret_arn" {
  description = "Where it is kept; whoever reads it starts when it has been written."
  value       = aws_secretsmanager_secret_version.this.arn
}
