# Bucket, queues, functions, schedule, secrets: the resources of modules/pipeline. All of them have names.

locals {
  pipeline_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # The bucket, never a recording: a destroy fails at a bucket that is not empty, and an operator decides.
        Sid    = "Bucket"
        Effect = "Allow"
        Action = [
          "s3:CreateBucket",
          "s3:DeleteBucket",
          "s3:PutBucketCORS",
          "s3:PutBucketPublicAccessBlock",
          "s3:PutBucketTagging",
          "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration",
        ]
        Resource = "arn:${local.partition}:s3:::${var.name}-*"
      },
      {
        # Settings only: no sending, receiving or purging.
        Sid      = "Queues"
        Effect   = "Allow"
        Action   = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
        Resource = "${local.here.sqs}:${var.name}-*"
      },
      {
        Sid    = "Topics"
        Effect = "Allow"
        Action = [
          "sns:CreateTopic",
          "sns:DeleteTopic",
          "sns:SetTopicAttributes",
          "sns:Subscribe",
          "sns:TagResource",
          "sns:UntagResource",
        ]
        Resource = "${local.here.sns}:${var.name}-*"
      },
      {
        # AWS supports no resource for these two.
        Sid      = "Subscriptions"
        Effect   = "Allow"
        Action   = ["sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
        Resource = "*"
      },
      {
        Sid    = "Functions"
        Effect = "Allow"
        Action = [
          "lambda:AddPermission",
          "lambda:CreateFunction",
          "lambda:CreateFunctionUrlConfig",
          "lambda:DeleteFunction",
          "lambda:DeleteFunctionEventInvokeConfig",
          "lambda:DeleteFunctionUrlConfig",
          "lambda:InvokeFunction", # the migration runs as a function
          "lambda:PutFunctionEventInvokeConfig",
          "lambda:RemovePermission",
          "lambda:TagResource",
          "lambda:UntagResource",
          "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration",
          "lambda:UpdateFunctionEventInvokeConfig",
          "lambda:UpdateFunctionUrlConfig",
        ]
        Resource = "${local.here.lambda}:function:${var.name}-*"
      },
      {
        # A mapping has a generated identifier, and a new one has none; the function of the mapping is known.
        Sid       = "MakeMappings"
        Effect    = "Allow"
        Action    = "lambda:CreateEventSourceMapping"
        Resource  = "*"
        Condition = { ArnLike = { "lambda:FunctionArn" = "${local.here.lambda}:function:${var.name}-*" } }
      },
      {
        Sid       = "Mappings"
        Effect    = "Allow"
        Action    = ["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
        Resource  = "${local.here.lambda}:event-source-mapping:*"
        Condition = { ArnLike = { "lambda:FunctionArn" = "${local.here.lambda}:function:${var.name}-*" } }
      },
      {
        Sid      = "MappingTags"
        Effect   = "Allow"
        Action   = ["lambda:TagResource", "lambda:UntagResource"]
        Resource = "${local.here.lambda}:event-source-mapping:*"
      },
      {
        Sid    = "Schedules"
        Effect = "Allow"
        Action = [
          "events:DeleteRule",
          "events:PutRule",
          "events:PutTargets",
          "events:RemoveTargets",
          "events:TagResource",
          "events:UntagResource",
        ]
        Resource = "${local.here.events}:rule/${var.name}-*"
      },
      {
        # GetSecretValue and ListSecretVersionIds: as in plans.
        Sid    = "Secrets"
        Effect = "Allow"
        Action = [
          "secretsmanager:CreateSecret",
          "secretsmanager:DeleteSecret",
          "secretsmanager:GetSecretValue",
          "secretsmanager:ListSecretVersionIds",
          "secretsmanager:PutSecretValue",
          "secretsmanager:TagResource",
          "secretsmanager:UntagResource",
          "secretsmanager:UpdateSecret",
          "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = "${local.here.secretsmanager}:secret:${var.name}/*"
      },
    ]
  })
}
