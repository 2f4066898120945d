variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "domain" {
  description = "The name that people type."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "A domain is written in lower case, without a final dot."
  }
}

variable "zone_id" {
  description = "The Route 53 zone in which the domain lies."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Where the load balancer is, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "A load balancer is in two zones at least."
  }
}

variable "cluster_security_group_id" {
  description = "The group of the edge's pods."
  type        = string
}

variable "logs_bucket" {
  description = "The bucket of access logs."
  type        = string
}

variable "requests_per_address" {
  description = "The most requests of one address in five minutes."
  type        = number
  default     = 3000

  validation {
    condition     = var.requests_per_address >= 10
    error_message = "AWS counts from ten."
  }
}

variable "price_class" {
  description = "How near to the people CloudFront is: PriceClass_100 is Europe and North America."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "A price class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "geo_allowed" {
  description = "The countries that are let in, by ISO 3166 code; none lets in all."
  type        = list(string)
  default     = []
}

variable "deletion_protection" {
  description = "Whether it refuses to be destroyed, and leaves a last snapshot."
  type        = bool
  default     = true
}
