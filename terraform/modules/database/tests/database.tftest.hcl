mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_rds_cluster" {
    defaults = { master_user_secret = [{ secret_arn = "arn:mock", kms_key_id = "mock", secret_status = "active" }] }
  }
}

variables {
  name                     = "candor-test"
  vpc_id                   = "vpc-mock"
  subnet_ids               = ["subnet-a", "subnet-b"]
  client_security_group_id = "sg-clients"
  data_key_arn             = "arn:aws:kms:eu-central-1:000000000000:key/mock"
  secrets_key_arn          = "arn:aws:kms:eu-central-1:000000000000:key/mock"
  logs_key_arn             = "arn:aws:kms:eu-central-1:000000000000:key/mock"
}

run "it_is_sealed_kept_for_35_days_and_not_destroyed_by_mistake" {
  command = apply

  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.kms_key_id == var.data_key_arn
    error_message = "It is not sealed with our key."
  }

  assert {
    condition     = aws_rds_cluster.this.backup_retention_period == 35 && aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot
    error_message = "It can be lost."
  }
}

run "nobody_knows_its_administrators_password_and_plain_text_is_refused" {
  command = apply

  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.iam_database_authentication_enabled
    error_message = "Its password is ours to lose."
  }

  assert {
    condition     = anytrue([for each in aws_rds_cluster_parameter_group.this.parameter : each.name == "rds.force_ssl" && each.value == "1"])
    error_message = "It takes plain text."
  }
}

run "it_lets_in_the_cluster_alone_and_has_no_public_address" {
  command = apply

  assert {
    condition     = aws_vpc_security_group_ingress_rule.this.referenced_security_group_id == "sg-clients" && aws_vpc_security_group_ingress_rule.this.cidr_ipv4 == null
    error_message = "Others get in."
  }

  assert {
    condition     = alltrue([for each in aws_rds_cluster_instance.this : !each.publicly_accessible])
    error_message = "It has a public address."
  }
}

run "two_instances_are_kept_warm_to_take_over" {
  command = apply

  variables {
    instance_count = 3
  }

  assert {
    condition     = [for each in aws_rds_cluster_instance.this : each.promotion_tier] == [1, 1, 2]
    error_message = jsonencode([for each in aws_rds_cluster_instance.this : each.promotion_tier])
  }
}

run "a_database_that_sleeps_is_refused" {
  command = plan

  variables {
    min_acu = 0
  }

  expect_failures = [var.min_acu]
}

run "an_old_postgresql_is_refused" {
  command = plan

  variables {
    engine_version = "15.4"
  }

  expect_failures = [var.engine_version]
}
