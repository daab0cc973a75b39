# The pipeline of the topology lambda, whose database pauses without traffic, for simulations: the database itself is a local
# one, and a fault lets it pause.

name     = "rawk"
topology = "core"

relay_every_minutes           = 30
database_wakes_within_seconds = 45

# The page that scenarios act for.
cors_allowed_origins = ["https://app.example.com"]
