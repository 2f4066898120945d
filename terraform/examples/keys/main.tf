# The keys, and where one is used.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

resource "aws_cloudwatch_log_group" "example" {
  name              = "/candor-example"
  retention_in_days = 365
  kms_key_id        = module.keys.arns["logs"]
}
