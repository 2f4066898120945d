# The environment, made from nothing with invented answers: every expression is evaluated, every validation asked.
# What AWS itself would refuse, it cannot say.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:000000000000:key/mock" }
  }

  mock_resource "aws_eks_cluster" {
    defaults = { identity = [{ oidc = [{ issuer = "https://oidc.example/id/mock" }] }] }
  }

  mock_resource "aws_rds_cluster" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:mock", kms_key_id = "mock", secret_status = "active" }] }
  }

  mock_resource "aws_docdb_cluster" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:mock", kms_key_id = "mock", secret_status = "active" }] }
  }
}

run "the_platform_is_made_from_nothing" {
  command = apply

  assert {
    condition     = output.url == "https://${var.domain}"
    error_message = "People are sent to ${output.url}."
  }

  assert {
    condition     = output.cluster_name == "candor-${var.environment}"
    error_message = "The cluster is called ${output.cluster_name}."
  }

  assert {
    condition     = length(output.data_cidrs) == length(var.zones)
    error_message = "Databases are in ${length(output.data_cidrs)} zones."
  }

  assert {
    condition     = toset(keys(output.buckets)) == toset(["audit", "documents", "logs"])
    error_message = jsonencode(output.buckets)
  }

  assert {
    condition     = toset(keys(output.target_group_arns)) == toset(["grpc", "http"])
    error_message = jsonencode(output.target_group_arns)
  }
}

run "the_platform_is_made_without_cache_and_records" {
  command = apply

  variables {
    cache   = null
    records = null
  }

  assert {
    condition     = output.cache_secret_arn == null && output.records_endpoint == null
    error_message = "They are still there."
  }
}

run "an_account_is_twelve_digits" {
  command = plan

  variables {
    account_id = "production"
  }

  expect_failures = [var.account_id]
}
