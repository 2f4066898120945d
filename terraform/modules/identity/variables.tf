variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "environment" {
  description = "The environment of GitHub whose workflows deploy."
  type        = string
}

variable "cluster_name" {
  description = "The cluster."
  type        = string
}

variable "cluster_arn" {
  description = "The cluster, for policies."
  type        = string
}

variable "cluster_issuer" {
  description = "Who signs the cluster's tokens: an https URL."
  type        = string

  validation {
    condition     = startswith(var.cluster_issuer, "https://")
    error_message = "An issuer is an https URL."
  }
}

variable "repository" {
  description = "The repository of GitHub whose workflows deploy, as owner/name; none lets no workflow in."
  type        = string
  default     = null

  validation {
    condition     = var.repository == null || can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.repository))
    error_message = "A repository is written as owner/name."
  }
}

variable "bucket_arns" {
  description = "The buckets by kind: documents, audit."
  type        = map(string)
}

variable "target_group_arns" {
  description = "The groups of the edge's pods by kind."
  type        = map(string)
}

variable "repository_arns" {
  description = "Where images go."
  type        = list(string)
}

variable "secret_arns" {
  description = "What External Secrets reads, and nothing else."
  type        = list(string)
}

variable "secrets_key_arn" {
  description = "The key of secrets."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.secrets_key_arn))
    error_message = "A key is named by its ARN."
  }
}

variable "blobs_key_arn" {
  description = "The key of objects."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.blobs_key_arn))
    error_message = "A key is named by its ARN."
  }
}
