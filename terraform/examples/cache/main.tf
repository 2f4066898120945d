# A cache of one small node.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

module "network" {
  source = "../../modules/network"

  name              = "candor-example"
  cidr              = "10.40.0.0/16"
  zones             = ["eu-central-1a", "eu-central-1b"]
  nat_in_every_zone = false
  logs_key_arn      = module.keys.arns["logs"]
}

module "cache" {
  source = "../../modules/cache"

  name                     = "candor-example"
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.data_subnet_ids
  client_security_group_id = "sg-0123456789abcdef0"
  node_type                = "cache.t4g.micro"
  node_count               = 1
  data_key_arn             = module.keys.arns["data"]
  secrets_key_arn          = module.keys.arns["secrets"]
  logs_key_arn             = module.keys.arns["logs"]
}
