# Load balancer and HTTP API: where requests come in.

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
          "elasticloadbalancing:CreateRule",
          "elasticloadbalancing:CreateTargetGroup",
          "elasticloadbalancing:DeleteListener",
          "elasticloadbalancing:DeleteLoadBalancer",
          "elasticloadbalancing:DeleteRule",
          "elasticloadbalancing:DeleteTargetGroup",
          "elasticloadbalancing:ModifyListener",
          "elasticloadbalancing:ModifyListenerAttributes",
          "elasticloadbalancing:ModifyLoadBalancerAttributes",
          "elasticloadbalancing:ModifyRule",
          "elasticloadbalancing:ModifyTargetGroup",
          "elasticloadbalancing:ModifyTargetGroupAttributes",
          "elasticloadbalancing:RemoveTags",
          "elasticloadbalancing:SetSecurityGroups",
          "elasticloadbalancing:SetSubnets",
        ]
        Resource = [
          for kind in ["listener/app", "listener-rule/app", "loadbalancer/app", "targetgroup"] :
          "${local.here.elasticloadbalancing}:${kind}/${var.name}-*"
        ]
      },
      {
        # API Gateway knows its parts by made-up identifiers, so the rights are to HTTP APIs and VPC links at large:
        # keep nothing else of that kind in the account, or give this statement up where there is no ecs topology.
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
