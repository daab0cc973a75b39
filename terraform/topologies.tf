# The parts of each topology. One configuration, five topologies (and `core`, the pipeline without a compute service for its API).

locals {
  shapes = {
    core = { api = null, api_principal = "tasks.apprunner.amazonaws.com", network = false, private = false, database = null }

    apprunner         = { api = "apprunner", api_principal = "tasks.apprunner.amazonaws.com", network = true, private = false, database = "instance" }
    ec2               = { api = "ec2", api_principal = "ec2.amazonaws.com", network = true, private = false, database = "instance" }
    ecs               = { api = "ecs", api_principal = "ecs-tasks.amazonaws.com", network = true, private = true, database = "instance" }
    apprunner-private = { api = "apprunner", api_principal = "tasks.apprunner.amazonaws.com", network = true, private = true, database = "instance" }
    lambda            = { api = "lambda", api_principal = "lambda.amazonaws.com", network = true, private = true, database = "aurora" }
  }

  shape = local.shapes[var.topology]

  # During a migration, a private database keeps its public address (docs/how-to/deploy.md).
  database_is_public = !local.shape.private || var.enable_legacy_cidrs

  # AWS removes no subnet from the group of a running database: one that was made with a public address keeps its subnets.
  database_in_public_subnets = !local.shape.private || var.database_in_public_subnets

  # Functions join the network only to reach private resources: inside, they lose their own internet access.
  functions_vpc = local.shape.private ? {
    subnet_ids         = module.network[0].private_subnet_ids
    security_group_ids = [module.network[0].security_group_ids.functions]
    ipv6               = module.network[0].ipv6
  } : null

  api_vpc = local.shape.private ? {
    subnet_ids         = module.network[0].private_subnet_ids
    security_group_ids = [module.network[0].security_group_ids.api]
  } : null

  # The URL's secret as an output of the database module: resources that use it are created after it has a value.
  database_url_secret = coalesce(one(module.database[*].url_secret_arn), module.pipeline.secret_ids.database_url)

  api_environment = merge(module.pipeline.api_environment, { DATABASE_URL_SECRET_ID = local.database_url_secret })

  # Some services pass the values of secrets themselves. Then the API gets the values, not the secrets' ids.
  api_secrets = merge(
    {
      DATABASE_URL  = local.database_url_secret
      API_KEYS_JSON = module.pipeline.secret_ids.api_keys
    },
    var.redis_url_secret_arn == null ? {} : { REDIS_URL = var.redis_url_secret_arn },
  )
  api_environment_without_secrets = { for name, value in module.pipeline.api_environment : name => value if !endswith(name, "_SECRET_ID") }

  # account.dkr.ecr.region.amazonaws.com/repository:tag
  images = {
    for name, uri in { api = var.api_image_uri, openai_simulator = var.openai_simulator_image_uri } :
    name => try(regex("^(?P<account>[0-9]{12})\\.dkr\\.ecr\\.(?P<region>[a-z0-9-]+)\\.[^/]+/(?P<repository>[^:@]+)", uri), null)
  }
  repository_arns = {
    for name, image in local.images :
    name => image == null ? null : "arn:${data.aws_partition.current.partition}:ecr:${image.region}:${image.account}:repository/${image.repository}"
  }

  # A new one with the other secrets.
  openai_simulator_key_version = max(1, coalesce(var.secrets_version, 1))

  openai_is_simulated = var.openai_simulator_image_uri != null
  openai_base_url     = local.openai_is_simulated ? module.openai_simulator[0].base_url : var.openai_base_url

  api_module = one(concat(
    [for each in module.api_apprunner : each],
    [for each in module.api_ec2 : each],
    [for each in module.api_ecs : each],
    [for each in module.api_lambda : each],
  ))
}

data "aws_partition" "current" {}
