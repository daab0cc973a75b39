# ECS under a domain of your own. Only the load balancer has a public name; SQS and secrets are reached inside the network.

name     = "rawk"
topology = "ecs"
tags     = { Team = "voice" }

certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef" # yours, in state ISSUED
server_name     = "api.example.com"                                                                     # the name in it; its DNS record points to the load balancer

cors_allowed_origins = ["https://app.example.com"] # your pages

egress            = "nat" # OpenAI
vpc_endpoints     = true
api_min_instances = 2
api_max_instances = 6

database_instance_class        = "db.t4g.small"
database_multi_az              = true
database_backup_retention_days = 30

monthly_budget_dollars = 250

secrets_version = 1
