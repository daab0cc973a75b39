# The whole configuration, topology by topology, against a mocked provider: the parts of each, and the refusals of plans.
# One apply per topology shows that its parts fit together, without a call of AWS.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
}

# Mocks do not support ephemeral resources: their provider is the real one. It makes no call, because the password is
# given.
provider "aws" {
  alias                       = "passwords"
  region                      = "us-east-1"
  access_key                  = "never-used"
  secret_key                  = "never-used"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name                = "memo"
  worker_package_path = "package.zip"
  api_image_uri       = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk-api:abc"
  alarm_email         = "operator@example.com"

  cors_allowed_origins = ["https://app.example.com", "http://localhost:5173"]
  otel_endpoint        = "http://localhost:4318"

  secrets_version            = 1
  openai_api_key             = "sk-0123456789abcdefghij"
  api_keys_json              = "{\"key-of-acme-0123456789abcdef\": \"acme\"}"
  generate_database_password = false
  database_password          = "correct-horse-battery-staple"

  generate_openai_simulator_key = false
  openai_simulator_key          = "generated-0123456789abcdefghijklmnopqrstuv"
}

# --- Parts of the topologies ---------------------------------------------------------------------------

run "apprunner" {
  command = plan

  variables {
    topology               = "apprunner"
    database_allowed_cidrs = ["0.0.0.0/0"]
  }

  assert {
    condition     = length(module.api_apprunner) == 1 && length(module.api_ec2) + length(module.api_ecs) + length(module.api_lambda) == 0
    error_message = "The topology apprunner must run the API on App Runner only."
  }

  assert {
    condition     = length(module.network[0].private_subnet_ids) == 0 && local.database_is_public && local.functions_vpc == null
    error_message = "Its database must have a public address, and its functions must be outside the network."
  }

  assert {
    condition     = output.api.kind == "apprunner" && output.topology == "apprunner" && output.images.api == var.api_image_uri
    error_message = "The outputs must have the API and the images."
  }

  assert {
    condition     = local.api_environment.CORS_ALLOWED_ORIGINS == "https://app.example.com,http://localhost:5173" && local.api_environment_without_secrets.CORS_ALLOWED_ORIGINS == local.api_environment.CORS_ALLOWED_ORIGINS
    error_message = "The API must get the origins of the pages that may call it."
  }

  assert {
    condition     = local.api_environment.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318" && local.api_environment_without_secrets.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318"
    error_message = "The API must get the collector's address."
  }
}

run "ec2" {
  command = plan

  variables {
    topology               = "ec2"
    architecture           = "arm64"
    database_allowed_cidrs = ["0.0.0.0/0"]
  }

  assert {
    condition     = length(module.api_ec2) == 1 && output.api.kind == "ec2"
    error_message = "The topology ec2 must run the API on a machine."
  }

  assert {
    condition     = local.api_environment.CORS_ALLOWED_ORIGINS == "https://app.example.com,http://localhost:5173" && local.api_environment_without_secrets.CORS_ALLOWED_ORIGINS == local.api_environment.CORS_ALLOWED_ORIGINS
    error_message = "The API must get the origins of the pages that may call it."
  }

  assert {
    condition     = local.api_environment.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318" && local.api_environment_without_secrets.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318"
    error_message = "The API must get the collector's address."
  }
}

run "ecs" {
  command = plan

  variables {
    topology = "ecs"
    egress   = "nat"
  }

  assert {
    condition     = length(module.api_ecs) == 1 && output.api.kind == "ecs" && !local.database_is_public
    error_message = "The topology ecs must run the API on ECS, with a private database."
  }

  assert {
    condition     = length(local.functions_vpc.subnet_ids) == 2 && !local.functions_vpc.ipv6
    error_message = "Its worker must be in the database's network, with NAT."
  }

  assert {
    condition     = sort(keys(local.api_secrets)) == tolist(["API_KEYS_JSON", "DATABASE_URL"]) && length([for name in keys(local.api_environment_without_secrets) : name if endswith(name, "_SECRET_ID")]) == 0
    error_message = "ECS must pass the secrets to the API, and the API must not get their ids."
  }

  assert {
    condition     = local.api_environment.CORS_ALLOWED_ORIGINS == "https://app.example.com,http://localhost:5173" && local.api_environment_without_secrets.CORS_ALLOWED_ORIGINS == local.api_environment.CORS_ALLOWED_ORIGINS
    error_message = "The API must get the origins of the pages that may call it."
  }

  assert {
    condition     = local.api_environment.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318" && local.api_environment_without_secrets.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318"
    error_message = "The API must get the collector's address."
  }
}

