# CloudFront near the people: TLS, the firewall, and files whose names change with what is in them.

data "aws_cloudfront_cache_policy" "this" {
  for_each = toset(["CachingDisabled", "CachingOptimized"])

  name = "Managed-${each.key}"
}

data "aws_cloudfront_origin_request_policy" "all" {
  name = "Managed-AllViewer"
}

data "aws_cloudfront_response_headers_policy" "security" {
  name = "Managed-SecurityHeadersPolicy"
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_86: Access is logged by the newer delivery, in logs.tf.
  #checkov:skip=CKV_AWS_305: Envoy answers "/" itself.
  #checkov:skip=CKV_AWS_310: One origin, whose load balancer is in every zone.
  #checkov:skip=CKV_AWS_374: Who may ask is decided by sign-in; geo_allowed narrows it.
  #checkov:skip=CKV2_AWS_47: The rules against Log4j are there; the list of anonymous addresses would turn away programs in clouds.
  enabled         = true
  comment         = var.name
  aliases         = [var.domain]
  web_acl_id      = aws_wafv2_web_acl.this.arn
  http_version    = "http2and3"
  is_ipv6_enabled = true
  price_class     = var.price_class

  origin {
    origin_id   = "edge"
    domain_name = local.origin

    custom_header {
      name  = "x-candor-origin"
      value = terraform_data.word.output
    }

    custom_origin_config {
      http_port                = 80
      https_port               = 443
      origin_protocol_policy   = "https-only"
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_read_timeout      = 60
      origin_keepalive_timeout = 60
    }
  }

  # Questions, streams and gRPC: nothing is kept.
  default_cache_behavior {
    target_origin_id           = "edge"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = data.aws_cloudfront_cache_policy.this["CachingDisabled"].id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.all.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id

    grpc_config {
      enabled = true
    }
  }

  ordered_cache_behavior {
    path_pattern               = "/assets/*"
    target_origin_id           = "edge"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.this["CachingOptimized"].id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
  }

  restrictions {
    geo_restriction {
      restriction_type = length(var.geo_allowed) > 0 ? "whitelist" : "none"
      locations        = var.geo_allowed
    }
  }

  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate_validation.this["global"].certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
}
