variable "environment" {
  description = "Which installation this is; the second word of every name."
  type        = string
}

variable "owner" {
  description = "The team that answers for it: an e-mail address."
  type        = string
}

variable "cost_center" {
  description = "Where its cost is booked."
  type        = string
}

variable "emails" {
  description = "Who is told of alarms and budgets."
  type        = set(string)
}

variable "monthly_usd" {
  description = "What a month may cost, in USD."
  type        = number
}

variable "domain" {
  description = "The name that people type."
  type        = string
}

variable "zone_id" {
  description = "The Route 53 zone in which the domain lies."
  type        = string
}

variable "repository" {
  description = "The repository of GitHub whose workflows deploy, as owner/name; none lets no workflow in."
  type        = string
  default     = null
}

variable "admin_role_arns" {
  description = "The IAM roles of those who administer the cluster."
  type        = set(string)
}

variable "api_cidrs" {
  description = "Who may reach Kubernetes' API from outside the network; none keeps it private."
  type        = list(string)
  default     = []
}

variable "kubernetes_version" {
  description = "The cluster's Kubernetes; raised by one at a time."
  type        = string
  default     = "1.35"
}

variable "cidr" {
  description = "The network's addresses: a private block from /16 to /18."
  type        = string
}

variable "zones" {
  description = "The availability zones by name, two to four; one more is added at the end."
  type        = list(string)
}

variable "nat_in_every_zone" {
  description = "Whether each zone has a NAT gateway of its own; else all share one, and depend on its zone."
  type        = bool
}

variable "node_groups" {
  description = "Groups of nodes by name: their machines, how many, and whether they may be interrupted."
  type = map(object({
    instance_types = list(string)
    min            = number
    max            = number
    spot           = optional(bool, false)
  }))
}

variable "database" {
  description = "Aurora's instances, and the least and most capacity of each in ACU."
  type = object({
    instances = number
    min_acu   = number
    max_acu   = number
  })
}

variable "cache" {
  description = "The cache's nodes and their machine; null makes no cache."
  type = object({
    nodes     = number
    node_type = string
  })
}

variable "records" {
  description = "DocumentDB's instances and their machine; null makes none."
  type = object({
    instances      = number
    instance_class = string
  })
}

variable "audit_days" {
  description = "How long a copy of the audit log can be changed by nobody, in days."
  type        = number
}

variable "deletion_protection" {
  description = "Whether what keeps data refuses to be destroyed."
  type        = bool
  default     = true
}

variable "region" {
  description = "Where it is."
  type        = string
}

variable "account_id" {
  description = "The account it is in; each environment has its own, and no other is touched."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account is twelve digits."
  }
}
