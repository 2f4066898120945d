variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "logs_key_arn" {
  description = "The key of what is sent; services of AWS may use it."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.logs_key_arn))
    error_message = "A key is named by its ARN."
  }
}

variable "emails" {
  description = "Who is told; each confirms once."
  type        = set(string)

  validation {
    condition     = length(var.emails) > 0
    error_message = "An alarm that nobody hears is none."
  }
}

variable "database_id" {
  description = "Aurora's cluster."
  type        = string
}

variable "records_id" {
  description = "DocumentDB's cluster; null where there is none."
  type        = string
  default     = null
}

variable "load_balancer_suffix" {
  description = "The load balancer as its metrics name it."
  type        = string
}

variable "target_group_suffixes" {
  description = "The groups as their metrics name them; http is watched."
  type        = map(string)
}

variable "nat_gateway_ids" {
  description = "By zone."
  type        = map(string)
}

variable "cache_node_ids" {
  description = "By number."
  type        = map(string)
}

variable "database_connections" {
  description = "From how many connections of Aurora on somebody is called; what it takes goes with max_acu."
  type        = number
  default     = 800
}

variable "database_storage_gib" {
  description = "From how much stored in Aurora on somebody is called, in GiB."
  type        = number
  default     = 1000
}

variable "records_storage_gib" {
  description = "From how much stored in DocumentDB on somebody is called, in GiB."
  type        = number
  default     = 500
}
