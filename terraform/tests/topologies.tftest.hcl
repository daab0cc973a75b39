# The whole configuration, topology by topology, against a mocked provider: what each is made of, and what is refused
# before anything is made. One apply a topology shows that everything fits together; AWS itself is asked nothing.

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
    defaults = { name = "us-east-1" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
}

# Mocks know no ephemeral resources: the provider that has them is a real one, and is asked for nothing, because the
# password is given.
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
  alarm_email         = "somebody@example.com"

  secrets_version            = 1
  openai_api_key             = "sk-0123456789abcdefghij"
  api_keys_json              = "{\"key-of-acme-0123456789abcdef\": \"acme\"}"
  generate_database_password = false
  database_password          = "correct-horse-battery-staple"

  generate_openai_simulator_key = false
  openai_simulator_key          = "made-up-0123456789abcdefghijklmnopqrstuv"
}

# --- What each is made of ------------------------------------------------------------------------------

run "apprunner" {
  command = plan

  variables {
    topology               = "apprunner"
    database_allowed_cidrs = ["0.0.0.0/0"]
  }

  assert {
    condition     = length(module.api_apprunner) == 1 && length(module.api_ec2) + length(module.api_ecs) + length(module.api_lambda) == 0
    error_message = "The topology apprunner runs the API on App Runner and nowhere else."
  }

  assert {
    condition     = length(module.network[0].private_subnet_ids) == 0 && local.database_is_public && local.functions_vpc == null
    error_message = "Its database has a public address, and its functions stay outside the network."
  }

  assert {
    condition     = output.api.kind == "apprunner" && output.topology == "apprunner" && output.images.api == var.api_image_uri
    error_message = "The outputs must say what runs where."
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
    error_message = "The topology ec2 runs the API on a machine."
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
    error_message = "The topology ecs runs the API on ECS, its database in private."
  }

  assert {
    condition     = length(local.functions_vpc.subnet_ids) == 2 && !local.functions_vpc.ipv6
    error_message = "Its worker joins the network, where the database is, and leaves it by NAT."
  }

  assert {
    condition     = sort(keys(local.api_secrets)) == tolist(["API_KEYS_JSON", "DATABASE_URL"]) && length([for name in keys(local.api_environment_without_secrets) : name if endswith(name, "_SECRET_ID")]) == 0
    error_message = "ECS hands the API its secrets; the API is not told where they are besides."
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
    error_message = "The database is reachable from the network only, which App Runner joins by its connector."
  }
}

run "apprunner_private_during_a_migration" {
  command = plan

  variables {
    topology               = "apprunner-private"
    egress                 = "nat"
    enable_legacy_cidrs    = true
    database_allowed_cidrs = ["203.0.113.0/24"]
  }

  assert {
    condition     = local.database_is_public
    error_message = "During a migration the database stays reachable as it was."
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
    error_message = "The topology lambda runs the API as a function, on Aurora."
  }

  assert {
    condition     = local.functions_vpc.ipv6
    error_message = "Its functions leave the network by IPv6."
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
    error_message = "Where images can not run, the API comes from a zip."
  }
}

run "openai_made_up" {
  command = plan

  variables {
    topology                       = "ecs"
    egress                         = "nat"
    openai_simulator_image_uri     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:abc"
    openai_simulator_allowed_cidrs = ["198.51.100.4/32"]
  }

  assert {
    condition     = length(module.openai_simulator) == 1 && local.repository_arns.openai_simulator == "arn:aws:ecr:us-east-1:123456789012:repository/rawk/openai-simulator"
    error_message = "With the switch there is a simulator, from that repository."
  }
}

run "openai_is_the_real_one_unless_said_otherwise" {
  command = plan

  variables {
    topology = "ecs"
    egress   = "nat"
  }

  assert {
    condition     = length(module.openai_simulator) + length(module.openai_simulator_key) == 0 && local.openai_base_url == null && length(output.openai_simulator) == 0
    error_message = "Nobody's recordings go to a simulator by default."
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
    error_message = "The topology core is the pipeline alone."
  }
}

# --- Refusals: a sentence at plan ------------------------------------------------------------------------

run "refuses_an_unknown_topology" {
  command = plan

  variables {
    topology      = "kubernetes"
    api_image_uri = null
  }

  expect_failures = [var.topology]
}

run "refuses_app_runner_where_there_is_none" {
  command = plan

  variables {
    topology = "apprunner"
    region   = "eu-north-1"
  }

  expect_failures = [var.region]
}

run "refuses_what_is_no_region" {
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

run "refuses_a_worker_without_a_way_to_openai" {
  command = plan

  variables {
    topology = "ecs"
  }

  expect_failures = [var.egress]
}

run "refuses_a_provider_that_retries_for_ever" {
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

run "refuses_a_simulator_that_functions_can_not_reach" {
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

run "refuses_a_simulator_whose_key_nobody_makes" {
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
