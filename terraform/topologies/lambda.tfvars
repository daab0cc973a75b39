# The API as a function, and Aurora with auto-pause: nothing runs without traffic.

name     = "rawk"
topology = "lambda"

# Free, while NAT costs more than all other resources. Servers must have an IPv6 address: if OpenAI has none in your region
# (`dig AAAA api.openai.com`), use "nat".
egress = "ipv6"

tracing                = true
monthly_budget_dollars = 50

# Every run of the relay resumes the database. A job that SQS refused waits at most so long.
relay_every_minutes               = 30
database_auto_pause_after_seconds = 300

secrets_version = 1
