# One key for each kind of thing, so that whoever may open one kind cannot open another.

data "aws_caller_identity" "this" {}

data "aws_region" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  region  = data.aws_region.this.region
  root    = "arn:aws:iam::${local.account}:root"

  # Who uses a key, besides those whom IAM of this account lets: AWS services that act for nobody's role.
  services = {
    data    = []
    blobs   = []
    secrets = []
    logs    = ["logs.${local.region}.amazonaws.com", "cloudwatch.amazonaws.com", "budgets.amazonaws.com", "costalerts.amazonaws.com"]
    cluster = []
  }

  use    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
  scaler = "arn:aws:iam::${local.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"

  account_statement = {
    Sid       = "TheAccountsIamDecides"
    Effect    = "Allow"
    Principal = { AWS = local.root }
    Action    = "kms:*"
    Resource  = "*"
  }

  # The volumes of nodes are made by the auto scaling group, which needs a grant to hand the key to them.
  scaler_statements = [
    {
      Sid       = "NodesOpenTheirVolumes"
      Effect    = "Allow"
      Principal = { AWS = local.scaler }
      Action    = local.use
      Resource  = "*"
    },
    {
      Sid       = "NodesHandTheKeyToTheirVolumes"
      Effect    = "Allow"
      Principal = { AWS = local.scaler }
      Action    = ["kms:CreateGrant"]
      Resource  = "*"
      Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
    },
  ]
}

resource "aws_kms_key" "this" {
  for_each = local.services

  description             = "${var.name}: ${each.key}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  # In a key's own policy "*" means this key and no other.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [local.account_statement],
      [for statement in local.scaler_statements : statement if each.key == "cluster"],
      [
        for service in each.value : {
          Sid       = "Service${replace(title(replace(service, "/[.-]/", " ")), " ", "")}"
          Effect    = "Allow"
          Principal = { Service = service }
          Action    = local.use
          Resource  = "*"
          Condition = {
            for test, expected in {
              ArnLike      = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${local.region}:${local.account}:*" }
              StringEquals = { "aws:SourceAccount" = local.account }
            } : test => expected if(test == "ArnLike") == startswith(service, "logs.")
          }
        }
      ],
    )
  })
}

resource "aws_kms_alias" "this" {
  for_each = aws_kms_key.this

  name          = "alias/${var.name}-${each.key}"
  target_key_id = each.value.key_id
}
