# The modules of the API, against a mocked provider: their resources refer to each other correctly.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { value = "ami-0123456789abcdef0" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/memo-some" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:some" }
  }
  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:memo-some" }
  }
  mock_resource "aws_apprunner_auto_scaling_configuration_version" {
    defaults = { arn = "arn:aws:apprunner:us-east-1:123456789012:autoscalingconfiguration/memo-api/1/0123456789abcdef" }
  }
  mock_resource "aws_apprunner_vpc_connector" {
    defaults = { arn = "arn:aws:apprunner:us-east-1:123456789012:vpcconnector/memo-api/1/0123456789abcdef" }
  }
  mock_resource "aws_apprunner_service" {
    defaults = { service_url = "memo.example.awsapprunner.com", service_id = "0123456789abcdef" }
  }
  mock_resource "aws_eip" {
    defaults = { public_ip = "203.0.113.7" }
  }
  mock_resource "aws_instance" {
    defaults = { private_ip = "10.0.1.7" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/memo-api/0123456789abcdef", arn_suffix = "app/memo-api/0123456789abcdef" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/memo-api/0123456789abcdef" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/memo-api/0123456789abcdef/0123456789abcdef" }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { id = "arn:aws:ecs:us-east-1:123456789012:cluster/memo-api" }
  }
  mock_resource "aws_ecs_service" {
    defaults = { id = "arn:aws:ecs:us-east-1:123456789012:service/memo-api/memo-api" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/memo-api:1" }
  }
  mock_resource "aws_apigatewayv2_stage" {
    defaults = { invoke_url = "https://abc.execute-api.us-east-1.amazonaws.com/" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:us-east-1:123456789012:abc" }
  }
  mock_resource "aws_lambda_function_url" {
    defaults = { function_url = "https://abc.lambda-url.us-east-1.on.aws/" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:memo-api/invocations" }
  }
}

variables {
  name             = "memo"
  image_uri        = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk-api:abc"
  repository_arn   = "arn:aws:ecr:us-east-1:123456789012:repository/rawk-api"
  role_arn         = "arn:aws:iam::123456789012:role/memo-api"
  role_name        = "memo-api"
  alarms_topic_arn = "arn:aws:sns:us-east-1:123456789012:memo-alarms"
  environment      = { AUDIO_BUCKET = "memo-audio", LOG_LEVEL = "INFO" }
  secrets = {
    DATABASE_URL  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/database-url"
    API_KEYS_JSON = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/api-keys"
  }
  architecture      = "x86_64"
  networking_policy = "{}"
  tracing_policy    = "{}"
}

# --- App Runner ----------------------------------------------------------------------------------------

run "apprunner" {
  module { source = "./modules/api_apprunner" }

  assert {
    condition     = aws_apprunner_service.this.source_configuration[0].image_repository[0].image_configuration[0].runtime_environment_secrets == tomap(var.secrets)
    error_message = "The service must get its secrets."
  }

  assert {
    condition     = aws_apprunner_service.this.source_configuration[0].image_repository[0].image_configuration[0].runtime_environment_variables.AWS_DEFAULT_REGION == "us-east-1"
    error_message = "boto3 must get its region: it does not read AWS_REGION."
  }

  assert {
    condition     = aws_apprunner_service.this.health_check_configuration[0].path == "/healthz" && !aws_apprunner_service.this.source_configuration[0].auto_deployments_enabled
    error_message = "It has a health check, and only a deployment changes it."
  }

  assert {
    condition     = length(aws_apprunner_vpc_connector.this) == 0 && !strcontains(aws_apprunner_service.this.source_configuration[0].image_repository[0].image_configuration[0].start_command, "migrate")
    error_message = "There is no connector without a network; migrations are a separate step."
  }

  assert {
    condition     = one([for each in jsondecode(aws_iam_role_policy.pull.policy).Statement : each.Resource if each.Sid == "FetchTheImage"]) == var.repository_arn
    error_message = "It may pull this image and no other."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.errors.alarm_actions == toset([var.alarms_topic_arn]) && output.api.url == "https://memo.example.awsapprunner.com"
    error_message = "Server errors must reach the topic, and the outputs must have its URL."
  }
}

run "apprunner_private" {
  module { source = "./modules/api_apprunner" }

  variables {
    vpc              = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-api"] }
    migrate_on_start = true
  }

  assert {
    condition = (
      aws_apprunner_service.this.network_configuration[0].egress_configuration[0].egress_type == "VPC" &&
      aws_apprunner_service.this.network_configuration[0].egress_configuration[0].vpc_connector_arn == aws_apprunner_vpc_connector.this[0].arn
    )
    error_message = "All outbound traffic must use the connector."
  }

  assert {
    condition     = strcontains(aws_apprunner_service.this.source_configuration[0].image_repository[0].image_configuration[0].start_command, "rawk migrate && exec rawk serve")
    error_message = "It must migrate before it serves."
  }
}

run "refuses_the_tag_latest" {
  command = plan
  module { source = "./modules/api_apprunner" }

  variables {
    image_uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk-api:latest"
  }

  expect_failures = [var.image_uri]
}

run "refuses_a_minimum_above_the_maximum" {
  command = plan
  module { source = "./modules/api_apprunner" }

  variables {
    min_instances = 4
  }

  expect_failures = [aws_apprunner_auto_scaling_configuration_version.this]
}

# --- EC2 -----------------------------------------------------------------------------------------------

run "ec2" {
  module { source = "./modules/api_ec2" }

  variables {
    subnet_id         = "subnet-1"
    security_group_id = "sg-api"
  }

  assert {
    condition     = aws_instance.this.instance_type == "t4g.micro" && aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.root_block_device[0].encrypted && aws_instance.this.volume_tags.Pipeline == "memo"
    error_message = "The machine must be a small ARM one with IMDSv2 only and an encrypted disk."
  }

  assert {
    condition     = strcontains(aws_instance.this.user_data, var.image_uri) && strcontains(aws_instance.this.user_data, "AUDIO_BUCKET=memo-audio") && aws_instance.this.user_data_replace_on_change
    error_message = "The machine must run this image with this environment, and another image must replace the machine."
  }

  assert {
    condition     = !strcontains(aws_instance.this.user_data, "DATABASE_URL=")
    error_message = "User data must have no secret: every client that may describe the machine can read it."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.http["0.0.0.0/0"].from_port == 80 && length(aws_vpc_security_group_ingress_rule.http) == 1
    error_message = "Only HTTP may be open: no SSH."
  }

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.requests["ServerErrors"].metric_transformation[0].name == aws_cloudwatch_metric_alarm.errors.metric_name &&
      aws_cloudwatch_log_metric_filter.requests["ServerErrors"].log_group_name == aws_cloudwatch_log_group.this.name
    )
    error_message = "The alarm must monitor the metric of the API's log filter."
  }

  assert {
    condition     = output.api.url == "http://203.0.113.7"
    error_message = "Its URL must have the Elastic IP."
  }
}

run "refuses_a_machine_that_is_not_arm" {
  command = plan
  module { source = "./modules/api_ec2" }

  variables {
    subnet_id         = "subnet-1"
    security_group_id = "sg-api"
    instance_type     = "t3.micro"
  }

  expect_failures = [aws_instance.this]
}

run "refuses_the_tag_latest_on_a_machine" {
  command = plan
  module { source = "./modules/api_ec2" }

  variables {
    image_uri         = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk-api:latest"
    subnet_id         = "subnet-1"
    security_group_id = "sg-api"
  }

  expect_failures = [var.image_uri]
}

# --- ECS -----------------------------------------------------------------------------------------------

run "ecs" {
  module { source = "./modules/api_ecs" }

  variables {
    vpc_id            = "vpc-1"
    vpc_cidr          = "10.42.0.0/16"
    public_subnet_ids = ["subnet-1", "subnet-2"]
    security_group_id = "sg-api"
  }

  assert {
    condition = toset([for each in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets : each.valueFrom if each.name == "DATABASE_URL"]) == toset([
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/database-url",
    ])
    error_message = "The task must get DATABASE_URL from Secrets Manager."
  }

  assert {
    condition     = one([for each in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : each.value if each.name == "AWS_DEFAULT_REGION"]) == "us-east-1"
    error_message = "boto3 must get its region: it does not read AWS_REGION."
  }

  assert {
    condition     = toset(one([for each in jsondecode(aws_iam_role_policy.execution.policy).Statement : each.Resource if each.Sid == "ReadSecrets"])) == toset(values(var.secrets))
    error_message = "The execution role may read exactly the task's secrets."
  }

  assert {
    condition     = toset(keys(aws_lb_target_group.this)) == toset(["blue", "green"]) && alltrue([for group in aws_lb_target_group.this : group.health_check[0].path == "/healthz"])
    error_message = "There must be two target groups with the API's health check."
  }

  assert {
    condition = (
      aws_ecs_service.this.deployment_controller[0].type == "CODE_DEPLOY" &&
      aws_codedeploy_deployment_group.this.deployment_style[0].deployment_type == "BLUE_GREEN" &&
      aws_codedeploy_deployment_group.this.load_balancer_info[0].target_group_pair_info[0].prod_traffic_route[0].listener_arns == toset([aws_lb_listener.this.arn])
    )
    error_message = "CodeDeploy must replace the service's tasks and switch the listener."
  }

  assert {
    condition = (
      aws_codedeploy_deployment_group.this.alarm_configuration[0].enabled &&
      aws_codedeploy_deployment_group.this.alarm_configuration[0].alarms == toset([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name]) &&
      contains(aws_codedeploy_deployment_group.this.auto_rollback_configuration[0].events, "DEPLOYMENT_STOP_ON_ALARM")
    )
    error_message = "A deployment must roll back when an alarm becomes active."
  }

  assert {
    condition     = toset([for policy in aws_appautoscaling_policy.this : policy.target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].predefined_metric_type]) == toset(["ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization"])
    error_message = "It must scale by CPU and memory."
  }

  assert {
    condition     = tonumber(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].command[7]) > aws_lb.this.idle_timeout && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].command[6] == "--idle-seconds"
    error_message = "The API must keep idle connections longer than the load balancer: it would send a request to a closing one."
  }

  assert {
    condition     = aws_ecs_task_definition.this.cpu == "512" && aws_ecs_task_definition.this.memory == "1024"
    error_message = "A task must have half a processor and one gigabyte."
  }

  assert {
    condition     = aws_appautoscaling_target.this.resource_id == "service/memo-api/memo-api" && aws_appautoscaling_target.this.min_capacity == 1 && aws_appautoscaling_target.this.max_capacity == 4
    error_message = "The scaling must be for this service, between its limits."
  }

  assert {
    condition     = aws_lb.this.internal && aws_lb_listener.this.port == 80 && aws_apigatewayv2_integration.this.integration_uri == aws_lb_listener.this.arn && aws_apigatewayv2_integration.this.connection_type == "VPC_LINK"
    error_message = "Only API Gateway may reach the load balancer, by its VPC link."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.tasks.referenced_security_group_id == aws_security_group.load_balancer.id && aws_vpc_security_group_ingress_rule.load_balancer["80"].cidr_ipv4 == "10.42.0.0/16"
    error_message = "Only the load balancer may reach the tasks, and only the network the load balancer."
  }

  assert {
    condition = (
      toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["cpu", "memory", "5xx", "5xx-no-api"]) &&
      alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([var.alarms_topic_arn])])
    )
    error_message = "The alarms on CPU, memory and server errors must reach the topic."
  }

  assert {
    condition     = output.api.url == "https://abc.execute-api.us-east-1.amazonaws.com" && output.api.codedeploy_group == "memo-api" && output.api.container_port == "8080"
    error_message = "The outputs must have the values that a rollout needs."
  }
}

