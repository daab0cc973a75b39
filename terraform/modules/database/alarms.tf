# The database's alarms. Aurora manages its storage itself.

locals {
  dimensions = local.is_aurora ? { DBClusterIdentifier = aws_rds_cluster.this[0].cluster_identifier } : { DBInstanceIdentifier = aws_db_instance.this[0].identifier }

  alarms = merge(
    {
      cpu           = { metric = "CPUUtilization", above = 80, description = "The database's CPU utilization is above 80 %." }
      connections   = { metric = "DatabaseConnections", above = 80, description = "More than 80 connections; a db.t3.micro supports about 110." }
      read-latency  = { metric = "ReadLatency", above = 0.1, description = "Reads take more than 100 ms." }
      write-latency = { metric = "WriteLatency", above = 0.1, description = "Writes take more than 100 ms." }
    },
    local.is_aurora ? {} : { storage = { metric = "FreeStorageSpace", below = 5 * pow(1024, 3), description = "Less than 5 GB of storage is free." } },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-database-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = local.dimensions
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = can(each.value.below) ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = try(each.value.below, each.value.above)
  treat_missing_data  = "notBreaching" # a paused database publishes no metrics
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}
