# The pipeline without a home for its API: bucket, queues, worker, relay, roles, secrets, with the
# limits of production (the module's defaults). The embedded world is rendered from this file.

name     = "rawk"
topology = "core"
