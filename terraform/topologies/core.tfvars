# The pipeline without a compute service for its API: bucket, queues, worker, relay, roles, secrets, with the limits of
# production (the module's defaults). sim/provisioning/rendered is made of this file.

name     = "rawk"
topology = "core"

# The page that scenarios act for.
cors_allowed_origins = ["https://app.example.com"]
