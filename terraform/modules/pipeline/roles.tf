# One role for each process, with the permissions that it uses and no others. Policies are written with jsonencode, so that
# `terraform test` can read them.

locals {
  audio_objects    = "${aws_s3_bucket.audio.arn}/${local.audio_prefix}*"
  incoming_objects = "${aws_s3_bucket.audio.arn}/${local.incoming_prefix}*"

  lambda_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# --- Worker: receives jobs, reads accepted audio, writes logs. It can neither send to a queue nor write to S3. ---

resource "aws_iam_role" "worker" {
  name               = local.worker_function
  description        = "Permissions of the worker."
  assume_role_policy = local.lambda_trust
  tags               = local.tags
}

resource "aws_iam_role_policy" "worker" {
  name = "worker"
  role = aws_iam_role.worker.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WorkJobsOff"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
        Resource = aws_sqs_queue.jobs.arn
      },
      {
        Sid      = "HearAudio"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = local.audio_objects
      },
      {
        # Without it S3 returns 403 instead of 404 for a deleted object. Then the worker could not distinguish missing audio,
        # which fails a memory, from a missing permission, which must not. No prefix condition: a GetObject has no prefix,
        # so the condition would never be true.
        Sid      = "TellMissingFromForbidden"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.audio.arn
      },
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        Resource = [
          aws_secretsmanager_secret.this["database-url"].arn,
          local.openai_api_key_secret_arn,
        ]
      },
      {
        # The wildcard covers the log streams of this one group.
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.worker.arn}:*"
      },
    ]
  })
}

# --- Relay: sends jobs, moves dead letters back, lists and deletes audio without a memory. It cannot read audio. ---

resource "aws_iam_role" "relay" {
  name               = local.relay_function
  description        = "Permissions of the relay."
  assume_role_policy = local.lambda_trust
  tags               = local.tags
}

resource "aws_iam_role_policy" "relay" {
  name = "relay"
  role = aws_iam_role.relay.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "SendJobs"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.jobs.arn
      },
      {
        # A dead letter that no worker has seen is healthy: Lambda was throttled.
        Sid      = "MoveDeadLettersBack"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
        Resource = aws_sqs_queue.dead_letters.arn
      },
      {
        Sid       = "FindOrphans"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = aws_s3_bucket.audio.arn
        Condition = { StringLike = { "s3:prefix" = ["${local.audio_prefix}*", "${local.incoming_prefix}*"] } }
      },
      {
        Sid      = "SweepOrphans"
        Effect   = "Allow"
        Action   = "s3:DeleteObject"
        Resource = [local.audio_objects, local.incoming_objects]
      },
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.this["database-url"].arn
      },
      {
        # The wildcard covers the log streams of this one group.
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.relay.arn}:*"
      },
    ]
  })
}

# --- API: stores, returns and deletes recordings, sends jobs. It cannot receive jobs. ---------------

resource "aws_iam_role" "api" {
  name        = "${var.name}-api"
  description = "Permissions of the API."
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = var.api_role_principals }
    }]
  })
}

resource "aws_iam_role_policy" "api" {
  name = "api"
  role = aws_iam_role.api.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # s3:GetObject for the links that it signs for the owner of a recording.
        Sid      = "KeepAudio"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"]
        Resource = local.audio_objects
      },
      {
        # s3:PutObject for the forms that it signs; s3:GetObject to check a direct upload and to copy it below audio/.
        Sid      = "TakeIncomingAudio"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = local.incoming_objects
      },
      {
        # As for the worker: a missing presigned upload must give 404, not 403.
        Sid      = "TellMissingFromForbidden"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.audio.arn
      },
      {
        Sid      = "SendJobs"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.jobs.arn
      },
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = "secretsmanager:GetSecretValue"
        Resource = [
          aws_secretsmanager_secret.this["database-url"].arn,
          aws_secretsmanager_secret.this["api-keys"].arn,
        ]
      },
    ]
  })
}

# --- Only where it is configured: network interfaces, traces, Redis. -------------------------------------------

locals {
  function_roles = { worker = aws_iam_role.worker, relay = aws_iam_role.relay }
}

resource "aws_iam_role_policy" "networking" {
  # checkov:skip=CKV_AWS_355: Lambda creates network interfaces without names; AWS supports no narrower resource
  # checkov:skip=CKV_AWS_290: Lambda creates network interfaces without names; AWS supports no narrower resource
  for_each = var.vpc == null ? {} : local.function_roles

  name   = "networking"
  role   = each.value.id
  policy = local.networking_policy
}

resource "aws_iam_role_policy" "tracing" {
  for_each = var.tracing ? local.function_roles : {}

  name   = "tracing"
  role   = each.value.id
  policy = local.tracing_policy
}

resource "aws_iam_role_policy" "redis" {
  for_each = var.redis_url_secret_arn == null ? {} : merge(local.function_roles, { api = aws_iam_role.api })

  name = "redis"
  role = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadRedisUrl"
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = var.redis_url_secret_arn
    }]
  })
}

locals {
  # Lambda creates a network interface with the function's role. Most of these calls have no resource in EC2, so the wildcard
  # cannot be narrowed; this is AWS's AWSLambdaVPCAccessExecutionRole without its permissions for logs.
  networking_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "JoinTheNetwork"
      Effect = "Allow"
      Action = [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = "*"
    }]
  })

  # These two calls have no resources in X-Ray.
  tracing_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "SendTraces"
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = "*"
    }]
  })
}

# --- Operator: handles dead letters with `rawk dlq`, follows recordings with `rawk trace`, exports and erases tenants with
# `rawk tenant`. Not attached here. ---

resource "aws_iam_policy" "operator" {
  name        = "${var.name}-operator"
  description = "Lets an operator handle dead letters, and export and erase tenants."
  tags        = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "JudgeDeadLetters"
        Effect = "Allow"
        Action = [
          "sqs:ReceiveMessage",
          "sqs:DeleteMessage",
          "sqs:ChangeMessageVisibility",
          "sqs:GetQueueAttributes",
          "sqs:StartMessageMoveTask",
          "sqs:ListMessageMoveTasks",
          "sqs:CancelMessageMoveTask",
        ]
        Resource = aws_sqs_queue.dead_letters.arn
      },
      {
        Sid      = "SendThemBack"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
        Resource = aws_sqs_queue.jobs.arn
      },
      {
        Sid      = "ExportAudio"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = local.audio_objects
      },
      {
        Sid      = "EraseAudio"
        Effect   = "Allow"
        Action   = "s3:DeleteObject"
        Resource = [local.audio_objects, local.incoming_objects]
      },
      {
        # For what is left of uploads; and as for the worker, expired audio must give 404, not 403.
        Sid      = "FindAudio"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.audio.arn
      },
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.this["database-url"].arn
      },
      {
        Sid    = "ReadLogs"
        Effect = "Allow"
        Action = "logs:FilterLogEvents"
        Resource = [
          "${aws_cloudwatch_log_group.worker.arn}:*",
          "${aws_cloudwatch_log_group.relay.arn}:*",
          "${local.logs}:log-group:/${var.name}/api:*",
          "${local.logs}:log-group:/aws/lambda/${var.name}-api:*",
        ]
      },
    ]
  })
}
