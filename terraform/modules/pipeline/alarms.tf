# The topic of all alarms of a topology, and the alarm on dead letters. It is here because every engine has dead letters; the
# other alarms are in modules/observability and in the modules that they monitor. A dead letter needs
# an operator, so the alarm becomes active with the first one. A recording that OpenAI cannot read is none: no operator can mend it.

# Not encrypted with the AWS managed key: CloudWatch may not publish to such a topic. The messages are a queue's name and a
# number.
resource "aws_sns_topic" "alarms" {
  # checkov:skip=CKV_AWS_26: CloudWatch may not publish to a topic with the AWS managed key, see above
  name = local.alarms_topic
  tags = local.tags
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = local.dead_letter_queue
  alarm_description   = "An operator is needed: jobs are dead letters. rawk dlq list shows the reasons, rawk dlq redrive sends the jobs again."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 60 # SQS publishes its metrics once a minute
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching" # SQS publishes no metrics of a queue without activity for six hours
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags
}
