output "url" {
  description = "What people type."
  value       = module.edge.url
}

output "cluster_name" {
  description = "For `aws eks update-kubeconfig`."
  value       = module.cluster.name
}

output "registry" {
  description = "What stands before candor/<workload> in an image's name."
  value       = module.images.registry
}

output "secrets_reader_role_arn" {
  description = "For the ServiceAccount secrets-reader of k8s/components/external-secrets."
  value       = module.identity.secrets_reader_role_arn
}

output "deploy_role_arn" {
  description = "For the workflow that deploys; none where no repository is named."
  value       = module.identity.deploy_role_arn
}

output "target_group_arns" {
  description = "For TargetGroupBindings: the groups of the edge's pods, http and grpc."
  value       = module.edge.target_group_arns
}

output "data_cidrs" {
  description = "For the NetworkPolicy to-postgresql: where databases are."
  value       = module.network.data_cidrs
}

output "database_endpoint" {
  description = "Where PostgreSQL writes, for k8s' database.sql."
  value       = module.database.endpoint
}

output "database_administrator_secret_arn" {
  description = "The name and password of PostgreSQL's administrator."
  value       = module.database.administrator_secret_arn
}

output "records_endpoint" {
  description = "Where DocumentDB writes; none where there is none."
  value       = one(module.records[*].endpoint)
}

output "cache_secret_arn" {
  description = "The secret with the cache's URL; none where there is no cache."
  value       = one(module.cache[*].secret_arn)
}

output "buckets" {
  description = "The buckets by kind: documents, audit, logs."
  value       = module.blobs.names
}
