# What a cluster needs before its first pod, kept current by AWS.

resource "aws_iam_role" "addon" {
  for_each = {
    network = "AmazonEKS_CNI_Policy"
    volumes = "service-role/AmazonEBSCSIDriverPolicy"
  }

  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust["pods.eks"].json
}

resource "aws_iam_role_policy_attachment" "addon" {
  for_each = {
    network = "AmazonEKS_CNI_Policy"
    volumes = "service-role/AmazonEBSCSIDriverPolicy"
  }

  role       = aws_iam_role.addon[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

# A volume that a pod asks for is sealed with the cluster's key.
resource "aws_iam_role_policy" "volumes" {
  name = "key"
  role = aws_iam_role.addon["volumes"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"]
        Resource = var.cluster_key_arn
      },
      {
        Effect    = "Allow"
        Action    = "kms:CreateGrant"
        Resource  = var.cluster_key_arn
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      },
    ]
  })
}

resource "aws_eks_addon" "identity" {
  cluster_name = aws_eks_cluster.this.name
  addon_name   = "eks-pod-identity-agent"
}

resource "aws_eks_addon" "network" {
  cluster_name = aws_eks_cluster.this.name
  addon_name   = "vpc-cni"

  # Without it the NetworkPolicies of k8s/components/network-policies are obeyed by nobody.
  configuration_values = jsonencode({ enableNetworkPolicy = "true" })

  pod_identity_association {
    role_arn        = aws_iam_role.addon["network"].arn
    service_account = "aws-node"
  }

  depends_on = [aws_iam_role_policy_attachment.addon, aws_eks_addon.identity]
}

resource "aws_eks_addon" "proxy" {
  cluster_name = aws_eks_cluster.this.name
  addon_name   = "kube-proxy"
}

resource "aws_eks_addon" "names" {
  cluster_name = aws_eks_cluster.this.name
  addon_name   = "coredns"

  depends_on = [aws_eks_node_group.this]
}

resource "aws_eks_addon" "metrics" {
  cluster_name = aws_eks_cluster.this.name
  addon_name   = "metrics-server"

  depends_on = [aws_eks_node_group.this]
}

resource "aws_eks_addon" "volumes" {
  cluster_name = aws_eks_cluster.this.name
  addon_name   = "aws-ebs-csi-driver"

  pod_identity_association {
    role_arn        = aws_iam_role.addon["volumes"].arn
    service_account = "ebs-csi-controller-sa"
  }

  depends_on = [aws_eks_node_group.this]
}
