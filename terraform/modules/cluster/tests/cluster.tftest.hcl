mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name            = "candor-test"
  subnet_ids      = ["subnet-a", "subnet-b"]
  admin_role_arns = ["arn:aws:iam::000000000000:role/administrators"]
  cluster_key_arn = "arn:aws:kms:eu-central-1:000000000000:key/mock"
  logs_key_arn    = "arn:aws:kms:eu-central-1:000000000000:key/mock"

  node_groups = {
    system = { instance_types = ["m7i.large"], min = 2, max = 4 }
    batch  = { instance_types = ["m7i.large", "m6i.large", "m5.large"], min = 0, max = 10, spot = true }
  }
}

override_resource {
  target = aws_eks_cluster.this
  values = {
    identity = [{ oidc = [{ issuer = "https://oidc.example/id/mock" }] }]
  }
}

run "its_api_has_a_private_address_alone" {
  command = apply

  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.vpc_config[0].endpoint_private_access
    error_message = "Everybody may try."
  }
}

run "an_operators_addresses_are_let_in_and_no_others" {
  command = apply

  variables {
    api_cidrs = ["192.0.2.0/28"]
  }

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["192.0.2.0/28"])
    error_message = jsonencode(aws_eks_cluster.this.vpc_config[0].public_access_cidrs)
  }
}

run "everybody_is_refused" {
  command = plan

  variables {
    api_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.api_cidrs]
}

run "spot_nodes_alone_carry_the_taint_that_batch_tolerates" {
  command = apply

  assert {
    condition     = [for each in aws_eks_node_group.this["batch"].taint : "${each.key}=${each.value}:${each.effect}"] == ["candor.dev/batch=true:NO_SCHEDULE"]
    error_message = jsonencode(aws_eks_node_group.this["batch"].taint)
  }

  assert {
    condition     = length(aws_eks_node_group.this["system"].taint) == 0 && aws_eks_node_group.this["system"].capacity_type == "ON_DEMAND"
    error_message = jsonencode(aws_eks_node_group.this["system"].taint)
  }

  assert {
    condition     = aws_eks_node_group.this["batch"].labels["candor.dev/batch"] == "true"
    error_message = "Batch would not find its nodes."
  }
}

run "a_nodes_credentials_stay_on_the_node" {
  command = apply

  assert {
    condition     = aws_launch_template.node.metadata_options[0].http_tokens == "required" && aws_launch_template.node.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "A pod may ask for its node's credentials."
  }
}

run "a_cluster_of_spot_alone_is_refused" {
  command = plan

  variables {
    node_groups = {
      batch = { instance_types = ["m7i.large", "m6i.large", "m5.large"], min = 2, max = 10, spot = true }
    }
  }

  expect_failures = [var.node_groups]
}

run "spot_of_one_kind_of_machine_is_refused" {
  command = plan

  variables {
    node_groups = {
      system = { instance_types = ["m7i.large"], min = 2, max = 4 }
      batch  = { instance_types = ["m7i.large"], min = 0, max = 10, spot = true }
    }
  }

  expect_failures = [var.node_groups]
}