run "ecs_with_a_certificate" {
  module { source = "./modules/api_ecs" }

  variables {
    vpc_id            = "vpc-1"
    vpc_cidr          = "10.42.0.0/16"
    public_subnet_ids = ["subnet-1", "subnet-2"]
    security_group_id = "sg-api"
    certificate_arn   = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
    server_name       = "memo.example.com"
  }

  assert {
    condition     = !aws_lb.this.internal && aws_lb_listener.this.protocol == "HTTPS" && aws_lb_listener.redirect[0].default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "With a certificate it must be public and redirect HTTP to HTTPS."
  }
}

run "refuses_a_name_too_long_for_a_load_balancer" {
  command = plan
  module { source = "./modules/api_ecs" }

  variables {
    name              = "a-name-of-twenty-three-c"
    vpc_id            = "vpc-1"
    vpc_cidr          = "10.42.0.0/16"
    public_subnet_ids = ["subnet-1", "subnet-2"]
    security_group_id = "sg-api"
  }

  expect_failures = [aws_lb_target_group.this]
}

run "refuses_wrong_numbers_of_tasks" {
  command = plan
  module { source = "./modules/api_ecs" }

  variables {
    vpc_id            = "vpc-1"
    vpc_cidr          = "10.42.0.0/16"
    public_subnet_ids = ["subnet-1", "subnet-2"]
    security_group_id = "sg-api"
    min_tasks         = 5
  }

  expect_failures = [aws_appautoscaling_target.this]
}

