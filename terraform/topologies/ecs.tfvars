# ECS Fargate behind a load balancer and API Gateway, blue/green, in its own network.

name     = "rawk"
topology = "ecs"

egress            = "nat" # for the worker: OpenAI has no address inside the network
api_min_instances = 1
api_max_instances = 4

secrets_version = 1
