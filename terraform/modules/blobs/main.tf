# Buckets: people's files, copies of the audit log that nobody can change, and the logs of access to both.

data "aws_caller_identity" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id

  # A bucket's name is one of the whole world's; the account makes it ours.
  buckets = { for kind in ["documents", "audit", "logs"] : kind => "${var.name}-${kind}-${local.account}" }

  # Load balancers write their logs with S3's own key or not at all.
  keyed = toset(["documents", "audit"])

  # How long old versions are kept, in days.
  noncurrent_days = { documents = 35, audit = 35, logs = 1 }

  # Which services of AWS write logs, and below what.
  writers = {
    "logdelivery.elasticloadbalancing" = "alb/AWSLogs/${local.account}/*"
    "logging.s3"                       = "s3/*"
  }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144: One region keeps data where the customer agreed; S3 holds each object in three zones.
  #checkov:skip=CKV2_AWS_62: Nothing acts on an object's arrival; the service that writes one knows it did.
  #checkov:skip=CKV_AWS_18: The bucket of logs keeps no log of itself, which would never end.
  for_each = local.buckets

  bucket              = each.value
  object_lock_enabled = each.key == "audit"
  force_destroy       = !var.deletion_protection && each.key != "audit"
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = contains(local.keyed, each.key) ? "aws:kms" : "AES256"
      kms_master_key_id = contains(local.keyed, each.key) ? var.blobs_key_arn : null
    }
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = local.keyed

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this["logs"].id
  target_prefix = "s3/${each.key}/"
}

# Not even the account's owner shortens it.
resource "aws_s3_bucket_object_lock_configuration" "audit" {
  bucket = aws_s3_bucket.this["audit"].id

  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.audit_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    id     = "what-is-half-or-old"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      noncurrent_days = local.noncurrent_days[each.key]
    }
  }

  dynamic "rule" {
    for_each = each.key == "logs" ? [365] : []

    content {
      id     = "a-year-of-logs"
      status = "Enabled"

      filter {}

      expiration {
        days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

data "aws_iam_policy_document" "this" {
  for_each = local.buckets

  statement {
    sid       = "NothingInPlainText"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::${each.value}", "arn:aws:s3:::${each.value}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "logs" ? local.writers : {}

    content {
      actions   = ["s3:PutObject"]
      resources = ["arn:aws:s3:::${each.value}/${statement.value}"]

      principals {
        type        = "Service"
        identifiers = ["${statement.key}.amazonaws.com"]
      }

      # Load balancers sign with no account of ours: their path names it.
      dynamic "condition" {
        for_each = statement.key == "logging.s3" ? [local.account] : []

        content {
          test     = "StringEquals"
          variable = "aws:SourceAccount"
          values   = [condition.value]
        }
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id
  policy = data.aws_iam_policy_document.this[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.this]
}
