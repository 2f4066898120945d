# The buckets; a copy of the audit log is locked for a day.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

module "blobs" {
  source = "../../modules/blobs"

  name          = "candor-example"
  blobs_key_arn = module.keys.arns["blobs"]
  audit_days    = 1
}
