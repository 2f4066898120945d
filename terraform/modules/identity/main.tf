# What each pod may do to AWS: a role for each ServiceAccount that needs one, and nothing for the others.

data "aws_caller_identity" "this" {}

data "aws_region" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  region  = data.aws_region.this.region

  # Pods by the ServiceAccount that they run as. What only describes has no resource to be narrowed to.
  pods = {
    documents = {
      namespace = "candor"
      statements = [
        { actions = ["s3:ListBucket"], resources = [var.bucket_arns["documents"]], tag = null },
        { actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], resources = ["${var.bucket_arns["documents"]}/*"], tag = null },
        { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [var.blobs_key_arn], tag = null },
      ]
    }
    accounts = {
      namespace = "candor"
      statements = [
        { actions = ["s3:PutObject"], resources = ["${var.bucket_arns["audit"]}/*"], tag = null },
        { actions = ["kms:GenerateDataKey"], resources = [var.blobs_key_arn], tag = null },
      ]
    }
    aws-load-balancer-controller = {
      namespace = "kube-system"
      statements = [
        { actions = ["ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeAvailabilityZones", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"], resources = ["*"], tag = null },
        { actions = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"], resources = values(var.target_group_arns), tag = null },
      ]
    }
    cluster-autoscaler = {
      namespace = "kube-system"
      statements = [
        { actions = ["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeScalingActivities", "autoscaling:DescribeTags", "ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions"], resources = ["*"], tag = null },
        { actions = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"], resources = ["arn:aws:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/*"], tag = var.cluster_name },
        { actions = ["eks:DescribeNodegroup"], resources = ["arn:aws:eks:${local.region}:${local.account}:nodegroup/${var.cluster_name}/*"], tag = null },
      ]
    }
  }
}

data "aws_iam_policy_document" "pods_trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [var.cluster_arn]
    }
  }
}

data "aws_iam_policy_document" "pods" {
  #checkov:skip=CKV_AWS_356: Actions that only describe have no resource to be narrowed to; the test of policies holds all others to theirs.
  for_each = local.pods

  dynamic "statement" {
    for_each = each.value.statements

    content {
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.tag == null ? [] : [statement.value.tag]

        content {
          test     = "StringEquals"
          variable = "aws:ResourceTag/eks:cluster-name"
          values   = [condition.value]
        }
      }
    }
  }
}

resource "aws_iam_role" "pods" {
  for_each = local.pods

  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.pods_trust.json
}

resource "aws_iam_role_policy" "pods" {
  for_each = local.pods

  name   = "own"
  role   = aws_iam_role.pods[each.key].id
  policy = data.aws_iam_policy_document.pods[each.key].json
}

resource "aws_eks_pod_identity_association" "this" {
  for_each = local.pods

  cluster_name    = var.cluster_name
  namespace       = each.value.namespace
  service_account = each.key
  role_arn        = aws_iam_role.pods[each.key].arn
}
