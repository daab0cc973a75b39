# A password that Secrets Manager generates and stores, or a given one. It is an ephemeral value in Terraform: in no plan and
# no state.

ephemeral "aws_secretsmanager_random_password" "this" {
  provider = aws.passwords
  count    = var.generate ? 1 : 0

  password_length     = var.length
  exclude_punctuation = true # the password is a part of a URL
}

resource "aws_secretsmanager_secret" "this" {
  name                    = var.secret_name
  description             = var.description
  recovery_window_in_days = var.secret_recovery_days
  tags                    = var.tags
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo         = var.generate ? ephemeral.aws_secretsmanager_random_password.this[0].random_password : var.given
  secret_string_wo_version = var.password_version
}

# Read from the secret, so that a repeated apply continues with the existing password.
ephemeral "aws_secretsmanager_secret_version" "this" {
  provider = aws.passwords
  count    = var.generate ? 1 : 0

  secret_id = aws_secretsmanager_secret_version.this.secret_id
}
