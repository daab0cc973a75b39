output "password" {
  description = "The password, for write-only arguments."
  value       = var.generate ? ephemeral.aws_secretsmanager_secret_version.this[0].secret_string : var.given
  ephemeral   = true
  sensitive   = true
}

output "secret_arn" {
  description = "Secret of the password; resources that use it are created after it has a value."
  value       = aws_secretsmanager_secret_version.this.arn
}