run "ecs_with_redis" {
  command = plan

  variables {
    topology             = "ecs"
    egress               = "nat"
    redis_url_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:events/redis-url-AbCdEf"
  }

  assert {
    condition     = local.api_secrets.REDIS_URL == var.redis_url_secret_arn && length([for name in keys(local.api_environment_without_secrets) : name if endswith(name, "_SECRET_ID")]) == 0
    error_message = "Where the service passes the values of secrets itself, it passes Redis's URL, too."
  }
}

run "apprunner_private" {
  command = plan

  variables {
    topology = "apprunner-private"
    egress   = "nat"
  }

  assert {
    condition     = !local.database_is_public && length(local.api_vpc.subnet_ids) == 2
    error_message = "The database must be reachable from the network only, and App Runner must have a connector."
  }

  assert {
    condition     = local.api_environment.CORS_ALLOWED_ORIGINS == "https://app.example.com,http://localhost:5173" && local.api_environment_without_secrets.CORS_ALLOWED_ORIGINS == local.api_environment.CORS_ALLOWED_ORIGINS
    error_message = "The API must get the origins of the pages that may call it."
  }

  assert {
    condition     = local.api_environment.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318" && local.api_environment_without_secrets.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318"
    error_message = "The API must get the collector's address."
  }
}

run "apprunner_private_during_a_migration" {
  command = plan

  variables {
    topology                   = "apprunner-private"
    egress                     = "nat"
    database_in_public_subnets = true
    enable_legacy_cidrs        = true
    database_allowed_cidrs     = ["203.0.113.0/24"]
  }

  assert {
    condition     = local.database_is_public && local.database_in_public_subnets
    error_message = "During a migration the database must keep its public address and its subnets."
  }
}

run "apprunner_private_after_a_migration" {
  command = plan

  variables {
    topology                   = "apprunner-private"
    egress                     = "nat"
    database_in_public_subnets = true
  }

  assert {
    condition     = !local.database_is_public && local.database_in_public_subnets && local.functions_vpc != null
    error_message = "After a migration only the address must go: AWS removes no subnet from the group of a running database."
  }
}

run "lambda" {
  command = plan

  variables {
    topology                          = "lambda"
    egress                            = "ipv6"
    tracing                           = true
    monthly_budget_dollars            = 50
    relay_every_minutes               = 30
    database_auto_pause_after_seconds = 300
  }

  assert {
    condition     = length(module.api_lambda) == 1 && output.api.kind == "lambda" && local.shape.database == "aurora"
    error_message = "The topology lambda must run the API as a function, with Aurora."
  }

  assert {
    condition     = local.functions_vpc.ipv6
    error_message = "Its functions must reach the internet by IPv6."
  }

  assert {
    condition     = local.api_environment.CORS_ALLOWED_ORIGINS == "https://app.example.com,http://localhost:5173" && local.api_environment_without_secrets.CORS_ALLOWED_ORIGINS == local.api_environment.CORS_ALLOWED_ORIGINS
    error_message = "The API must get the origins of the pages that may call it."
  }

  assert {
    condition     = local.api_environment.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318" && local.api_environment_without_secrets.OTEL_EXPORTER_OTLP_ENDPOINT == "http://localhost:4318"
    error_message = "The API must get the collector's address."
  }

  assert {
    condition     = local.api_environment.DATABASE_WAKES_WITHIN_SECONDS == "45" && module.pipeline.operator_environment.DATABASE_WAKES_WITHIN_SECONDS == "45"
    error_message = "API and commands must wait for a database that pauses."
  }
}

run "lambda_without_a_pause" {
  command = plan

  variables {
    topology = "lambda"
    egress   = "ipv6"
  }

  assert {
    condition     = !contains(keys(local.api_environment), "DATABASE_WAKES_WITHIN_SECONDS")
    error_message = "Where the database never pauses, nobody waits for it."
  }
}

run "lambda_from_a_zip" {
  command = plan

  variables {
    topology         = "lambda"
    egress           = "nat"
    api_image_uri    = null
    api_package_path = "package.zip"
  }

  assert {
    condition     = output.api.kind == "lambda" && output.images.api == null
    error_message = "The API must run from a zip where images cannot run."
  }
}

run "openai_simulator" {
  command = plan

  variables {
    topology                       = "ecs"
    egress                         = "nat"
    openai_simulator_image_uri     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:abc"
    openai_simulator_allowed_cidrs = ["198.51.100.4/32"]
  }

  assert {
    condition     = length(module.openai_simulator) == 1 && local.repository_arns.openai_simulator == "arn:aws:ecr:us-east-1:123456789012:repository/rawk/openai-simulator"
    error_message = "With its image there must be a simulator, from that repository."
  }
}

