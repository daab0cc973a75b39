# One role per thing that runs, each with what it uses and nothing else. Policies are written with
# jsonencode so that `terraform test` can read them.

locals {
  audio_objects = "${aws_s3_bucket.audio.arn}/${local.audio_prefix}*"

  lambda_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# --- Worker: takes jobs, hears audio, writes logs. It can neither send to a queue nor write to S3. ---

resource "aws_iam_role" "worker" {
  name               = local.worker_function
  description        = "What the worker may do."
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
        # Without it S3 answers 403 instead of 404 for an object that is gone, and missing audio (which
        # ends a memory) could not be told from missing rights (which must not). No prefix condition:
        # a GetObject carries no prefix, and the condition would never hold.
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
        # The star stands for the log streams of this one group.
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.worker.arn}:*"
      },
    ]
  })
}

# --- Relay: sends jobs, lists and removes audio nobody knows of. It cannot hear it. ---------------

resource "aws_iam_role" "relay" {
  name               = local.relay_function
  description        = "What the relay may do."
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
        Sid       = "FindOrphans"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = aws_s3_bucket.audio.arn
        Condition = { StringLike = { "s3:prefix" = "${local.audio_prefix}*" } }
      },
      {
        Sid      = "SweepOrphans"
        Effect   = "Allow"
        Action   = "s3:DeleteObject"
        Resource = local.audio_objects
      },
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.this["database-url"].arn
      },
      {
        # The star stands for the log streams of this one group.
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.relay.arn}:*"
      },
    ]
  })
}

# --- API: takes recordings in, gives them back, removes them, sends jobs. It cannot receive them. ---

resource "aws_iam_role" "api" {
  name        = "${var.name}-api"
  description = "What the API may do."
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
        # s3:GetObject, to see whether what was uploaded past the API is audio at all, and for the links that
        # it signs for a recording's owner.
        Sid      = "KeepAudio"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"]
        Resource = local.audio_objects
      },
      {
        # As for the worker: a presigned upload that never came must read as missing, not as forbidden.
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

# --- Only where a topology asks for it: a network of its own, traces. -------------------------------

locals {
  function_roles = { worker = aws_iam_role.worker, relay = aws_iam_role.relay }
}

resource "aws_iam_role_policy" "networking" {
  # checkov:skip=CKV_AWS_355: Lambda makes network interfaces without names; AWS takes no narrower resource
  # checkov:skip=CKV_AWS_290: Lambda makes network interfaces without names; AWS takes no narrower resource
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

locals {
  # Lambda makes a network interface for the function in the function's name. EC2 knows no resource for most of
  # these calls, so the star can not be narrowed; this is AWS's own AWSLambdaVPCAccessExecutionRole without its logs.
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

  # X-Ray has no resources to name for these two calls.
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

# --- Operator: judges dead letters with `rawk dlq`. Attached to nobody here. ----------------------

resource "aws_iam_policy" "operator" {
  name        = "${var.name}-operator"
  description = "Lets a person list, show, redrive and purge dead letters."
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
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.this["database-url"].arn
      },
    ]
  })
}
