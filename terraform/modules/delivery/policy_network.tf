# Networks, addresses, security groups, the instance. EC2 generates identifiers, so a tag marks the pipeline's resources.

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
        # Each of these also needs permissions on its parent resource: the next statement.
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
        # The disk and the interface of the new instance, which have no tags at their creation.
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
          "ec2:AssociateRouteTable",
          "ec2:AssociateSubnetCidrBlock",
          "ec2:AssociateVpcCidrBlock",
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
          "ec2:DisassociateRouteTable",
          "ec2:DisassociateSubnetCidrBlock",
          "ec2:DisassociateVpcCidrBlock",
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
        ]
        Resource  = "${local.here.ec2}:*/*"
        Condition = local.ours
      },
      {
        # Interfaces without tags: that of an instance, which gets the address, and those that a deleted function has left, which
        # the provider deletes before their subnet. EC2 deletes no interface that is in use.
        Sid    = "UntaggedInterfaces"
        Effect = "Allow"
        Action = [
          "ec2:AssociateAddress",
          "ec2:DeleteNetworkInterface",
          "ec2:DetachNetworkInterface",
          "ec2:DisassociateAddress",
        ]
        Resource = "${local.here.ec2}:network-interface/*"
      },
      {
        # EC2 joins an endpoint's private zone, which is AWS's, to the network with the rights of the client.
        Sid      = "ZonesOfEndpoints"
        Effect   = "Allow"
        Action   = "route53:AssociateVPCWithHostedZone"
        Resource = ["arn:${local.partition}:route53:::hostedzone/*", "${local.here.ec2}:vpc/*"]
      },
      {
        # The machine image has no tag of the pipeline.
        Sid       = "StartFromAmazonsImages"
        Effect    = "Allow"
        Action    = "ec2:RunInstances"
        Resource  = "arn:${local.partition}:ec2:${local.region}::image/*"
        Condition = { StringEquals = { "ec2:Owner" = "amazon" } }
      },
      {
        # Permissions depend on tags: they may be set at a creation, and on resources of the pipeline.
        Sid       = "TagWhatIsMade"
        Effect    = "Allow"
        Action    = "ec2:CreateTags"
        Resource  = "${local.here.ec2}:*/*"
        Condition = { Null = { "ec2:CreateAction" = "false" }, StringEquals = { "aws:RequestTag/Pipeline" = var.name } }
      },
      {
        # AWS creates a default security group without tags with each network; Terraform adopts it and removes its rules.
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