run "openai_is_real_by_default" {
  command = plan

  variables {
    topology = "ecs"
    egress   = "nat"
  }

  assert {
    condition     = length(module.openai_simulator) + length(module.openai_simulator_key) == 0 && local.openai_base_url == null && length(output.openai_simulator) == 0
    error_message = "By default there must be no simulator."
  }
}

run "core" {
  command = plan

  variables {
    topology        = "core"
    api_image_uri   = null
    secrets_version = 0
  }

  assert {
    condition     = output.api.kind == "none" && length(module.network) + length(module.database) + length(module.observability) == 0
    error_message = "The topology core must have the pipeline only."
  }
}

# --- Refusals of a plan ---------------------------------------------------------------------------------

run "refuses_an_unknown_topology" {
  command = plan

  variables {
    topology      = "kubernetes"
    api_image_uri = null
  }

  expect_failures = [var.topology]
}

run "refuses_app_runner_in_a_region_without_it" {
  command = plan

  variables {
    topology = "apprunner"
    region   = "eu-north-1"
  }

  expect_failures = [var.region]
}

run "refuses_an_invalid_region" {
  command = plan

  variables {
    topology = "ecs"
    egress   = "nat"
    region   = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "refuses_no_image" {
  command = plan

  variables {
    topology      = "ecs"
    egress        = "nat"
    api_image_uri = null
  }

  expect_failures = [var.api_image_uri]
}

run "refuses_an_image_that_is_not_in_ecr" {
  command = plan

  variables {
    topology      = "ecs"
    egress        = "nat"
    api_image_uri = "docker.io/library/rawk:1"
  }

  expect_failures = [var.api_image_uri]
}

run "refuses_a_zip_where_images_run" {
  command = plan

  variables {
    topology         = "ec2"
    api_package_path = "package.zip"
  }

  expect_failures = [var.api_package_path]
}

run "refuses_image_and_zip" {
  command = plan

  variables {
    topology         = "lambda"
    egress           = "ipv6"
    api_package_path = "package.zip"
  }

  expect_failures = [var.api_package_path]
}

run "refuses_passwords_that_can_be_guessed" {
  command = plan

  variables {
    topology                 = "ec2"
    database_password_length = 8
  }

  expect_failures = [var.database_password_length]
}

run "refuses_a_public_address_in_private_subnets" {
  command = plan

  variables {
    topology               = "apprunner-private"
    egress                 = "nat"
    enable_legacy_cidrs    = true
    database_allowed_cidrs = ["203.0.113.0/24"]
  }

  expect_failures = [var.enable_legacy_cidrs]
}

run "refuses_app_runner_without_ipv4_egress" {
  command = plan

  variables {
    topology = "apprunner-private"
    egress   = "ipv6"
  }

  expect_failures = [var.egress]
}

run "refuses_a_worker_without_egress" {
  command = plan

  variables {
    topology = "ecs"
  }

  expect_failures = [var.egress]
}

run "refuses_too_many_retries" {
  command = plan

  variables {
    topology    = "core"
    max_retries = 26

    api_image_uri = null
  }

  expect_failures = [var.max_retries]
}

run "refuses_a_simulator_that_is_not_in_ecr" {
  command = plan

  variables {
    topology                   = "ecs"
    egress                     = "nat"
    openai_simulator_image_uri = "rawk/openai-simulator:abc"
  }

  expect_failures = [var.openai_simulator_image_uri]
}

run "refuses_a_simulator_without_a_network" {
  command = plan

  variables {
    topology                   = "core"
    api_image_uri              = null
    openai_simulator_image_uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:abc"
  }

  expect_failures = [var.openai_simulator_image_uri]
}

run "refuses_two_openais" {
  command = plan

  variables {
    topology                   = "ecs"
    egress                     = "nat"
    openai_base_url            = "http://198.51.100.9:8000/memo/v1"
    openai_simulator_image_uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:abc"
  }

  expect_failures = [var.openai_simulator_image_uri]
}

run "refuses_a_simulator_that_functions_cannot_reach" {
  command = plan

  variables {
    topology                       = "ec2"
    architecture                   = "arm64"
    database_allowed_cidrs         = ["0.0.0.0/0"]
    openai_simulator_image_uri     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:abc"
    openai_simulator_allowed_cidrs = ["198.51.100.4/32"]
  }

  expect_failures = [var.openai_simulator_allowed_cidrs]
}

run "refuses_a_simulator_without_a_key" {
  command = plan

  variables {
    topology                       = "ecs"
    egress                         = "nat"
    openai_simulator_image_uri     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:abc"
    openai_simulator_allowed_cidrs = ["198.51.100.4/32"]
    openai_simulator_key           = "short"
  }

  expect_failures = [var.openai_simulator_key]
}
