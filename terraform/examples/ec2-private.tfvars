# One ARM machine that answers named addresses alone: the proxy with your certificate, an office, a VPN.

name         = "rawk"
topology     = "ec2"
architecture = "arm64"

api_instance_type = "t4g.small"
api_allowed_cidrs = ["203.0.113.10/32"] # yours

database_allowed_cidrs         = ["0.0.0.0/0"] # worker and relay have no fixed address
database_backup_retention_days = 30

monthly_budget_dollars = 60

secrets_version = 1
