output "names" {
  description = "The buckets by kind: documents, audit, logs."
  value       = { for kind, bucket in aws_s3_bucket.this : kind => bucket.id }

  # Whoever writes logs waits until it may.
  depends_on = [aws_s3_bucket_policy.this]
}

output "arns" {
  description = "The buckets by kind: documents, audit, logs."
  value       = { for kind, bucket in aws_s3_bucket.this : kind => bucket.arn }
}
