# Who is told of trouble: one topic for every alarm of a topology. The dead letters' alarm is here because every engine
# knows dead letters; the others are in modules/observability and beside what they watch.
#
# Who is told when jobs were given up on. A dead letter is a recording that somebody has to look at: one is enough.

# Not encrypted with the AWS managed key: CloudWatch may not publish to a topic that is. What is published is a
# queue's name and a number.
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
  alarm_description   = "Jobs were given up on: rawk dlq list says why, rawk dlq redrive sends them back."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 60 # SQS tells CloudWatch once a minute
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching" # SQS says nothing of a queue that nobody touched for six hours
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags
}