run "refuses_no_tasks_and_half_a_certificate" {
  command = plan
  module { source = "./modules/api_ecs" }

  variables {
    vpc_id            = "vpc-1"
    vpc_cidr          = "10.42.0.0/16"
    public_subnet_ids = ["subnet-1", "subnet-2"]
    security_group_id = "sg-api"
    min_tasks         = 0
    server_name       = "memo.example.com"
  }

  expect_failures = [var.min_tasks, var.server_name]
}

run "refuses_the_tag_latest_in_a_task" {
  command = plan
  module { source = "./modules/api_ecs" }

  variables {
    image_uri         = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk-api:latest"
    vpc_id            = "vpc-1"
    vpc_cidr          = "10.42.0.0/16"
    public_subnet_ids = ["subnet-1", "subnet-2"]
    security_group_id = "sg-api"
  }

  expect_failures = [var.image_uri]
}

# --- Lambda --------------------------------------------------------------------------------------------

run "lambda" {
  module { source = "./modules/api_lambda" }

  variables {
    vpc     = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-functions"], ipv6 = true }
    tracing = true
  }

  assert {
    condition     = aws_lambda_function.this.package_type == "Image" && aws_lambda_function.this.handler == null && !contains(keys(aws_lambda_function.this.environment[0].variables), "AWS_LAMBDA_EXEC_WRAPPER")
    error_message = "An image needs no adapter layer."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables.AWS_LWA_READINESS_CHECK_PATH == "/healthz" && aws_lambda_function.this.environment[0].variables.AWS_USE_DUALSTACK_ENDPOINT == "true"
    error_message = "The adapter must wait for the API; without NAT, calls of AWS must use IPv6."
  }

  assert {
    condition = (
      aws_lambda_function_url.this[0].function_name == "memo-api" &&
      aws_lambda_permission.url[0].action == "lambda:InvokeFunctionUrl" && aws_lambda_permission.url[0].function_url_auth_type == "NONE" &&
      aws_lambda_permission.invoke[0].action == "lambda:InvokeFunction"
    )
    error_message = "The Function URL must be callable: since October 2025 this needs two permissions."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && length(aws_iam_role_policy.tracing) == 1 && length(aws_iam_role_policy.networking) == 1
    error_message = "It must have tracing, the network, and the permissions for both."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.errors.metric_name == "Url5xxCount" && aws_cloudwatch_metric_alarm.errors.alarm_actions == toset([var.alarms_topic_arn])
    error_message = "Server errors must reach the topic."
  }
}

