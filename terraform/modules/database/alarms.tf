# The database's own alarms. Storage is Aurora's affair where it is Aurora.

locals {
  dimensions = local.is_aurora ? { DBClusterIdentifier = aws_rds_cluster.this[0].cluster_identifier } : { DBInstanceIdentifier = aws_db_instance.this[0].identifier }

  alarms = merge(
    {
      cpu           = { metric = "CPUUtilization", above = 80, says = "The database is busy above 80 %." }
      connections   = { metric = "DatabaseConnections", above = 80, says = "More than 80 connections; a db.t3.micro takes about 110." }
      read-latency  = { metric = "ReadLatency", above = 0.1, says = "Reads take above 100 ms." }
      write-latency = { metric = "WriteLatency", above = 0.1, says = "Writes take above 100 ms." }
    },
    local.is_aurora ? {} : { storage = { metric = "FreeStorageSpace", below = 5 * pow(1024, 3), says = "Less than 5 GB of storage are free." } },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-database-${each.key}"
  alarm_description   = each.value.says
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = local.dimensions
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = can(each.value.below) ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = try(each.value.below, each.value.above)
  treat_missing_data  = "notBreaching" # a paused database says nothing
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}
