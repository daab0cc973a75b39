# App Runner with a VPC connector, and a private database.

name     = "rawk"
topology = "apprunner-private"

egress = "nat"

# A database that the topology apprunner has created stays in its public subnets: database_in_public_subnets = true from then on.
# During the migration of its clients: enable_legacy_cidrs = true, with the address blocks that still need access
# (docs/how-to/deploy.md).
database_in_public_subnets = false
enable_legacy_cidrs        = false
database_allowed_cidrs     = []

secrets_version = 1
