# One small ARM machine with Docker: the cheapest topology.

name         = "rawk"
topology     = "ec2"
architecture = "arm64"

# The machine connects by its security group. Worker and relay run outside the network, because inside they would need NAT; their
# addresses are not known in advance.
database_allowed_cidrs = ["0.0.0.0/0"]

secrets_version = 1
