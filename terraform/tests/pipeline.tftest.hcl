# The pipeline module, against a mocked provider: no credentials, no network.
# It asserts what no emulator refuses and no plan shows.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                = "memo"
  worker_package_path = "package.zip"

  # `terraform test` 1.11 refuses to apply with an ephemeral variable that is null.
  openai_api_key = "sk-0123456789abcdefghij"
  api_keys_json  = "{\"key-of-acme-0123456789abcdef\": \"acme\"}"
}

# --- As deployed ---------------------------------------------------------------------------------

run "as_deployed" {
  module { source = "./modules/pipeline" }

  # Numbers.

  assert {
    condition     = aws_sqs_queue.jobs.visibility_timeout_seconds == 6 * aws_lambda_function.worker.timeout
    error_message = "A job must stay invisible for six times the function timeout."
  }

  assert {
    condition     = aws_lambda_function.worker.timeout == 300 && aws_lambda_function.worker.memory_size == 512
    error_message = "The worker must have five minutes and 512 MB."
  }

  assert {
    condition     = output.outage_tolerance_seconds == 1800 + 3600
    error_message = "The outage tolerance must be the sum of the growing waits between three receives."
  }

  assert {
    condition     = output.limits.lease_seconds == 330 && aws_lambda_function.worker.environment[0].variables.LEASE_SECONDS == "330"
    error_message = "The lease must be the function timeout plus the margin, in the outputs and for the worker."
  }

  # Queues.

  assert {
    condition = jsondecode(aws_sqs_queue.jobs.redrive_policy) == {
      deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
      maxReceiveCount     = 3
    }
    error_message = "SQS itself must move a job to the dead-letter queue after the third receive."
  }

  assert {
    condition = jsondecode(aws_sqs_queue.dead_letters.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = [aws_sqs_queue.jobs.arn]
    }
    error_message = "The dead-letter queue must accept dead letters of the jobs queue only."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.message_retention_seconds == 14 * 24 * 3600
    error_message = "Dead letters must be kept for fourteen days."
  }

  assert {
    condition     = aws_sqs_queue.jobs.sqs_managed_sse_enabled && aws_sqs_queue.dead_letters.sqs_managed_sse_enabled
    error_message = "Both queues must be encrypted at rest."
  }

  # Storage.

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.audio.block_public_acls,
      aws_s3_bucket_public_access_block.audio.block_public_policy,
      aws_s3_bucket_public_access_block.audio.ignore_public_acls,
      aws_s3_bucket_public_access_block.audio.restrict_public_buckets,
    ])
    error_message = "All public access to recordings must be blocked."
  }

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.audio.rule : rule.filter[0].prefix => rule.expiration[0].days if length(rule.expiration) > 0
    } == { "audio/" = 90, "incoming/" = 2 }
    error_message = "Recordings must expire after ninety days, what clients upload and nobody accepts a day after the sweep removes it."
  }

  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.audio.rule : rule.abort_incomplete_multipart_upload[0].days_after_initiation if length(rule.abort_incomplete_multipart_upload) > 0]) == 1
    error_message = "Incomplete uploads must expire after a day."
  }

  assert {
    condition     = aws_s3_bucket.audio.bucket == "memo-audio-123456789012" && !aws_s3_bucket.audio.force_destroy
    error_message = "The bucket's name must have the account id, and destroy must not delete recordings."
  }

  assert {
    condition     = length(aws_s3_bucket_cors_configuration.audio) == 0
    error_message = "By default no page may use the bucket."
  }

  # Functions.

  assert {
    condition = (
      aws_lambda_event_source_mapping.jobs.batch_size == 1 &&
      contains(aws_lambda_event_source_mapping.jobs.function_response_types, "ReportBatchItemFailures") &&
      aws_lambda_event_source_mapping.jobs.scaling_config[0].maximum_concurrency == 10
    )
    error_message = "The mapping must have one recording per invocation, batch item failures and a maximum concurrency."
  }

  assert {
    condition = (
      aws_lambda_function.worker.handler == "rawk.aws_lambda.worker_handler" &&
      aws_lambda_function.relay.handler == "rawk.aws_lambda.relay_handler" &&
      aws_lambda_function.worker.runtime == "python3.13" &&
      aws_lambda_function.relay.runtime == "python3.13" &&
      aws_lambda_function.worker.role != aws_lambda_function.relay.role
    )
    error_message = "Worker and relay must have the same Python, and each its own handler and role."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.relay.schedule_expression == "rate(1 minute)" && aws_cloudwatch_event_target.relay.arn == aws_lambda_function.relay.arn
    error_message = "The relay must start every minute."
  }

  assert {
    condition     = aws_cloudwatch_log_group.worker.retention_in_days == 30 && aws_cloudwatch_log_group.relay.retention_in_days == 30
    error_message = "Logs must have a retention."
  }

  # Environments: the product's contract, name by name.

  assert {
    condition = toset(keys(aws_lambda_function.worker.environment[0].variables)) == toset([
      "AUDIO_BUCKET", "JOBS_QUEUE_URL", "DATABASE_URL_SECRET_ID", "OPENAI_API_KEY_SECRET_ID", "TRANSCRIPTION_MODEL", "ANALYSIS_MODEL",
      "OPENAI_TIMEOUT_SECONDS", "JOB_RETENTION_SECONDS",
      "MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT_SECONDS", "LEASE_SECONDS", "ANALYSIS_RETRY_BASE_SECONDS", "ANALYSIS_RETRY_LIMIT", "LOG_LEVEL",
    ])
    error_message = "The worker's environment has other names than expected; OPENAI_BASE_URL must exist only with a value."
  }

  assert {
    condition = toset(keys(aws_lambda_function.relay.environment[0].variables)) == toset([
      "AUDIO_BUCKET", "JOBS_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "DATABASE_URL_SECRET_ID", "MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT_SECONDS", "LEASE_SECONDS", "JOB_RETENTION_SECONDS",
      "ANALYSIS_RETRY_BASE_SECONDS", "ANALYSIS_RETRY_LIMIT", "ORPHAN_AUDIO_AFTER_SECONDS", "OUTBOX_GRACE_SECONDS", "LOG_LEVEL",
    ])
    error_message = "The relay's environment has other names than expected."
  }

  assert {
    condition     = toset(keys(output.api_environment)) == toset(["AUDIO_BUCKET", "JOBS_QUEUE_URL", "DATABASE_URL_SECRET_ID", "API_KEYS_SECRET_ID", "OUTBOX_GRACE_SECONDS", "CALLER_REQUESTS_PER_SECOND", "LOG_LEVEL"])
    error_message = "The API's environment has other names than expected."
  }

  assert {
    condition     = toset(keys(output.operator_environment)) == toset(["AUDIO_BUCKET", "JOBS_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "DATABASE_URL_SECRET_ID"])
    error_message = "The operator's environment has other names than expected."
  }

  # Roles: exactly these actions, and no others.

  assert {
    condition = toset(flatten([for each in jsondecode(aws_iam_role_policy.worker.policy).Statement : each.Action])) == toset([
      "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes",
      "s3:GetObject", "s3:ListBucket", "secretsmanager:GetSecretValue", "logs:CreateLogStream", "logs:PutLogEvents",
    ])
    error_message = "The worker may receive jobs and read audio; it may neither send to a queue nor write to S3."
  }

  assert {
    condition = toset(flatten([for each in jsondecode(aws_iam_role_policy.relay.policy).Statement : each.Action])) == toset([
      "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes",
      "s3:ListBucket", "s3:DeleteObject", "secretsmanager:GetSecretValue", "logs:CreateLogStream", "logs:PutLogEvents",
    ])
    error_message = "The relay may send jobs, move dead letters back and sweep audio; it may neither receive jobs nor read audio."
  }

  assert {
    condition = toset(flatten([for each in jsondecode(aws_iam_role_policy.api.policy).Statement : each.Action])) == toset([
      "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListBucket", "sqs:SendMessage",
      "secretsmanager:GetSecretValue",
    ])
    error_message = "The API may store audio and send jobs; it may not receive jobs."
  }

  assert {
    condition = alltrue([
      for policy in [aws_iam_role_policy.worker.policy, aws_iam_role_policy.relay.policy, aws_iam_role_policy.api.policy, aws_iam_policy.operator.policy] :
      alltrue([
        for each in jsondecode(policy).Statement :
        each.Effect == "Allow" && alltrue([for action in flatten([each.Action]) : !strcontains(action, "*")])
      ])
    ])
    error_message = "No policy may allow a wildcard of actions."
  }

  assert {
    condition = toset(flatten([
      for policy in [aws_iam_role_policy.worker.policy, aws_iam_role_policy.relay.policy, aws_iam_role_policy.api.policy, aws_iam_policy.operator.policy] :
      [for each in jsondecode(policy).Statement : [for resource in flatten([each.Resource]) : resource if strcontains(resource, "*")]]
      ])) == toset([
      "arn:aws:s3:::memo-audio/audio/*",
      "arn:aws:s3:::memo-audio/incoming/*",
      "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/memo-worker:*",
      "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/memo-relay:*",
      # Of the API: an operator reads them, whatever the topology.
      "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/memo-api:*",
      "arn:aws:logs:us-east-1:123456789012:log-group:/memo/api:*",
    ])
    error_message = "Only the audio and the streams of a function's log group may have a wildcard."
  }

  assert {
    condition = alltrue([
      for each in jsondecode(aws_iam_role_policy.worker.policy).Statement :
      flatten([each.Resource]) == ["arn:aws:s3:::memo-audio/audio/*"] if contains(flatten([each.Action]), "s3:GetObject")
    ])
    error_message = "The worker may read accepted audio, nothing that a client's form can replace."
  }

  assert {
    condition     = one([for each in jsondecode(aws_iam_role_policy.worker.policy).Statement : each.Resource if each.Sid == "WorkJobsOff"]) == "arn:aws:sqs:us-east-1:123456789012:memo-jobs"
    error_message = "The worker may receive from the jobs queue only, never from the dead-letter queue."
  }

  assert {
    condition = toset(flatten([for each in jsondecode(aws_iam_role_policy.worker.policy).Statement : each.Resource if each.Sid == "ReadSecrets"])) == toset([
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/database-url",
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/openai-api-key",
    ])
    error_message = "The worker may read the secrets of the database and OpenAI, not the API's keys."
  }

  assert {
    condition     = one([for each in jsondecode(aws_iam_role_policy.relay.policy).Statement : each.Resource if each.Sid == "MoveDeadLettersBack"]) == "arn:aws:sqs:us-east-1:123456789012:memo-jobs-dead-letters"
    error_message = "The relay may receive from the dead-letter queue only, never from the jobs queue."
  }

  assert {
    condition = one([for each in jsondecode(aws_iam_role_policy.relay.policy).Statement : each.Resource if each.Sid == "ReadSecrets"]) == (
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/database-url"
    )
    error_message = "The relay may read the database's secret only."
  }

  assert {
    condition = toset(flatten([for each in jsondecode(aws_iam_role_policy.api.policy).Statement : each.Resource if each.Sid == "ReadSecrets"])) == toset([
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/database-url",
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/api-keys",
    ])
    error_message = "The API may read the secrets of the database and its keys, not OpenAI's."
  }

  assert {
    condition = alltrue([
      for action in ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ListMessageMoveTasks"] :
      contains(one([for each in jsondecode(aws_iam_policy.operator.policy).Statement : each.Action if each.Sid == "JudgeDeadLetters"]), action)
    ])
    error_message = "The operator must be able to list, show, redrive and purge dead letters."
  }

  assert {
    condition = {
      for each in jsondecode(aws_iam_policy.operator.policy).Statement :
      each.Sid => { actions = flatten([each.Action]), resources = flatten([each.Resource]) } if startswith(flatten([each.Action])[0], "s3:")
      } == {
      ExportAudio = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::memo-audio/audio/*"] }
      EraseAudio  = { actions = ["s3:DeleteObject"], resources = ["arn:aws:s3:::memo-audio/audio/*", "arn:aws:s3:::memo-audio/incoming/*"] }
      FindAudio   = { actions = ["s3:ListBucket"], resources = ["arn:aws:s3:::memo-audio"] }
    }
    error_message = "The operator must be able to export and erase a tenant's audio, and may not write any."
  }
}

# --- Alarms ----------------------------------------------------------------------------------------

run "dead_letters_activate_the_alarm" {
  module { source = "./modules/pipeline" }

  variables {
    alarm_email = "operator@example.com"
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.dead_letters.dimensions == tomap({ QueueName = "memo-jobs-dead-letters" }) &&
      aws_cloudwatch_metric_alarm.dead_letters.metric_name == "ApproximateNumberOfMessagesVisible" &&
      aws_cloudwatch_metric_alarm.dead_letters.comparison_operator == "GreaterThanThreshold" &&
      aws_cloudwatch_metric_alarm.dead_letters.threshold == 0
    )
    error_message = "One dead letter must activate the alarm."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.dead_letters.alarm_actions == toset([aws_sns_topic.alarms.arn]) &&
      aws_cloudwatch_metric_alarm.dead_letters.ok_actions == toset([aws_sns_topic.alarms.arn])
    )
    error_message = "Alarms must notify also when they become inactive."
  }

  assert {
    condition     = aws_sns_topic_subscription.alarms[0].endpoint == "operator@example.com"
    error_message = "Alarms must be sent to the given address."
  }
}

# --- Choices -------------------------------------------------------------------------------------

run "from_an_image" {
  module { source = "./modules/pipeline" }

  variables {
    worker_package_path = null
    worker_image_uri    = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk-worker:abc"
    openai_base_url     = "http://127.0.0.1:9/v1"
    extra_environment   = { EXTRA = "1" }
  }

  assert {
    condition = (
      aws_lambda_function.worker.package_type == "Image" &&
      aws_lambda_function.worker.handler == null &&
      aws_lambda_function.worker.image_config[0].command == tolist(["rawk.aws_lambda.worker_handler"]) &&
      aws_lambda_function.relay.image_config[0].command == tolist(["rawk.aws_lambda.relay_handler"])
    )
    error_message = "With an image, the handler must be the image's command."
  }

  assert {
    condition = (
      aws_lambda_function.worker.environment[0].variables.OPENAI_BASE_URL == "http://127.0.0.1:9/v1" &&
      aws_lambda_function.worker.environment[0].variables.EXTRA == "1" &&
      aws_lambda_function.relay.environment[0].variables.EXTRA == "1"
    )
    error_message = "The given settings must reach the functions."
  }
}

run "short_timeouts" {
  module { source = "./modules/pipeline" }

  variables {
    function_timeout_seconds    = 6
    visibility_timeout_multiple = 1
    lease_margin_seconds        = 0
    openai_timeout_seconds      = 3
    max_receive_count           = 5
  }

  assert {
    condition     = output.outage_tolerance_seconds == 6 + 12 + 18 + 24 && output.limits.lease_seconds == output.limits.visibility_timeout_seconds
    error_message = "With the shortest visibility timeout the lease must end with it."
  }
}

run "waits_end_at_twelve_hours" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    visibility_timeout_multiple = 100
    max_receive_count           = 4
  }

  assert {
    condition     = output.outage_tolerance_seconds == 30000 + 43200 + 43200
    error_message = "No wait between two receives can be longer than SQS's twelve hours."
  }
}

run "in_a_network" {
  module { source = "./modules/pipeline" }

  variables {
    vpc                 = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"], ipv6 = true }
    tracing             = true
    relay_every_minutes = 30
  }

  assert {
    condition     = aws_lambda_function.worker.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]) && aws_lambda_function.relay.vpc_config[0].ipv6_allowed_for_dual_stack
    error_message = "Worker and relay must be in the network."
  }

  assert {
    condition     = aws_lambda_function.worker.environment[0].variables.AWS_USE_DUALSTACK_ENDPOINT == "true"
    error_message = "Without NAT, the functions must use the dual-stack endpoints of AWS."
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy.networking)) == toset(["worker", "relay"]) && toset(keys(aws_iam_role_policy.tracing)) == toset(["worker", "relay"]) && aws_lambda_function.worker.tracing_config[0].mode == "Active"
    error_message = "Both must have the permissions for network and traces."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.relay.schedule_expression == "rate(30 minutes)"
    error_message = "The relay must start less often for a database with auto-pause."
  }
}

run "secrets_are_written_and_not_in_the_state" {
  module { source = "./modules/pipeline" }

  variables {
    secrets_version = 3
  }

  assert {
    condition     = aws_secretsmanager_secret_version.openai_api_key[0].secret_string_wo_version == 3 && aws_secretsmanager_secret_version.openai_api_key[0].secret_string == null && aws_secretsmanager_secret_version.api_keys[0].secret_string == null
    error_message = "Secrets must be written again when their version is raised; the state must have none."
  }
}

# --- Refusals ------------------------------------------------------------------------------------

run "refuses_a_function_that_outlasts_the_visibility_timeout" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    visibility_timeout_multiple = 0.5
    lease_margin_seconds        = 0
  }

  expect_failures = [aws_sqs_queue.jobs]
}

run "refuses_a_lease_that_outlasts_the_visibility_timeout" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    visibility_timeout_multiple = 1
  }

  expect_failures = [aws_lambda_function.worker]
}

run "refuses_more_than_twelve_hours_of_invisibility" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    function_timeout_seconds    = 900
    visibility_timeout_multiple = 49
  }

  expect_failures = [aws_sqs_queue.jobs]
}

run "refuses_dead_letters_that_expire_before_their_jobs" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    dead_letter_retention_seconds = 86400
  }

  expect_failures = [aws_sqs_queue.jobs]
}

run "refuses_jobs_that_expire_before_their_last_receive" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    jobs_retention_seconds = 3600
  }

  expect_failures = [aws_sqs_queue.jobs]
}

run "refuses_two_packages" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    worker_image_uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk-worker:abc"
  }

  expect_failures = [var.worker_image_uri]
}

run "refuses_no_package" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    worker_package_path = null
  }

  expect_failures = [var.worker_image_uri]
}

run "refuses_to_have_its_environment_replaced" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    extra_environment = { LEASE_SECONDS = "1" }
  }

  expect_failures = [aws_lambda_function.worker]
}

run "refuses_an_openai_timeout_as_long_as_the_functions" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    openai_timeout_seconds = 300
  }

  expect_failures = [var.openai_timeout_seconds]
}

run "refuses_numbers_aws_would_refuse" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    name                     = "Memo"
    function_timeout_seconds = 901
    maximum_concurrency      = 1
    max_receive_count        = 1
    audio_expiry_days        = 7
    secret_recovery_days     = 3
    log_retention_days       = 8
    openai_base_url          = ""
    outbox_grace_seconds     = 0
  }

  expect_failures = [
    var.name,
    var.function_timeout_seconds,
    var.maximum_concurrency,
    var.max_receive_count,
    var.audio_expiry_days,
    var.secret_recovery_days,
    var.log_retention_days,
    var.openai_base_url,
    var.outbox_grace_seconds,
  ]
}

run "refuses_missing_secrets" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    secrets_version = 1
    openai_api_key  = null
    api_keys_json   = null
  }

  expect_failures = [var.openai_api_key, var.api_keys_json]
}

run "refuses_secrets_that_can_be_guessed" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    secrets_version = 1
    openai_api_key  = "sk-short"
    api_keys_json   = "{\"hunter2\": \"acme\"}"
  }

  expect_failures = [var.openai_api_key, var.api_keys_json]
}

run "refuses_a_role_that_no_service_may_assume" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    secrets_version = 1
    api_keys_json   = "{}"
  }

  expect_failures = [var.api_keys_json]
}

run "refuses_a_relay_that_starts_too_rarely" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    relay_every_minutes = 0
    secrets_version     = -1
  }

  expect_failures = [var.relay_every_minutes, var.secrets_version]
}

run "refuses_limits_that_the_product_cannot_keep" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    architecture                  = "sparc"
    function_memory_megabytes     = 64
    relay_timeout_seconds         = 901
    visibility_timeout_multiple   = 0
    lease_margin_seconds          = -1
    jobs_retention_seconds        = 59
    dead_letter_retention_seconds = 1209601
    analysis_retry_base_seconds   = 0
    analysis_retry_limit          = 0
    orphan_audio_after_seconds    = 1
    log_level                     = "TRACE"
    api_role_principals           = []
  }

  expect_failures = [
    var.architecture,
    var.function_memory_megabytes,
    var.relay_timeout_seconds,
    var.visibility_timeout_multiple,
    var.lease_margin_seconds,
    var.jobs_retention_seconds,
    var.dead_letter_retention_seconds,
    var.analysis_retry_base_seconds,
    var.analysis_retry_limit,
    var.orphan_audio_after_seconds,
    var.log_level,
    var.api_role_principals,
  ]
}

# The dead-letter queue refers to the only queue that it accepts dead letters from, by an ARN made of names.
run "refuses_a_queue_with_another_arn" {
  command = plan
  module { source = "./modules/pipeline" }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }

  override_resource {
    target          = aws_sqs_queue.jobs
    override_during = plan
    values          = { arn = "arn:aws:sqs:us-east-1:123456789012:memo-jobs", url = "https://sqs/memo-jobs" }
  }

  expect_failures = [output.jobs_queue_arn]
}

# --- Traces --------------------------------------------------------------------------------------

run "no_traces_by_default" {
  module { source = "./modules/pipeline" }

  assert {
    condition = !anytrue([
      for environment in [aws_lambda_function.worker.environment[0].variables, aws_lambda_function.relay.environment[0].variables, output.api_environment] :
      contains(keys(environment), "OTEL_EXPORTER_OTLP_ENDPOINT")
    ])
    error_message = "Without a collector no process may have the variable: it turns traces on."
  }
}

run "traces_to_a_collector" {
  module { source = "./modules/pipeline" }

  variables {
    otel_endpoint = "http://collector.internal:4318"
  }

  assert {
    condition = alltrue([
      for environment in [aws_lambda_function.worker.environment[0].variables, aws_lambda_function.relay.environment[0].variables, output.api_environment] :
      environment.OTEL_EXPORTER_OTLP_ENDPOINT == "http://collector.internal:4318"
    ])
    error_message = "API, worker and relay must all have the collector's address."
  }
}

run "collector_without_a_scheme" {
  command = plan

  module { source = "./modules/pipeline" }

  variables {
    otel_endpoint = "collector:4318"
  }

  expect_failures = [var.otel_endpoint]
}

# --- Redis ----------------------------------------------------------------------------------------

run "no_redis_by_default" {
  module { source = "./modules/pipeline" }

  assert {
    condition = length(aws_iam_role_policy.redis) == 0 && !anytrue([
      for environment in [aws_lambda_function.worker.environment[0].variables, aws_lambda_function.relay.environment[0].variables, output.api_environment] :
      contains(keys(environment), "REDIS_URL_SECRET_ID")
    ])
    error_message = "Without a Redis no process may have the variable, and no role the permission."
  }
}

run "redis_for_all_three" {
  module { source = "./modules/pipeline" }

  variables {
    redis_url_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:events/redis-url-AbCdEf"
  }

  assert {
    condition = alltrue([
      for environment in [aws_lambda_function.worker.environment[0].variables, aws_lambda_function.relay.environment[0].variables, output.api_environment] :
      environment.REDIS_URL_SECRET_ID == var.redis_url_secret_arn
    ])
    error_message = "API, worker and relay must all have the secret's id: one that does not publish would leave streams waiting."
  }

  assert {
    condition = toset(keys(aws_iam_role_policy.redis)) == toset(["api", "relay", "worker"]) && alltrue([
      for each in aws_iam_role_policy.redis : one(jsondecode(each.policy).Statement).Resource == var.redis_url_secret_arn
    ])
    error_message = "Each of the three roles may read this one secret."
  }
}

run "redis_by_its_url" {
  command = plan

  module { source = "./modules/pipeline" }

  variables {
    redis_url_secret_arn = "redis://:password@cache.internal:6379"
  }

  expect_failures = [var.redis_url_secret_arn]
}

# --- Pages in browsers ---------------------------------------------------------------------------

run "pages_of_configured_origins" {
  module { source = "./modules/pipeline" }

  variables {
    cors_allowed_origins = ["https://app.example.com", "http://localhost:5173"]
  }

  assert {
    condition     = output.api_environment.CORS_ALLOWED_ORIGINS == "https://app.example.com,http://localhost:5173"
    error_message = "The API must get the list."
  }

  assert {
    condition = (
      one(aws_s3_bucket_cors_configuration.audio[0].cors_rule).allowed_origins == toset(var.cors_allowed_origins) &&
      one(aws_s3_bucket_cors_configuration.audio[0].cors_rule).allowed_methods == toset(["GET", "HEAD", "POST"])
    )
    error_message = "The bucket must have the same list, for forms and downloads."
  }
}

run "limits_and_keys_reach_the_api" {
  module { source = "./modules/pipeline" }

  variables {
    caller_requests_per_second = 50
    metrics_keys_sha256 = [
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    ]
  }

  assert {
    condition     = output.api_environment.CALLER_REQUESTS_PER_SECOND == "50" && output.api_environment.METRICS_KEYS_SHA256 == join(",", var.metrics_keys_sha256)
    error_message = "The API must get its limit and the keys of its metrics."
  }
}

run "no_metrics_without_a_key" {
  module { source = "./modules/pipeline" }

  assert {
    condition     = !contains(keys(output.api_environment), "METRICS_KEYS_SHA256") && output.api_environment.CALLER_REQUESTS_PER_SECOND == "200"
    error_message = "Without keys the API must have no metrics."
  }
}

run "refuses_a_key_in_place_of_its_digest" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    caller_requests_per_second = 0
    metrics_keys_sha256        = ["a-key-of-24-characters-or-more"]
  }

  expect_failures = [var.metrics_keys_sha256, var.caller_requests_per_second]
}

run "refuses_an_origin_with_a_path" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    cors_allowed_origins = ["https://app.example.com/"]
  }

  expect_failures = [var.cors_allowed_origins]
}

run "refuses_an_origin_without_a_scheme" {
  command = plan
  module { source = "./modules/pipeline" }

  variables {
    cors_allowed_origins = ["app.example.com"]
  }

  expect_failures = [var.cors_allowed_origins]
}

run "refuses_a_database_that_wakes_after_the_relay_has_given_up" {
  command = plan

  module { source = "./modules/pipeline" }

  variables {
    relay_timeout_seconds         = 45
    database_wakes_within_seconds = 45
  }

  expect_failures = [var.database_wakes_within_seconds]
}
