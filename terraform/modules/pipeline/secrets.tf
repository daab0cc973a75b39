# The secrets. Their values are write-only arguments: they are in no plan and no state.
# modules/database writes the database's URL; an operator writes it when the database is managed elsewhere.

resource "aws_secretsmanager_secret" "this" {
  for_each = {
    database-url   = "Postgres URL of the API, the worker and the relay."
    openai-api-key = "OpenAI key of the worker."
    api-keys       = "JSON: API key to tenant. For the API only."
  }

  name                    = "${var.name}/${each.key}"
  description             = each.value
  recovery_window_in_days = var.secret_recovery_days
  tags                    = local.tags
}

locals {
  openai_api_key_secret_arn = coalesce(var.openai_api_key_secret_arn, aws_secretsmanager_secret.this["openai-api-key"].arn)
}

resource "aws_secretsmanager_secret_version" "openai_api_key" {
  count = var.secrets_version > 0 ? 1 : 0

  secret_id                = aws_secretsmanager_secret.this["openai-api-key"].id
  secret_string_wo         = var.openai_api_key
  secret_string_wo_version = var.secrets_version
}

resource "aws_secretsmanager_secret_version" "api_keys" {
  count = var.secrets_version > 0 ? 1 : 0

  secret_id                = aws_secretsmanager_secret.this["api-keys"].id
  secret_string_wo         = var.api_keys_json
  secret_string_wo_version = var.secrets_version
}
