output "id" {
  description = "For alarms."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "endpoint" {
  description = "Where the instance that writes is; it moves when another takes over."
  value       = aws_rds_cluster.this.endpoint
}

output "reader_endpoint" {
  description = "Where those that read are."
  value       = aws_rds_cluster.this.reader_endpoint
}

output "administrator_secret_arn" {
  description = "The secret with the administrator's name and password, for k8s' database.sql."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}
