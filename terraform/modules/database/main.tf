# Postgres 16, and the secret with the URL for all clients. The password is a write-only argument: it is in no plan and in no
# state.

locals {
  tags = merge(var.tags, { Project = "rawk", Pipeline = var.name })

  is_aurora = var.kind == "aurora"
  database  = "rawk"
  user      = "rawk"
  port      = 5432

  url_query = "sslmode=${var.sslmode}"

  host = one(concat(aws_rds_cluster.this[*].endpoint, aws_db_instance.this[*].address))
}

# --- How to connect --------------------------------------------------------------------------------------

resource "aws_secretsmanager_secret_version" "url" {
  secret_id                = var.url_secret_id
  secret_string_wo         = "postgresql://${local.user}:${urlencode(var.password)}@${local.host}:${local.port}/${local.database}?${local.url_query}"
  secret_string_wo_version = var.password_version
}

# --- Network ---------------------------------------------------------------------------------------

resource "aws_db_subnet_group" "this" {
  name        = "${var.name}-database"
  description = "Subnets of the database of ${var.name}."
  subnet_ids  = var.subnet_ids
  tags        = local.tags
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "Postgres."
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-database" })

  lifecycle {
    precondition {
      condition     = var.publicly_accessible || length(var.allowed_cidrs) == 0
      error_message = "allowed_cidrs have no effect on a private database, which has no public address. Leave them empty, or keep the database public during a migration (enable_legacy_cidrs)."
    }
  }
}

resource "aws_vpc_security_group_ingress_rule" "groups" {
  for_each = var.allowed_security_groups

  security_group_id            = aws_security_group.this.id
  description                  = "Postgres from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "cidrs" {
  for_each = toset(var.allowed_cidrs)

  security_group_id = aws_security_group.this.id
  description       = "Postgres over TLS from ${each.key}"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = local.port
  to_port           = local.port
  tags              = local.tags
}

# --- One instance ----------------------------------------------------------------------------------

resource "aws_db_instance" "this" {
  count = local.is_aurora ? 0 : 1

  identifier     = "${var.name}-database"
  engine         = "postgres"
  engine_version = "16"
  instance_class = var.instance_class
  tags           = local.tags

  allocated_storage     = 20
  max_allocated_storage = 100
  storage_type          = "gp3"
  storage_encrypted     = true

  db_name             = local.database
  username            = local.user
  password_wo         = var.password
  password_wo_version = var.password_version
  port                = local.port

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  publicly_accessible    = var.publicly_accessible
  multi_az               = var.multi_az

  backup_retention_period    = var.backup_retention_days
  backup_window              = "03:00-04:00"
  maintenance_window         = "sun:04:30-sun:05:30"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = var.deletion_protection ? "${var.name}-database-final" : null
  apply_immediately         = true # an approved change happens now, not in an unattended maintenance window

  lifecycle {
    ignore_changes = [engine_version] # "16" means the newest 16; AWS then returns the minor version
  }
}

# --- Aurora Serverless v2 --------------------------------------------------------------------------

resource "aws_rds_cluster" "this" {
  # checkov:skip=CKV2_AWS_8: it has its own backups (backup_retention_days)
  count = local.is_aurora ? 1 : 0

  cluster_identifier = "${var.name}-database"
  engine             = "aurora-postgresql"
  engine_mode        = "provisioned" # the engine mode of Serverless v2
  engine_version     = "16.6"
  tags               = local.tags

  storage_encrypted          = true
  database_name              = local.database
  master_username            = local.user
  master_password_wo         = var.password
  master_password_wo_version = var.password_version
  port                       = local.port

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]

  backup_retention_period      = var.backup_retention_days
  preferred_backup_window      = "03:00-04:00"
  preferred_maintenance_window = "sun:04:30-sun:05:30"
  copy_tags_to_snapshot        = true

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = var.deletion_protection ? "${var.name}-database-final" : null
  apply_immediately         = true

  serverlessv2_scaling_configuration {
    # It pauses only with a minimum capacity of 0.
    min_capacity             = var.auto_pause_after_seconds == null ? var.min_capacity_units : 0
    max_capacity             = var.max_capacity_units
    seconds_until_auto_pause = var.auto_pause_after_seconds
  }

  lifecycle {
    ignore_changes = [engine_version] # AWS installs minor versions
  }
}

resource "aws_rds_cluster_instance" "this" {
  count = local.is_aurora ? 1 : 0

  identifier           = "${var.name}-database-1"
  cluster_identifier   = aws_rds_cluster.this[0].id
  instance_class       = "db.serverless"
  engine               = aws_rds_cluster.this[0].engine
  engine_version       = aws_rds_cluster.this[0].engine_version
  db_subnet_group_name = aws_db_subnet_group.this.name
  publicly_accessible  = var.publicly_accessible
  tags                 = local.tags

  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  apply_immediately          = true

  lifecycle {
    ignore_changes = [engine_version]
  }
}
