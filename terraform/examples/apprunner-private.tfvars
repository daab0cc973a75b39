# App Runner with a connector to a private database.

name     = "rawk"
topology = "apprunner-private"

egress = "nat"

database_multi_az              = true
database_backup_retention_days = 30

monthly_budget_dollars = 150

secrets_version = 1
