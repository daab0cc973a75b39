# The API as a Lambda function: the same image with the Lambda Web Adapter, behind a Function URL or an HTTP API.
# A request to a function has at most 6 MB, so large recordings need a presigned upload (POST /api/v1/uploads).

locals {
  tags       = merge(var.tags, { Project = "rawk", Pipeline = var.name })
  service    = "${var.name}-api"
  from_image = var.image_uri != null
  port       = 8080

  adapter_environment = merge(
    {
      PORT                         = tostring(local.port)
      AWS_LWA_PORT                 = tostring(local.port)
      AWS_LWA_READINESS_CHECK_PATH = "/healthz"
    },
    # With a zip, the adapter is a layer and Lambda starts it with this variable; an image has it as an extension.
    local.from_image ? {} : { AWS_LAMBDA_EXEC_WRAPPER = "/opt/bootstrap" },
    try(var.vpc.ipv6, false) ? { AWS_USE_DUALSTACK_ENDPOINT = "true" } : {},
  )
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${local.service}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_iam_role_policy" "function" {
  name = "function"
  role = var.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # The wildcard covers the log streams of this one group.
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.this.arn}:*"
    }]
  })
}

resource "aws_iam_role_policy" "networking" {
  # checkov:skip=CKV_AWS_355: Lambda creates network interfaces without names; AWS supports no narrower resource
  # checkov:skip=CKV_AWS_290: Lambda creates network interfaces without names; AWS supports no narrower resource
  count = var.vpc == null ? 0 : 1

  name   = "networking"
  role   = var.role_name
  policy = var.networking_policy
}

resource "aws_iam_role_policy" "tracing" {
  count = var.tracing ? 1 : 0

  name   = "tracing"
  role   = var.role_name
  policy = var.tracing_policy
}

resource "aws_lambda_function" "this" {
  function_name = local.service
  description   = "Accepts recordings and returns their memories."
  role          = var.role_arn
  architectures = [var.architecture]
  timeout       = var.timeout_seconds
  memory_size   = var.memory_megabytes
  tags          = local.tags

  package_type     = local.from_image ? "Image" : "Zip"
  image_uri        = var.image_uri
  filename         = var.package_path
  source_code_hash = local.from_image ? null : try(filebase64sha256(var.package_path), null)
  runtime          = local.from_image ? null : "python3.13"
  handler          = local.from_image ? null : "run.sh"
  layers           = local.from_image || var.adapter_layer_arn == null ? null : [var.adapter_layer_arn]

  environment {
    variables = merge(var.environment, local.adapter_environment, var.extra_environment)
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]
    content {
      subnet_ids                  = vpc_config.value.subnet_ids
      security_group_ids          = vpc_config.value.security_group_ids
      ipv6_allowed_for_dual_stack = vpc_config.value.ipv6
    }
  }

  dynamic "tracing_config" {
    for_each = var.tracing ? ["Active"] : []
    content {
      mode = tracing_config.value
    }
  }

  lifecycle {
    precondition {
      condition     = length(setintersection(keys(var.extra_environment), concat(keys(var.environment), keys(local.adapter_environment)))) == 0
      error_message = "extra_environment must not replace variables of the API."
    }
  }

  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.function,
    aws_iam_role_policy.networking,
  ]
}

# --- Function URL --------------------------------------------------------------------------------------

# Without AWS authorization: the API checks API keys itself, as behind every other ingress.
resource "aws_lambda_function_url" "this" {
  # checkov:skip=CKV_AWS_258: it is the public entry point; the API checks keys itself
  count = var.api_gateway ? 0 : 1

  function_name      = aws_lambda_function.this.function_name
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "url" {
  # checkov:skip=CKV_AWS_301: it is the public entry point; the API checks keys itself
  count = var.api_gateway ? 0 : 1

  statement_id           = "function-url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.this.function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

# Required for Function URLs created since October 2025, in addition to the permission above: with it, every client of AWS that
# knows the function's ARN may invoke it directly. AWS can restrict it with lambda:InvokedViaFunctionUrl, which the provider
# supports from 6.28 on (docs/decisions/0028). The application requires an API key there, too. Behind an HTTP API, which has a
# permission of its own, nobody else may invoke the function.
resource "aws_lambda_permission" "invoke" {
  # checkov:skip=CKV_AWS_301: it is the public entry point; the API checks keys itself
  count = var.api_gateway ? 0 : 1

  statement_id  = "function-url-invoke"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "*"
}

# --- Instead of it: an HTTP API of API Gateway, for throttling, host names, and a function that nobody else may invoke ----------

resource "aws_apigatewayv2_api" "this" {
  count = var.api_gateway ? 1 : 0

  name          = local.service
  protocol_type = "HTTP"
  tags          = local.tags
}

resource "aws_apigatewayv2_integration" "this" {
  count = var.api_gateway ? 1 : 0

  api_id                 = aws_apigatewayv2_api.this[0].id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.this.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "this" {
  # checkov:skip=CKV_AWS_309: the API checks keys itself
  count = var.api_gateway ? 1 : 0

  api_id    = aws_apigatewayv2_api.this[0].id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.this[0].id}"
}

resource "aws_apigatewayv2_stage" "this" {
  # checkov:skip=CKV_AWS_76: the API logs every request
  count = var.api_gateway ? 1 : 0

  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "$default"
  auto_deploy = true
  tags        = local.tags

  default_route_settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }
}

resource "aws_lambda_permission" "api_gateway" {
  count = var.api_gateway ? 1 : 0

  statement_id  = "api-gateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this[0].execution_arn}/*"
}

# --- Alarms --------------------------------------------------------------------------------------------

locals {
  traffic = (
    var.api_gateway ?
    {
      requests = ["AWS/ApiGateway", "Count", "ApiId", aws_apigatewayv2_api.this[0].id]
      errors   = ["AWS/ApiGateway", "5xx", "ApiId", aws_apigatewayv2_api.this[0].id]
    } :
    {
      requests = ["AWS/Lambda", "UrlRequestCount", "FunctionName", aws_lambda_function.this.function_name]
      errors   = ["AWS/Lambda", "Url5xxCount", "FunctionName", aws_lambda_function.this.function_name]
    }
  )
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.service}-5xx"
  alarm_description   = "The API returns server errors."
  namespace           = local.traffic.errors[0]
  metric_name         = local.traffic.errors[1]
  dimensions          = { (local.traffic.errors[2]) = local.traffic.errors[3] }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}
