output "backend" {
  description = "For envs/<environment>/backend.hcl."
  value = {
    bucket     = aws_s3_bucket.this.id
    key        = "platform.tfstate"
    region     = var.region
    kms_key_id = aws_kms_alias.this.name
  }
}
