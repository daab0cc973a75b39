# Load balancer and HTTP API.

locals {
  entrances_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "LoadBalancer"
        Effect = "Allow"
        Action = [
          "elasticloadbalancing:AddTags",
          "elasticloadbalancing:CreateListener",
          "elasticloadbalancing:CreateLoadBalancer",
          "elasticloadbalancing:CreateTargetGroup",
          "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer",
          "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:ModifyListener",
          "elasticloadbalancing:ModifyListenerAttributes",
          "elasticloadbalancing:ModifyLoadBalancerAttributes",
          "elasticloadbalancing:ModifyTargetGroup",
          "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RemoveTags",
          "elasticloadbalancing:SetSecurityGroups",
          "elasticloadbalancing:SetSubnets",
        ]
        Resource = [
          for kind in ["listener/app", "loadbalancer/app", "targetgroup"] :
          "${local.here.elasticloadbalancing}:${kind}/${var.name}-*"
        ]
      },
      {
        # API Gateway uses generated identifiers, so these are permissions on all HTTP APIs and VPC links of the account: have no
        # others in the account, or remove this statement if you do not use the topology ecs.
        Sid    = "Gateway"
        Effect = "Allow"
        Action = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:TagResource", "apigateway:UntagResource"]
        Resource = [
          for path in ["apis", "apis/*", "vpclinks", "vpclinks/*", "tags/*"] :
          "arn:${local.partition}:apigateway:${local.region}::/${path}"
        ]
      },
    ]
  })
}
