# The API as a function, Aurora that falls asleep: nothing runs while nobody speaks.

name     = "rawk"
topology = "lambda"

# Free, where NAT costs more than all the rest; what is asked must have an IPv6 address. If OpenAI's has none where
# you are (`dig AAAA api.openai.com`): "nat".
egress = "ipv6"

tracing                = true
monthly_budget_dollars = 50

# Every run of the relay wakes the database. What SQS could not take waits up to so long.
relay_every_minutes               = 30
database_auto_pause_after_seconds = 300

secrets_version = 1
