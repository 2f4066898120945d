output "arns" {
  description = "The secrets by their names in k8s/components/external-secrets."
  value = merge(
    { for name, secret in aws_secretsmanager_secret.this : name => secret.arn },
    { modelhub = aws_secretsmanager_secret.modelhub.arn },
  )
}
