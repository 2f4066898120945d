output "secrets_reader_role_arn" {
  description = "For the ServiceAccount secrets-reader of k8s/components/external-secrets."
  value       = aws_iam_role.secrets.arn
}

output "deploy_role_arn" {
  description = "For the workflow that deploys; none where no repository is named."
  value       = one(aws_iam_role.deploy[*].arn)
}
