# The database module, against a mocked provider: access, backups, and no password in the state.

mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = { address = "memo.example.rds.amazonaws.com" }
  }
  mock_resource "aws_rds_cluster" {
    defaults = { endpoint = "memo.cluster.example.rds.amazonaws.com" }
  }
}

variables {
  name                    = "memo"
  kind                    = "instance"
  vpc_id                  = "vpc-1"
  subnet_ids              = ["subnet-1", "subnet-2"]
  publicly_accessible     = false
  allowed_security_groups = { api = "sg-api", functions = "sg-functions" }
  url_secret_id           = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/database-url"
  alarms_topic_arn        = "arn:aws:sns:us-east-1:123456789012:memo-alarms"
  password                = "correct-horse-battery-staple"
}

run "private" {
  module { source = "./modules/database" }

  assert {
    condition     = !aws_db_instance.this[0].publicly_accessible && length(aws_vpc_security_group_ingress_rule.cidrs) == 0
    error_message = "It must not be reachable from outside its network."
  }

  assert {
    condition     = tomap({ for name, rule in aws_vpc_security_group_ingress_rule.groups : name => rule.referenced_security_group_id }) == tomap({ api = "sg-api", functions = "sg-functions" })
    error_message = "The API and the functions must reach it by their security groups."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.groups : rule.from_port == 5432 && rule.to_port == 5432 && rule.ip_protocol == "tcp"])
    error_message = "Only the port of Postgres may be open."
  }

  assert {
    condition     = aws_db_instance.this[0].engine == "postgres" && startswith(aws_db_instance.this[0].engine_version, "16") && aws_db_instance.this[0].instance_class == "db.t3.micro"
    error_message = "It must be Postgres 16 on a db.t3.micro."
  }

  assert {
    condition     = aws_db_instance.this[0].backup_retention_period == 7 && aws_db_instance.this[0].storage_encrypted && aws_db_instance.this[0].deletion_protection && !aws_db_instance.this[0].skip_final_snapshot
    error_message = "It must have encrypted backups of seven days, and a final snapshot."
  }

  assert {
    condition     = aws_db_instance.this[0].password == null && aws_secretsmanager_secret_version.url.secret_string == null
    error_message = "Password and URL must be write-only arguments: the state must not have them."
  }

  assert {
    condition     = local.url_query == "sslmode=verify-full"
    error_message = "Clients must check the server's certificate and its name."
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.threshold } == {
      cpu           = 80
      connections   = 80
      storage       = 5 * 1024 * 1024 * 1024
      read-latency  = 0.1
      write-latency = 0.1
    }
    error_message = "There must be five alarms: CPU, connections, free storage, read and write latency."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["storage"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.this["cpu"].comparison_operator == "GreaterThanThreshold"
    error_message = "The alarm on storage must have a lower limit, the others an upper one."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([var.alarms_topic_arn]) && alarm.dimensions == tomap({ DBInstanceIdentifier = "memo-database" })])
    error_message = "Each alarm must monitor this database and reach the topic."
  }
}

run "public" {
  module { source = "./modules/database" }

  variables {
    publicly_accessible = true
    allowed_cidrs       = ["203.0.113.0/24"]
    deletion_protection = false
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.cidrs["203.0.113.0/24"].from_port == 5432 && aws_db_instance.this[0].publicly_accessible
    error_message = "The listed blocks must reach it."
  }

  assert {
    condition     = aws_db_instance.this[0].skip_final_snapshot && !aws_db_instance.this[0].deletion_protection
    error_message = "Without protection, destroy must delete it."
  }
}

run "aurora" {
  module { source = "./modules/database" }

  variables {
    kind = "aurora"
  }

  assert {
    condition     = length(aws_db_instance.this) == 0 && aws_rds_cluster.this[0].engine == "aurora-postgresql" && aws_rds_cluster_instance.this[0].instance_class == "db.serverless"
    error_message = "It must be serverless, without another instance."
  }

  assert {
    condition     = aws_rds_cluster.this[0].serverlessv2_scaling_configuration[0].min_capacity == 0.5 && aws_rds_cluster.this[0].serverlessv2_scaling_configuration[0].max_capacity == 1
    error_message = "The capacity must be from half a unit to one."
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "storage") && output.dimensions == tomap({ DBClusterIdentifier = "memo-database" })
    error_message = "Aurora needs no alarm on storage; the other alarms must monitor the cluster."
  }
}

run "aurora_that_pauses" {
  module { source = "./modules/database" }

  variables {
    kind                     = "aurora"
    auto_pause_after_seconds = 300
  }

  assert {
    condition     = aws_rds_cluster.this[0].serverlessv2_scaling_configuration[0].min_capacity == 0 && aws_rds_cluster.this[0].serverlessv2_scaling_configuration[0].seconds_until_auto_pause == 300
    error_message = "It must have the minimum capacity 0, to pause."
  }
}

run "refuses_blocks_for_a_private_database" {
  command = plan
  module { source = "./modules/database" }

  variables {
    allowed_cidrs = ["203.0.113.0/24"]
  }

  expect_failures = [aws_security_group.this]
}

run "refuses_connections_without_tls" {
  command = plan
  module { source = "./modules/database" }

  variables {
    sslmode = "disable"
  }

  expect_failures = [var.sslmode]
}

run "refuses_a_password_that_can_be_guessed" {
  command = plan
  module { source = "./modules/database" }

  variables {
    password = "hunter2"
  }

  expect_failures = [var.password]
}

run "refuses_a_password_that_rds_refuses" {
  command = plan
  module { source = "./modules/database" }

  variables {
    password = "correct/horse@battery staple"
  }

  expect_failures = [var.password]
}

run "refuses_numbers_aws_would_refuse" {
  command = plan
  module { source = "./modules/database" }

  variables {
    kind                     = "mysql"
    subnet_ids               = ["subnet-1"]
    allowed_cidrs            = ["everybody"]
    password_version         = 0
    instance_class           = "big"
    backup_retention_days    = 0
    max_capacity_units       = 0.5
    auto_pause_after_seconds = 60
  }

  expect_failures = [
    var.kind,
    var.subnet_ids,
    var.allowed_cidrs,
    var.password_version,
    var.instance_class,
    var.backup_retention_days,
    var.max_capacity_units,
    var.auto_pause_after_seconds,
  ]
}

run "refuses_less_than_half_a_unit" {
  command = plan
  module { source = "./modules/database" }

  variables {
    kind               = "aurora"
    min_capacity_units = 0.25
  }

  expect_failures = [var.min_capacity_units]
}
