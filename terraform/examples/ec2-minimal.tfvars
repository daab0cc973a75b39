# One small ARM machine. Plain HTTP: for trials, or with your own TLS in front of it.

name         = "rawk"
topology     = "ec2"
architecture = "arm64"

api_instance_type      = "t4g.micro"
database_allowed_cidrs = ["0.0.0.0/0"] # worker and relay have no fixed address

secrets_version = 1
