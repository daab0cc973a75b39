# One small ARM machine that runs Docker: the cheapest.

name         = "rawk"
topology     = "ec2"
architecture = "arm64"

# The machine is let in by its security group. Worker and relay run outside the network, for want of a way out of it
# that costs nothing; they come from addresses that nobody can list.
database_allowed_cidrs = ["0.0.0.0/0"]

secrets_version = 1
