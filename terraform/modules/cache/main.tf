# Valkey, which speaks Redis's protocol: cache and fan-out. What it loses can be made again.

resource "aws_security_group" "this" {
  name        = "${var.name}-cache"
  description = "Redis from the cluster alone"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-cache" }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  security_group_id            = aws_security_group.this.id
  description                  = "Redis from the cluster"
  referenced_security_group_id = var.client_security_group_id
  from_port                    = 6379
  to_port                      = 6379
  ip_protocol                  = "tcp"
}

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_elasticache_parameter_group" "this" {
  name        = var.name
  description = "A full cache forgets what was used least"
  family      = "valkey8"

  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lfu"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["slow-log", "engine-log"])

  name              = "/${var.name}/cache/${each.key}"
  retention_in_days = 365
  kms_key_id        = var.logs_key_arn
}

# Written and never read back: the token is in Secrets Manager and in no state.
ephemeral "aws_secretsmanager_random_password" "token" {
  password_length     = 48
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57: A token is changed by token_version; rotation by AWS asks for a function with a way to the cache.
  name        = "candor/cache"
  description = "Where the cache is, token included"
  kms_key_id  = var.secrets_key_arn
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo_version = var.token_version

  secret_string_wo = jsonencode({
    url = "rediss://:${ephemeral.aws_secretsmanager_random_password.token.random_password}@${aws_elasticache_replication_group.this.primary_endpoint_address}:6379/0"
  })
}

resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_31: The token is auth_token_wo, which no state keeps and checkov does not know.
  #checkov:skip=CKV2_AWS_50: With more than one node another takes over; staging has one.
  replication_group_id       = var.name
  description                = "${var.name}: cache and fan-out"
  engine                     = "valkey"
  engine_version             = "8.1"
  node_type                  = var.node_type
  num_cache_clusters         = var.node_count
  automatic_failover_enabled = var.node_count > 1
  multi_az_enabled           = var.node_count > 1
  parameter_group_name       = aws_elasticache_parameter_group.this.name
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.this.id]

  at_rest_encryption_enabled = true
  kms_key_id                 = var.data_key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  auth_token_wo              = ephemeral.aws_secretsmanager_random_password.token.random_password
  auth_token_wo_version      = var.token_version
  auth_token_update_strategy = "ROTATE"

  auto_minor_version_upgrade = true
  maintenance_window         = "sun:04:00-sun:05:00"
  snapshot_retention_limit   = 1
  snapshot_window            = "02:00-03:00"

  dynamic "log_delivery_configuration" {
    for_each = aws_cloudwatch_log_group.this

    content {
      destination      = log_delivery_configuration.value.name
      destination_type = "cloudwatch-logs"
      log_format       = "json"
      log_type         = log_delivery_configuration.key
    }
  }
}
