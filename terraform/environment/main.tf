# The whole of Candor on AWS: every module once, each given what the others make, with the values of the folder of `envs`
# that links here.

module "tags" {
  source = "../../modules/tags"

  environment = var.environment
  owner       = var.owner
  cost_center = var.cost_center
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = module.tags.tags
  }
}

locals {
  keys = module.keys.arns
}

module "keys" {
  source = "../../modules/keys"

  name = module.tags.name
}

module "network" {
  source = "../../modules/network"

  name              = module.tags.name
  cidr              = var.cidr
  zones             = var.zones
  nat_in_every_zone = var.nat_in_every_zone
  logs_key_arn      = local.keys["logs"]
}

module "cluster" {
  source = "../../modules/cluster"

  name                = module.tags.name
  kubernetes_version  = var.kubernetes_version
  subnet_ids          = module.network.private_subnet_ids
  api_cidrs           = var.api_cidrs
  admin_role_arns     = var.admin_role_arns
  node_groups         = var.node_groups
  cluster_key_arn     = local.keys["cluster"]
  logs_key_arn        = local.keys["logs"]
  deletion_protection = var.deletion_protection
}

module "database" {
  source = "../../modules/database"

  name                     = module.tags.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.data_subnet_ids
  client_security_group_id = module.cluster.security_group_id
  instance_count           = var.database.instances
  min_acu                  = var.database.min_acu
  max_acu                  = var.database.max_acu
  data_key_arn             = local.keys["data"]
  secrets_key_arn          = local.keys["secrets"]
  logs_key_arn             = local.keys["logs"]
  deletion_protection      = var.deletion_protection
}

module "cache" {
  source = "../../modules/cache"
  count  = var.cache == null ? 0 : 1

  name                     = module.tags.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.data_subnet_ids
  client_security_group_id = module.cluster.security_group_id
  node_type                = var.cache.node_type
  node_count               = var.cache.nodes
  data_key_arn             = local.keys["data"]
  secrets_key_arn          = local.keys["secrets"]
  logs_key_arn             = local.keys["logs"]
}

module "records" {
  source = "../../modules/records"
  count  = var.records == null ? 0 : 1

  name                     = module.tags.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.data_subnet_ids
  client_security_group_id = module.cluster.security_group_id
  instance_class           = var.records.instance_class
  instance_count           = var.records.instances
  data_key_arn             = local.keys["data"]
  logs_key_arn             = local.keys["logs"]
  deletion_protection      = var.deletion_protection
}

module "blobs" {
  source = "../../modules/blobs"

  name                = module.tags.name
  blobs_key_arn       = local.keys["blobs"]
  audit_days          = var.audit_days
  deletion_protection = var.deletion_protection
}

module "edge" {
  source = "../../modules/edge"

  name                      = module.tags.name
  domain                    = var.domain
  zone_id                   = var.zone_id
  vpc_id                    = module.network.vpc_id
  public_subnet_ids         = module.network.public_subnet_ids
  cluster_security_group_id = module.cluster.security_group_id
  logs_bucket               = module.blobs.names["logs"]
  deletion_protection       = var.deletion_protection
}

module "secrets" {
  source = "../../modules/secrets"

  name              = module.tags.name
  database_endpoint = module.database.endpoint
  secrets_key_arn   = local.keys["secrets"]
}

module "images" {
  source = "../../modules/images"

  blobs_key_arn = local.keys["blobs"]
}

module "identity" {
  source = "../../modules/identity"

  name              = module.tags.name
  environment       = var.environment
  repository        = var.repository
  cluster_name      = module.cluster.name
  cluster_arn       = module.cluster.arn
  cluster_issuer    = module.cluster.issuer
  bucket_arns       = module.blobs.arns
  target_group_arns = module.edge.target_group_arns
  repository_arns   = values(module.images.arns)
  secret_arns       = concat(values(module.secrets.arns), module.cache[*].secret_arn)
  secrets_key_arn   = local.keys["secrets"]
  blobs_key_arn     = local.keys["blobs"]
}

module "observability" {
  source = "../../modules/observability"

  name                  = module.tags.name
  emails                = var.emails
  logs_key_arn          = local.keys["logs"]
  database_id           = module.database.id
  records_id            = one(module.records[*].id)
  load_balancer_suffix  = module.edge.load_balancer_suffix
  target_group_suffixes = module.edge.target_group_suffixes
  nat_gateway_ids       = module.network.nat_gateway_ids
  cache_node_ids        = merge(module.cache[*].node_ids...)
}

module "budgets" {
  source = "../../modules/budgets"

  name        = module.tags.name
  monthly_usd = var.monthly_usd
  topic_arn   = module.observability.topic_arn
}
