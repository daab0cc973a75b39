output "password" {
  description = "The password, for write-only arguments."
  value       = var.generate ? ephemeral.aws_secretsmanager_secret_version.this[0].secret_string : var.given
  ephemeral   = true
  sensitive   = true
}
