# A month's budget, told to a topic.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

resource "aws_sns_topic" "example" {
  name              = "candor-example-budget"
  kms_master_key_id = module.keys.arns["logs"]
}

module "budgets" {
  source = "../../modules/budgets"

  name        = "candor-example"
  monthly_usd = 500
  topic_arn   = aws_sns_topic.example.arn
}
