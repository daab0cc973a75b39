# App Runner with a VPC connector, and a private database.

name     = "rawk"
topology = "apprunner-private"

egress = "nat"

# During a migration from the topology apprunner: true, with the address blocks that still need access (docs/how-to/deploy.md).
enable_legacy_cidrs    = false
database_allowed_cidrs = []

secrets_version = 1
