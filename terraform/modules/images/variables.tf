variable "workloads" {
  description = "What has an image: the names of k8s/base."
  type        = set(string)
  default     = ["accounts", "documents", "edge", "gateway", "generation", "modelhub", "validation"]
}

variable "kept_images" {
  description = "How many images of each workload are kept."
  type        = number
  default     = 50

  validation {
    condition     = var.kept_images >= 10
    error_message = "Ten at least, to roll back to."
  }
}

variable "blobs_key_arn" {
  description = "The key of images."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.blobs_key_arn))
    error_message = "A key is named by its ARN."
  }
}
