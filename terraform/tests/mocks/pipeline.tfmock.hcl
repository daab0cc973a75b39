# What the mocked provider answers about the pipeline module, for every test of it.

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = data.aws_partition.current
  values = { partition = "aws" }
}

override_data {
  target = data.aws_region.current
  values = { id = "us-east-1" }
}

# Identities in policies. The provider checks that they are ARNs.

override_resource {
  target = aws_sqs_queue.jobs
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:memo-jobs", url = "https://sqs/memo-jobs" }
}

override_resource {
  target = aws_sqs_queue.dead_letters
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:memo-jobs-dead-letters", url = "https://sqs/memo-jobs-dead-letters" }
}

override_resource {
  target = aws_sns_topic.alarms
  values = { arn = "arn:aws:sns:us-east-1:123456789012:memo-alarms" }
}

override_resource {
  target = aws_s3_bucket.audio
  values = { arn = "arn:aws:s3:::memo-audio", id = "memo-audio" }
}

override_resource {
  target = aws_secretsmanager_secret.this["database-url"]
  values = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/database-url" }
}

override_resource {
  target = aws_secretsmanager_secret.this["openai-api-key"]
  values = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/openai-api-key" }
}

override_resource {
  target = aws_secretsmanager_secret.this["api-keys"]
  values = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/api-keys" }
}

override_resource {
  target = aws_iam_role.worker
  values = { arn = "arn:aws:iam::123456789012:role/memo-worker" }
}

override_resource {
  target = aws_iam_role.relay
  values = { arn = "arn:aws:iam::123456789012:role/memo-relay" }
}

override_resource {
  target = aws_iam_role.api
  values = { arn = "arn:aws:iam::123456789012:role/memo-api" }
}

override_resource {
  target = aws_cloudwatch_log_group.worker
  values = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/memo-worker" }
}

override_resource {
  target = aws_cloudwatch_log_group.relay
  values = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/memo-relay" }
}

override_resource {
  target = aws_lambda_function.relay
  values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:memo-relay" }
}

override_resource {
  target = aws_cloudwatch_event_rule.relay
  values = { arn = "arn:aws:events:us-east-1:123456789012:rule/memo-relay" }
}
