# The one way in: CloudFront and its firewall, then a load balancer that lets in CloudFront's addresses alone and asks for
# a word that only this distribution says, then Envoy's pods.

data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

locals {
  origin = "origin.${var.domain}"

  # Envoy listens on one port for all protocols.
  port = 8080
}

# 122 bits by chance, kept in the encrypted state; `-replace` makes another.
resource "terraform_data" "word" {
  input = uuid()

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-edge"
  description = "HTTPS from CloudFront, on to the pods of the edge"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-edge" }
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  security_group_id = aws_security_group.this.id
  description       = "HTTPS from CloudFront"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}

resource "aws_vpc_security_group_egress_rule" "pods" {
  security_group_id            = aws_security_group.this.id
  description                  = "The pods of the edge"
  referenced_security_group_id = var.cluster_security_group_id
  from_port                    = local.port
  to_port                      = local.port
  ip_protocol                  = "tcp"
}

resource "aws_vpc_security_group_ingress_rule" "pods" {
  security_group_id            = var.cluster_security_group_id
  description                  = "The pods of the edge, from the load balancer"
  referenced_security_group_id = aws_security_group.this.id
  from_port                    = local.port
  to_port                      = local.port
  ip_protocol                  = "tcp"
}

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28: The firewall is CloudFront's, and nothing else reaches the load balancer.
  name                       = "${var.name}-edge"
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.public_subnet_ids
  security_groups            = [aws_security_group.this.id]
  enable_deletion_protection = var.deletion_protection
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"

  # Streams say something every 15 seconds.
  idle_timeout = 120

  access_logs {
    bucket  = var.logs_bucket
    prefix  = "alb"
    enabled = true
  }
}

# TLS ends here; from here to the pods requests cross private subnets alone, between two security groups.
resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378: Envoy's port in the cluster is plain; the mesh seals what follows it.
  # Any answer says that Envoy lives; whether a pod is ready, Kubernetes asks, and binds no other.
  for_each = {
    http = { version = "HTTP1", path = "/", matcher = "200-499" }
    grpc = { version = "GRPC", path = "/AWS.ALB/healthcheck", matcher = "0-99" }
  }

  name                 = "${var.name}-edge-${each.key}"
  vpc_id               = var.vpc_id
  target_type          = "ip"
  port                 = local.port
  protocol             = "HTTP"
  protocol_version     = each.value.version
  deregistration_delay = 30

  health_check {
    path                = each.value.path
    matcher             = each.value.matcher
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  certificate_arn   = aws_acm_certificate_validation.this["balancer"].certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      status_code  = "403"
    }
  }
}

resource "aws_lb_listener_rule" "this" {
  for_each = {
    grpc = { priority = 1, content_types = ["application/grpc", "application/grpc+*"] }
    http = { priority = 2, content_types = [] }
  }

  listener_arn = aws_lb_listener.this.arn
  priority     = each.value.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }

  condition {
    http_header {
      http_header_name = "x-candor-origin"
      values           = [terraform_data.word.output]
    }
  }

  # gRPC-Web, whose type starts alike, is HTTP/1.1 to Envoy.
  dynamic "condition" {
    for_each = length(each.value.content_types) > 0 ? [each.value.content_types] : []

    content {
      http_header {
        http_header_name = "content-type"
        values           = condition.value
      }
    }
  }
}
