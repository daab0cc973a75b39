# Lambda behind API Gateway, so that nobody else may invoke the API's function; one fixed address towards OpenAI.

name     = "rawk"
topology = "lambda"

api_gateway   = true
egress        = "nat"
vpc_endpoints = true
tracing       = true

relay_every_minutes               = 30
database_auto_pause_after_seconds = 300
database_max_capacity_units       = 4
database_backup_retention_days    = 30

monthly_budget_dollars = 120

secrets_version = 1
