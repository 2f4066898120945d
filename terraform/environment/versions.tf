terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.66"
    }
  }

  # Where: backend.hcl. S3 itself holds the lock.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}
