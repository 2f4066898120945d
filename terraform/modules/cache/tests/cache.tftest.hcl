mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
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

run "one_node_has_nobody_to_take_over_and_two_have" {
  command = apply

  variables {
    node_count = 1
  }

  assert {
    condition     = !aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "AWS refuses failover of one node."
  }
}

run "it_speaks_tls_alone_and_is_sealed" {
  command = apply

  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_mode == "required" && aws_elasticache_replication_group.this.kms_key_id == var.data_key_arn
    error_message = "It takes plain text, or is not sealed with our key."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "A lost zone loses it."
  }
}

run "alarms_watch_each_node_by_the_name_that_aws_gives_it" {
  command = apply

  assert {
    condition     = output.node_ids == { "0" = "candor-test-001", "1" = "candor-test-002" }
    error_message = jsonencode(output.node_ids)
  }
}
