# The way in, before pods of a group that has none yet; only two countries may ask.

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

module "blobs" {
  source = "../../modules/blobs"

  name          = "candor-example"
  blobs_key_arn = module.keys.arns["blobs"]
}

module "edge" {
  source = "../../modules/edge"

  name                      = "candor-example"
  domain                    = "candor.example"
  zone_id                   = "Z0000000000000000000A"
  vpc_id                    = module.network.vpc_id
  public_subnet_ids         = module.network.public_subnet_ids
  cluster_security_group_id = "sg-0123456789abcdef0"
  logs_bucket               = module.blobs.names["logs"]
  geo_allowed               = ["CH", "DE"]
}
