# Logs of what is global, which AWS keeps in us-east-1: what the firewall turned away, and what CloudFront served.

data "aws_caller_identity" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id

  global_logs = { firewall = "aws-waf-logs-${var.name}", cloudfront = "/${var.name}/cloudfront" }
}

# The account's other keys are in its own region.
resource "aws_kms_key" "global" {
  region                  = "us-east-1"
  description             = "${var.name}: logs of what is global"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountsIamDecides"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogsAreSealed"
        Effect    = "Allow"
        Principal = { Service = "logs.us-east-1.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-1:${local.account}:*" } }
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "global" {
  for_each = local.global_logs

  region            = "us-east-1"
  name              = each.value
  retention_in_days = 365
  kms_key_id        = aws_kms_key.global.arn
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  region                  = "us-east-1"
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.global["firewall"].arn]

  # A log is no place for a session.
  dynamic "redacted_fields" {
    for_each = ["authorization", "cookie"]

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }
}

resource "aws_cloudwatch_log_delivery_source" "this" {
  region       = "us-east-1"
  name         = "${var.name}-cloudfront"
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.this.arn
}

resource "aws_cloudwatch_log_delivery_destination" "this" {
  region        = "us-east-1"
  name          = "${var.name}-cloudfront"
  output_format = "json"

  delivery_destination_configuration {
    destination_resource_arn = aws_cloudwatch_log_group.global["cloudfront"].arn
  }
}

resource "aws_cloudwatch_log_delivery" "this" {
  region                   = "us-east-1"
  delivery_source_name     = aws_cloudwatch_log_delivery_source.this.name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.this.arn

  # Neither cookies nor queries: a sign-in code may be among them.
  record_fields = ["date", "time", "x-edge-location", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status", "sc-bytes", "time-taken", "x-edge-request-id", "x-edge-result-type"]
}
