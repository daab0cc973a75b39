# App Runner and a database with a public address: the base pipeline.

name     = "rawk"
topology = "apprunner"

# App Runner and functions outside a network come from addresses that nobody can list. TLS and a password of 32
# characters stand between the internet and the database; apprunner-private is the same without that.
database_allowed_cidrs = ["0.0.0.0/0"]

secrets_version = 1
