# Places for secrets, never their values: a value in here would end in the state and in plans.
# They are filled once, after the first apply, with `aws secretsmanager put-secret-value`.

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
