# DocumentDB with one instance.

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

module "records" {
  source = "../../modules/records"

  name                     = "candor-example"
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.data_subnet_ids
  client_security_group_id = "sg-0123456789abcdef0"
  instance_count           = 1
  data_key_arn             = module.keys.arns["data"]
  logs_key_arn             = module.keys.arns["logs"]
}
