# Who reads the secrets: External Secrets, by a token of the ServiceAccount that k8s/components/external-secrets names.

resource "aws_iam_openid_connect_provider" "cluster" {
  url            = var.cluster_issuer
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  issuer = trimprefix(var.cluster_issuer, "https://")
}

data "aws_iam_policy_document" "secrets_trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.cluster.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["system:serviceaccount:candor:secrets-reader"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "secrets" {
  statement {
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = var.secret_arns
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.secrets_key_arn]
  }
}

resource "aws_iam_role" "secrets" {
  name               = "${var.name}-secrets-reader"
  assume_role_policy = data.aws_iam_policy_document.secrets_trust.json
}

resource "aws_iam_role_policy" "secrets" {
  name   = "own"
  role   = aws_iam_role.secrets.id
  policy = data.aws_iam_policy_document.secrets.json
}
