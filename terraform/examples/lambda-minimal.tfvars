# The cheapest deployment: nothing runs without traffic.

name     = "rawk"
topology = "lambda"

egress                            = "ipv6" # OpenAI must have an IPv6 address: dig AAAA api.openai.com
relay_every_minutes               = 30     # each run wakes the database
database_auto_pause_after_seconds = 300
maximum_concurrency               = 5 # a new account may have 10 concurrent functions

secrets_version = 1
