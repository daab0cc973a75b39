# App Runner with its smallest instance. For accounts that used App Runner before 2026-04-30.

name     = "rawk"
topology = "apprunner"

api_cpu_units        = 256
api_memory_megabytes = 512
api_min_instances    = 1
api_max_instances    = 2

database_allowed_cidrs = ["0.0.0.0/0"] # App Runner and the functions have no fixed address

secrets_version = 1