run "lambda_from_a_zip_behind_api_gateway" {
  module { source = "./modules/api_lambda" }

  variables {
    image_uri         = null
    package_path      = "package.zip"
    adapter_layer_arn = "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:25"
    api_gateway       = true
  }

  assert {
    condition = (
      aws_lambda_function.this.handler == "run.sh" && aws_lambda_function.this.layers == tolist([var.adapter_layer_arn]) &&
      aws_lambda_function.this.environment[0].variables.AWS_LAMBDA_EXEC_WRAPPER == "/opt/bootstrap"
    )
    error_message = "With a zip, the adapter must be a layer and start the API's script."
  }

  assert {
    condition     = aws_apigatewayv2_route.this[0].route_key == "$default" && aws_lambda_permission.api_gateway[0].source_arn == "arn:aws:execute-api:us-east-1:123456789012:abc/*"
    error_message = "API Gateway must forward all requests, and only this API may."
  }

  assert {
    condition     = length(aws_lambda_function_url.this) + length(aws_lambda_permission.url) + length(aws_lambda_permission.invoke) == 0
    error_message = "Behind API Gateway nobody else may invoke the function."
  }

  assert {
    condition     = output.api.url == "https://abc.execute-api.us-east-1.amazonaws.com" && output.api.health_url == "https://abc.execute-api.us-east-1.amazonaws.com/api/v1/health"
    error_message = "The API's address must be that of API Gateway."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.errors.namespace == "AWS/ApiGateway" && aws_cloudwatch_metric_alarm.errors.metric_name == "5xx" && keys(aws_cloudwatch_metric_alarm.errors.dimensions) == tolist(["ApiId"])
    error_message = "Server errors must be those that API Gateway counts."
  }
}

