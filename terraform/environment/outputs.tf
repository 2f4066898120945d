output "url" {
  description = "What people type."
  value       = module.platform.url
}

output "cluster_name" {
  description = "For `aws eks update-kubeconfig`."
  value       = module.platform.cluster_name
}

output "registry" {
  description = "What stands before candor/<workload> in an image's name."
  value       = module.platform.registry
}

output "secrets_reader_role_arn" {
  description = "For the ServiceAccount secrets-reader of k8s/components/external-secrets."
  value       = module.platform.secrets_reader_role_arn
}

output "deploy_role_arn" {
  description = "For the workflow that deploys; none where no repository is named."
  value       = module.platform.deploy_role_arn
}

output "target_group_arns" {
  description = "For TargetGroupBindings: the groups of the edge's pods, http and grpc."
  value       = module.platform.target_group_arns
}

output "data_cidrs" {
  description = "For the NetworkPolicy to-postgresql: where databases are."
  value       = module.platform.data_cidrs
}

output "database_endpoint" {
  description = "Where PostgreSQL writes, for k8s' database.sql."
  value       = module.platform.database_endpoint
}

output "database_administrator_secret_arn" {
  description = "The name and password of PostgreSQL's administrator."
  value       = module.platform.database_administrator_secret_arn
}

output "records_endpoint" {
  description = "Where DocumentDB writes; none where there is none."
  value       = module.platform.records_endpoint
}

output "cache_secret_arn" {
  description = "The secret with the cache's URL; none where there is no cache."
  value       = module.platform.cache_secret_arn
}

output "buckets" {
  description = "The buckets by kind: documents, audit, logs."
  value       = module.platform.buckets
}
