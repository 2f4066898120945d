# Every secret that k8s/components/external-secrets asks for, made once by chance. Values are written and never read
# back: none is in a state or a plan.

locals {
  services = ["accounts", "documents", "generation", "validation"]
  roles    = { for pair in setproduct(local.services, ["", "-migrations"]) : join("", pair) => pair[0] }

  users = { for role, service in local.roles : role => replace(role, "-", "_") }
}

ephemeral "aws_secretsmanager_random_password" "password" {
  for_each = local.roles

  password_length     = 40
  exclude_punctuation = true
}

# Keys of AES-256, and words by which services know each other.
ephemeral "aws_secretsmanager_random_password" "key" {
  for_each = toset(["accounts", "validation"])

  password_length     = 32
  exclude_punctuation = true
}

ephemeral "aws_secretsmanager_random_password" "word" {
  for_each = toset(["platform", "generation"])

  password_length     = 48
  exclude_punctuation = true
}

locals {
  words = { for name, word in ephemeral.aws_secretsmanager_random_password.word : name => word.random_password }

  databases = {
    for role, service in local.roles : role => {
      password     = ephemeral.aws_secretsmanager_random_password.password[role].random_password
      database_url = "postgresql://${local.users[role]}:${ephemeral.aws_secretsmanager_random_password.password[role].random_password}@${var.database_endpoint}:5432/${service}?sslmode=require"
    }
  }

  others = {
    accounts = {
      master_key   = base64encode(ephemeral.aws_secretsmanager_random_password.key["accounts"].random_password)
      service_keys = join(",", [for name in sort(keys(local.words)) : "${name}:${sha256(local.words[name])}"])
    }
    validation = { master_key = base64encode(ephemeral.aws_secretsmanager_random_password.key["validation"].random_password) }
    generation = { service_key = local.words["generation"] }
    platform   = { key = local.words["platform"] }
  }
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57: What a master key seals cannot be opened by another, and a role's password changes with k8s' database.sql: values_version makes new ones on purpose.
  for_each = toset(concat(keys(local.roles), ["platform"]))

  name                    = "candor/${each.key}"
  description             = "${var.name}: ${each.key}"
  kms_key_id              = var.secrets_key_arn
  recovery_window_in_days = 30
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = aws_secretsmanager_secret.this

  secret_id                = each.value.id
  secret_string_wo_version = var.values_version
  secret_string_wo         = jsonencode(merge(try(local.databases[each.key], {}), try(local.others[each.key], {})))
}

# A model's provider hands out its key: an operator writes it here.
resource "aws_secretsmanager_secret" "modelhub" {
  #checkov:skip=CKV2_AWS_57: The provider of the model makes and ends its keys.
  name                    = "candor/modelhub"
  description             = "${var.name}: a model provider's key, as openai_api_key"
  kms_key_id              = var.secrets_key_arn
  recovery_window_in_days = 30
}
