# The roles of a cluster that is already there; no workflow deploys.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

data "aws_eks_cluster" "this" {
  name = "candor-example"
}

module "identity" {
  source = "../../modules/identity"

  name              = "candor-example"
  environment       = "example"
  cluster_name      = data.aws_eks_cluster.this.name
  cluster_arn       = data.aws_eks_cluster.this.arn
  cluster_issuer    = data.aws_eks_cluster.this.identity[0].oidc[0].issuer
  bucket_arns       = { documents = "arn:aws:s3:::candor-example-documents", audit = "arn:aws:s3:::candor-example-audit" }
  target_group_arns = { http = "arn:aws:elasticloadbalancing:eu-central-1:111111111111:targetgroup/candor-example-edge-http/0123456789abcdef" }
  repository_arns   = ["arn:aws:ecr:eu-central-1:111111111111:repository/candor/edge"]
  secret_arns       = ["arn:aws:secretsmanager:eu-central-1:111111111111:secret:candor/accounts-abcdef"]
  secrets_key_arn   = module.keys.arns["secrets"]
  blobs_key_arn     = module.keys.arns["blobs"]
}
