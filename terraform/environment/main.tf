# An environment: the platform with the values of the folder of `envs` that links here.

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

module "platform" {
  source = "../../modules/platform"

  name                = module.tags.name
  environment         = var.environment
  emails              = var.emails
  monthly_usd         = var.monthly_usd
  domain              = var.domain
  zone_id             = var.zone_id
  repository          = var.repository
  admin_role_arns     = var.admin_role_arns
  api_cidrs           = var.api_cidrs
  kubernetes_version  = var.kubernetes_version
  cidr                = var.cidr
  zones               = var.zones
  nat_in_every_zone   = var.nat_in_every_zone
  node_groups         = var.node_groups
  database            = var.database
  cache               = var.cache
  records             = var.records
  audit_days          = var.audit_days
  deletion_protection = var.deletion_protection
}
