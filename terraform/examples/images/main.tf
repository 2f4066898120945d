# Where the images of two workloads are kept.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

module "images" {
  source = "../../modules/images"

  workloads     = ["edge", "gateway"]
  kept_images   = 10
  blobs_key_arn = module.keys.arns["blobs"]
}
