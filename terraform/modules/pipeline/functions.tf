# The functions: the worker processes jobs, the relay sends, retries and sweeps. One package, two handlers, two roles.

locals {
  # Either a zip or an image, with the same code.
  from_image = var.worker_image_uri != null

  worker_handler = "rawk.aws_lambda.worker_handler"
  relay_handler  = "rawk.aws_lambda.relay_handler"

  worker_environment = merge(
    {
      AUDIO_BUCKET                = aws_s3_bucket.audio.id
      JOBS_QUEUE_URL              = aws_sqs_queue.jobs.url
      DATABASE_URL_SECRET_ID      = aws_secretsmanager_secret.this["database-url"].arn
      OPENAI_API_KEY_SECRET_ID    = local.openai_api_key_secret_arn
      TRANSCRIPTION_MODEL         = var.transcription_model
      ANALYSIS_MODEL              = var.analysis_model
      OPENAI_TIMEOUT_SECONDS      = tostring(var.openai_timeout_seconds)
      MAX_RECEIVE_COUNT           = tostring(var.max_receive_count)
      VISIBILITY_TIMEOUT_SECONDS  = tostring(local.visibility_timeout_seconds)
      JOB_RETENTION_SECONDS       = tostring(var.jobs_retention_seconds)
      LEASE_SECONDS               = tostring(local.lease_seconds)
      ANALYSIS_RETRY_BASE_SECONDS = tostring(var.analysis_retry_base_seconds)
      ANALYSIS_RETRY_LIMIT        = tostring(var.analysis_retry_limit)
      LOG_LEVEL                   = var.log_level
    },
    # With an empty OPENAI_BASE_URL every call fails, so the variable exists only with a value.
    var.openai_base_url == null ? {} : { OPENAI_BASE_URL = var.openai_base_url },
    local.database_environment,
    local.telemetry_environment,
    local.redis_environment,
  )

  relay_environment = merge(
    {
      AUDIO_BUCKET                = aws_s3_bucket.audio.id
      JOBS_QUEUE_URL              = aws_sqs_queue.jobs.url
      DEAD_LETTER_QUEUE_URL       = aws_sqs_queue.dead_letters.url
      DATABASE_URL_SECRET_ID      = aws_secretsmanager_secret.this["database-url"].arn
      MAX_RECEIVE_COUNT           = tostring(var.max_receive_count)
      VISIBILITY_TIMEOUT_SECONDS  = tostring(local.visibility_timeout_seconds)
      JOB_RETENTION_SECONDS       = tostring(var.jobs_retention_seconds)
      LEASE_SECONDS               = tostring(local.lease_seconds)
      ANALYSIS_RETRY_BASE_SECONDS = tostring(var.analysis_retry_base_seconds)
      ANALYSIS_RETRY_LIMIT        = tostring(var.analysis_retry_limit)
      ORPHAN_AUDIO_AFTER_SECONDS  = tostring(var.orphan_audio_after_seconds)
      OUTBOX_GRACE_SECONDS        = tostring(var.outbox_grace_seconds)
      LOG_LEVEL                   = var.log_level
    },
    local.database_environment,
    local.telemetry_environment,
    local.redis_environment,
  )

  # The variable exists only with a value: it is what turns traces on.
  telemetry_environment = var.otel_endpoint == null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT = var.otel_endpoint }

  redis_environment = var.redis_url_secret_arn == null ? {} : { REDIS_URL_SECRET_ID = var.redis_url_secret_arn }

  database_environment = var.database_wakes_within_seconds == null ? {} : {
    DATABASE_WAKES_WITHIN_SECONDS = tostring(var.database_wakes_within_seconds)
  }

  # Without NAT, the functions reach AWS by IPv6, which only the dual-stack endpoints support.
  network_environment = try(var.vpc.ipv6, false) ? { AWS_USE_DUALSTACK_ENDPOINT = "true" } : {}

  replaced_environment = setintersection(
    keys(var.extra_environment),
    concat(keys(local.worker_environment), keys(local.relay_environment)),
  )
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/aws/lambda/${local.worker_function}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "relay" {
  name              = "/aws/lambda/${local.relay_function}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_lambda_function" "worker" {
  function_name = local.worker_function
  description   = "Processes one recording: transcribes, analyses, saves."
  role          = aws_iam_role.worker.arn
  architectures = [var.architecture]
  timeout       = var.function_timeout_seconds
  memory_size   = var.function_memory_megabytes
  tags          = local.tags

  package_type     = local.from_image ? "Image" : "Zip"
  image_uri        = var.worker_image_uri
  filename         = var.worker_package_path
  source_code_hash = local.from_image ? null : try(filebase64sha256(var.worker_package_path), null)
  runtime          = local.from_image ? null : "python3.13"
  handler          = local.from_image ? null : local.worker_handler

  dynamic "image_config" {
    for_each = local.from_image ? [local.worker_handler] : []
    content {
      command = [image_config.value]
    }
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

  environment {
    variables = merge(local.worker_environment, local.network_environment, var.extra_environment)
  }

  # Without its log group Lambda would try to create one without retention, which its role does not allow.
  # Without its policy a first job would fail with a denied call.
  depends_on = [aws_cloudwatch_log_group.worker, aws_iam_role_policy.worker, aws_iam_role_policy.networking]

  lifecycle {
    precondition {
      condition     = local.lease_seconds <= local.visibility_timeout_seconds
      error_message = "The lease (${local.lease_seconds} s = function_timeout_seconds + lease_margin_seconds) must not outlast the visibility timeout (${local.visibility_timeout_seconds} s): otherwise a job is visible again while its memory is still leased."
    }

    precondition {
      condition     = length(local.replaced_environment) == 0
      error_message = "extra_environment must not replace variables of the module: ${join(", ", local.replaced_environment)}."
    }
  }
}

resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn        = aws_sqs_queue.jobs.arn
  function_name           = aws_lambda_function.worker.function_name
  batch_size              = 1 # a failed recording must not fail another one
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = local.tags

  scaling_config {
    maximum_concurrency = var.maximum_concurrency
  }
}

resource "aws_lambda_function" "relay" {
  function_name = local.relay_function
  description   = "Sends jobs from the outbox and dead letters without a worker, retries late analyses, sweeps audio without a memory."
  role          = aws_iam_role.relay.arn
  architectures = [var.architecture]
  timeout       = var.relay_timeout_seconds
  memory_size   = var.function_memory_megabytes
  tags          = local.tags

  package_type     = local.from_image ? "Image" : "Zip"
  image_uri        = var.worker_image_uri
  filename         = var.worker_package_path
  source_code_hash = local.from_image ? null : try(filebase64sha256(var.worker_package_path), null)
  runtime          = local.from_image ? null : "python3.13"
  handler          = local.from_image ? null : local.relay_handler

  dynamic "image_config" {
    for_each = local.from_image ? [local.relay_handler] : []
    content {
      command = [image_config.value]
    }
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

  environment {
    variables = merge(local.relay_environment, local.network_environment, var.extra_environment)
  }

  depends_on = [aws_cloudwatch_log_group.relay, aws_iam_role_policy.relay, aws_iam_role_policy.networking]
}

# No retries: the next run starts within a minute anyway.
resource "aws_lambda_function_event_invoke_config" "relay" {
  function_name                = aws_lambda_function.relay.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_cloudwatch_event_rule" "relay" {
  name                = local.relay_function
  description         = "Starts the relay."
  schedule_expression = var.relay_every_minutes == 1 ? "rate(1 minute)" : "rate(${var.relay_every_minutes} minutes)"
  tags                = local.tags
}

resource "aws_cloudwatch_event_target" "relay" {
  rule      = aws_cloudwatch_event_rule.relay.name
  target_id = "relay"
  arn       = aws_lambda_function.relay.arn

  depends_on = [aws_lambda_permission.relay]
}

resource "aws_lambda_permission" "relay" {
  statement_id  = "relay-rule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.relay.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.relay.arn
}
