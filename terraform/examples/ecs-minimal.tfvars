# The smallest ECS deployment: one ARM task, which API Gateway reaches by its VPC link.

name         = "rawk"
topology     = "ecs"
architecture = "arm64" # build both images for ARM

egress               = "nat"
api_cpu_units        = 256
api_memory_megabytes = 512
api_min_instances    = 1
api_max_instances    = 1

secrets_version = 1
