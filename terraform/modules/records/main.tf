# DocumentDB, which speaks MongoDB's protocol: parsed documents, mappings, schemas.

locals {
  instances = toset([for index in range(var.instance_count) : tostring(index)])
}

resource "aws_security_group" "this" {
  name        = "${var.name}-records"
  description = "MongoDB from the cluster alone"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-records" }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  security_group_id            = aws_security_group.this.id
  description                  = "MongoDB from the cluster"
  referenced_security_group_id = var.client_security_group_id
  from_port                    = 27017
  to_port                      = 27017
  ip_protocol                  = "tcp"
}

resource "aws_docdb_subnet_group" "this" {
  name       = "${var.name}-records"
  subnet_ids = var.subnet_ids
}

resource "aws_docdb_cluster_parameter_group" "this" {
  name        = "${var.name}-records"
  description = "Refuses plain text; logs who did what"
  family      = "docdb5.0"

  parameter {
    name  = "tls"
    value = "enabled"
  }

  parameter {
    name  = "audit_logs"
    value = "enabled"
  }

  parameter {
    name  = "profiler"
    value = "enabled"
  }

  parameter {
    name  = "profiler_threshold_ms"
    value = "500"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["audit", "profiler"])

  name              = "/aws/docdb/${var.name}-records/${each.key}"
  retention_in_days = 365
  kms_key_id        = var.logs_key_arn
}

resource "aws_docdb_cluster" "this" {
  cluster_identifier = "${var.name}-records"
  engine             = "docdb"
  engine_version     = "5.0.0"

  # The administrator's password is made, kept and changed every week by AWS; it is in no state. The provider names no
  # key for it, so that Secrets Manager's own seals it.
  master_username             = "administrator"
  manage_master_user_password = true

  storage_encrypted               = true
  kms_key_id                      = var.data_key_arn
  db_subnet_group_name            = aws_docdb_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.this.id]
  db_cluster_parameter_group_name = aws_docdb_cluster_parameter_group.this.name

  backup_retention_period      = 35
  preferred_backup_window      = "01:00-02:00"
  preferred_maintenance_window = "sun:03:00-sun:04:00"
  deletion_protection          = var.deletion_protection
  skip_final_snapshot          = !var.deletion_protection
  final_snapshot_identifier    = "${var.name}-records-final"

  enabled_cloudwatch_logs_exports = ["audit", "profiler"]

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_docdb_cluster_instance" "this" {
  for_each = local.instances

  identifier                      = "${var.name}-records-${each.key}"
  cluster_identifier              = aws_docdb_cluster.this.id
  instance_class                  = var.instance_class
  auto_minor_version_upgrade      = true
  copy_tags_to_snapshot           = true
  enable_performance_insights     = true
  performance_insights_kms_key_id = var.data_key_arn
}
