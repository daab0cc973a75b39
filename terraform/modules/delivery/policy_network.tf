# Networks, addresses, security groups, the instance. EC2 makes up identifiers, so what is ours is told by its tag.

locals {
  ours = { StringEquals = { "aws:ResourceTag/Pipeline" = var.name } }
  new  = { StringEquals = { "aws:RequestTag/Pipeline" = var.name } }

  network_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "MakeTaggedThings"
        Effect = "Allow"
        Action = [
          "ec2:AllocateAddress",
          "ec2:CreateEgressOnlyInternetGateway",
          "ec2:CreateInternetGateway",
          "ec2:CreateVpc",
        ]
        Resource  = "${local.here.ec2}:*/*"
        Condition = local.new
      },
      {
        # Each of these needs rights on what it is made in as well, which is the next statement.
        Sid    = "MakeTaggedThingsInNetworks"
        Effect = "Allow"
        Action = [
          "ec2:AuthorizeSecurityGroupEgress",
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:CreateNatGateway",
          "ec2:CreateRouteTable",
          "ec2:CreateSecurityGroup",
          "ec2:CreateSubnet",
          "ec2:CreateVpcEndpoint",
          "ec2:RunInstances",
        ]
        Resource = [
          for kind in ["instance", "natgateway", "route-table", "security-group", "security-group-rule", "subnet", "vpc-endpoint"] :
          "${local.here.ec2}:${kind}/*"
        ]
        Condition = local.new
      },
      {
        # The new instance's own disk and interface, which are not tagged while they are made.
        Sid      = "PartsOfTheInstance"
        Effect   = "Allow"
        Action   = "ec2:RunInstances"
        Resource = ["${local.here.ec2}:network-interface/*", "${local.here.ec2}:volume/*"]
      },
      {
        Sid    = "ChangeWhatIsOurs"
        Effect = "Allow"
        Action = [
          "ec2:AssociateAddress",
          "ec2:AssociateIamInstanceProfile",
          "ec2:AssociateRouteTable",
          "ec2:AttachInternetGateway",
          "ec2:AuthorizeSecurityGroupEgress",
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:CreateEgressOnlyInternetGateway",
          "ec2:CreateNatGateway",
          "ec2:CreateRoute",
          "ec2:CreateRouteTable",
          "ec2:CreateSecurityGroup",
          "ec2:CreateSubnet",
          "ec2:CreateVpcEndpoint",
          "ec2:DeleteEgressOnlyInternetGateway",
          "ec2:DeleteInternetGateway",
          "ec2:DeleteNatGateway",
          "ec2:DeleteRoute",
          "ec2:DeleteRouteTable",
          "ec2:DeleteSecurityGroup",
          "ec2:DeleteSubnet",
          "ec2:DeleteVpc",
          "ec2:DeleteVpcEndpoints",
          "ec2:DetachInternetGateway",
          "ec2:DisassociateAddress",
          "ec2:DisassociateIamInstanceProfile",
          "ec2:DisassociateRouteTable",
          "ec2:ModifyInstanceAttribute",
          "ec2:ModifyInstanceMetadataOptions",
          "ec2:ModifySecurityGroupRules",
          "ec2:ModifySubnetAttribute",
          "ec2:ModifyVpcAttribute",
          "ec2:ModifyVpcEndpoint",
          "ec2:ReleaseAddress",
          "ec2:ReplaceRoute",
          "ec2:RevokeSecurityGroupEgress",
          "ec2:RevokeSecurityGroupIngress",
          "ec2:RunInstances",
          "ec2:StartInstances",
          "ec2:StopInstances",
          "ec2:TerminateInstances",
          "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
          "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ]
        Resource  = "${local.here.ec2}:*/*"
        Condition = local.ours
      },
      {
        # Whose machine image it starts from carries no tag of ours.
        Sid       = "StartFromAmazonsImages"
        Effect    = "Allow"
        Action    = "ec2:RunInstances"
        Resource  = "arn:${local.partition}:ec2:${local.region}::image/*"
        Condition = { StringEquals = { "ec2:Owner" = "amazon" } }
      },
      {
        # Tags are what rights hang on: they are put on at the making, and on what is ours already.
        Sid       = "TagWhatIsMade"
        Effect    = "Allow"
        Action    = "ec2:CreateTags"
        Resource  = "${local.here.ec2}:*/*"
        Condition = { Null = { "ec2:CreateAction" = "false" }, StringEquals = { "aws:RequestTag/Pipeline" = var.name } }
      },
      {
        # A network comes with a security group that nobody made and nobody tagged; it is claimed, and closed.
        Sid       = "ClaimDefaultSecurityGroups"
        Effect    = "Allow"
        Action    = "ec2:CreateTags"
        Resource  = "${local.here.ec2}:security-group/*"
        Condition = { Null = { "aws:ResourceTag/Pipeline" = "true" }, StringEquals = { "aws:RequestTag/Pipeline" = var.name } }
      },
      {
        Sid       = "TagWhatIsOurs"
        Effect    = "Allow"
        Action    = ["ec2:CreateTags", "ec2:DeleteTags"]
        Resource  = "${local.here.ec2}:*/*"
        Condition = local.ours
      },
    ]
  })
}