run "refuses_to_have_its_environment_replaced" {
  command = plan
  module { source = "./modules/api_lambda" }

  variables {
    extra_environment = { PORT = "1" }
  }

  expect_failures = [aws_lambda_function.this]
}

run "refuses_image_and_zip" {
  command = plan
  module { source = "./modules/api_lambda" }

  variables {
    package_path = "package.zip"
  }

  expect_failures = [var.image_uri]
}

# --- The OpenAI simulator, for scenarios ---------------------------------------------------------------------

run "openai_simulator" {
  module { source = "./modules/openai_simulator" }

  variables {
    image_uri            = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:abc"
    repository_arn       = "arn:aws:ecr:us-east-1:123456789012:repository/rawk/openai-simulator"
    key_secret_arn       = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/openai-simulator-key-abc"
    vpc_id               = "vpc-1"
    vpc_cidr             = "10.0.0.0/16"
    subnet_id            = "subnet-1"
    functions_are_inside = true
    allowed_cidrs        = ["198.51.100.4/32"]
  }

  assert {
    condition     = aws_instance.this.instance_type == "t4g.micro" && aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "The machine must be a small ARM one with IMDSv2 only, and its container must not reach the machine's role."
  }

  assert {
    condition     = strcontains(aws_instance.this.user_data, var.image_uri) && strcontains(aws_instance.this.user_data, "--secret-id ${var.key_secret_arn}") && aws_instance.this.user_data_replace_on_change
    error_message = "The machine must run this image and fetch its key itself, and another image must replace the machine."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.http)) == toset(["10.0.0.0/16", "198.51.100.4/32"]) && alltrue([for rule in aws_vpc_security_group_ingress_rule.http : rule.from_port == 8000 && rule.to_port == 8000])
    error_message = "Only the network and the given blocks may reach it, at one port: no SSH."
  }

  assert {
    condition     = [for each in jsondecode(aws_iam_role_policy.this.policy).Statement : each.Resource if each.Sid == "ReadItsKey"] == [var.key_secret_arn]
    error_message = "It may read its own key and no other secret."
  }

  assert {
    condition     = output.base_url == "http://10.0.1.7:8000/memo/v1" && output.url == "http://203.0.113.7:8000"
    error_message = "Functions inside the network must use the private address, scenarios the Elastic IP."
  }
}

run "openai_simulator_for_functions_outside" {
  module { source = "./modules/openai_simulator" }

  variables {
    key_secret_arn       = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/openai-simulator-key-abc"
    vpc_id               = "vpc-1"
    vpc_cidr             = "10.0.0.0/16"
    subnet_id            = "subnet-1"
    functions_are_inside = false
    allowed_cidrs        = ["0.0.0.0/0"]
  }

  assert {
    condition     = output.base_url == "http://203.0.113.7:8000/memo/v1"
    error_message = "Functions outside the network must use the Elastic IP."
  }
}

run "refuses_a_simulator_without_a_fixed_version" {
  command = plan
  module { source = "./modules/openai_simulator" }

  variables {
    image_uri            = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:latest"
    key_secret_arn       = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/openai-simulator-key-abc"
    vpc_id               = "vpc-1"
    vpc_cidr             = "10.0.0.0/16"
    subnet_id            = "subnet-1"
    functions_are_inside = false
  }

  expect_failures = [var.image_uri]
}

run "refuses_a_simulator_on_an_intel_machine" {
  command = plan
  module { source = "./modules/openai_simulator" }

  variables {
    key_secret_arn       = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/openai-simulator-key-abc"
    vpc_id               = "vpc-1"
    vpc_cidr             = "10.0.0.0/16"
    subnet_id            = "subnet-1"
    functions_are_inside = false
    instance_type        = "t3.micro"
  }

  expect_failures = [aws_instance.this]
}
