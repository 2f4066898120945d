variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "kubernetes_version" {
  description = "The cluster's Kubernetes; raised by one at a time."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.(3[3-9]|[4-9][0-9])$", var.kubernetes_version))
    error_message = "Kubernetes is 1.33 or later: the mesh's proxies are native sidecars."
  }
}

variable "subnet_ids" {
  description = "Private subnets of nodes and pods."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A cluster has two zones at least."
  }
}

variable "api_cidrs" {
  description = "Who may reach the API from outside the network; none keeps it private."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for block in var.api_cidrs : can(cidrhost(block, 0)) && !endswith(block, "/0")])
    error_message = "Each is a block of addresses, and none is everybody."
  }
}

variable "admin_role_arns" {
  description = "The IAM roles of those who administer the cluster."
  type        = set(string)

  validation {
    condition     = length(var.admin_role_arns) > 0
    error_message = "Without an administrator nobody can enter the cluster."
  }
}

variable "node_groups" {
  description = "Groups of nodes by name: their machines, how many, and whether they may be interrupted."
  type = map(object({
    instance_types = list(string)
    min            = number
    max            = number
    spot           = optional(bool, false)
  }))

  validation {
    condition     = anytrue([for group in var.node_groups : !group.spot && group.min >= 2])
    error_message = "One group on demand has two nodes at least, for what must not be interrupted."
  }

  validation {
    condition     = alltrue([for group in var.node_groups : !group.spot || length(group.instance_types) >= 3])
    error_message = "A spot group names three kinds of machine at least: one kind alone is often not to be had."
  }

  validation {
    condition     = alltrue([for group in var.node_groups : group.min >= 0 && group.max >= max(group.min, 1)])
    error_message = "A group's most is at least its least."
  }
}

variable "node_volume_gib" {
  description = "The volume of a node's images, containers and scratch files, in GiB."
  type        = number
  default     = 80
}

variable "deletion_protection" {
  description = "Whether the cluster refuses to be destroyed."
  type        = bool
  default     = true
}

variable "cluster_key_arn" {
  description = "The key of Kubernetes' secrets and of volumes."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.cluster_key_arn))
    error_message = "A key is named by its ARN."
  }
}

variable "logs_key_arn" {
  description = "The key of logs."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.logs_key_arn))
    error_message = "A key is named by its ARN."
  }
}
