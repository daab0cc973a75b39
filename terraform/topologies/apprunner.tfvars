# App Runner, and a database with a public address.

name     = "rawk"
topology = "apprunner"

# The addresses of App Runner and of functions outside a network are not known in advance. TLS and a password of 32 characters
# protect the database from the internet; in apprunner-private it has no public address.
database_allowed_cidrs = ["0.0.0.0/0"]

secrets_version = 1
