output "arns" {
  description = "The keys by what they seal: data, blobs, secrets, logs, cluster."
  value       = { for kind, key in aws_kms_key.this : kind => key.arn }
}
