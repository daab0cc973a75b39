# App Runner with a VPC connector, the database reachable from nowhere else.

name     = "rawk"
topology = "apprunner-private"

egress = "nat"

# During a migration from the topology apprunner: true, with the blocks that still need it (docs/how-to/deploy.md).
enable_legacy_cidrs    = false
database_allowed_cidrs = []

secrets_version = 1
