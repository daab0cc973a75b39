# Compute services of the API, the database, deployments.

locals {
  compute_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Database"
        Effect = "Allow"
        Action = [
          "rds:AddTagsToResource",
          "rds:CreateDBCluster",
          "rds:CreateDBInstance",
          "rds:CreateDBSubnetGroup",
          "rds:CreateDBSnapshot",
          "rds:CreateDBClusterSnapshot",
          "rds:DeleteDBCluster",
          "rds:DeleteDBInstance",
          "rds:DeleteDBSubnetGroup",
          "rds:ModifyDBCluster",
          "rds:ModifyDBInstance",
          "rds:ModifyDBSubnetGroup",
          "rds:RebootDBInstance",
          "rds:RemoveTagsFromResource",
        ]
        Resource = concat(
          [for kind in ["cluster", "cluster-snapshot", "db", "snapshot", "subgrp"] : "${local.here.rds}:${kind}:${var.name}-*"],
          # AWS's default groups, which have AWS's names.
          [for kind in ["cluster-pg", "og", "pg"] : "${local.here.rds}:${kind}:default*"],
        )
      },
      {
        Sid    = "Containers"
        Effect = "Allow"
        Action = [
          "ecs:CreateCluster",
          "ecs:CreateService",
          "ecs:DeleteCluster",
          "ecs:DeleteService",
          "ecs:RegisterTaskDefinition",
          "ecs:TagResource",
          "ecs:UntagResource",
          "ecs:UpdateCluster",
          "ecs:UpdateClusterSettings",
          "ecs:UpdateService",
        ]
        Resource = [
          "${local.here.ecs}:cluster/${var.name}-*",
          "${local.here.ecs}:service/${var.name}-*/*",
          "${local.here.ecs}:task-definition/${var.name}-*:*",
        ]
      },
      {
        # AWS supports no resource for it.
        Sid      = "WithoutAName"
        Effect   = "Allow"
        Action   = ["codedeploy:StopDeployment"]
        Resource = "*"
      },
      {
        Sid    = "BlueGreen"
        Effect = "Allow"
        Action = [
          "codedeploy:CreateApplication",
          "codedeploy:CreateDeployment",
          "codedeploy:CreateDeploymentGroup",
          "codedeploy:DeleteApplication",
          "codedeploy:DeleteDeploymentGroup",
          "codedeploy:RegisterApplicationRevision",
          "codedeploy:TagResource",
          "codedeploy:UntagResource",
          "codedeploy:UpdateApplication",
          "codedeploy:UpdateDeploymentGroup",
        ]
        Resource = ["${local.here.codedeploy}:application:${var.name}-*", "${local.here.codedeploy}:deploymentgroup:${var.name}-*/*"]
      },
      {
        # A scaling target has a generated identifier; these permissions are for ECS only.
        Sid    = "Scaling"
        Effect = "Allow"
        Action = [
          "application-autoscaling:DeleteScalingPolicy",
          "application-autoscaling:DeregisterScalableTarget",
          "application-autoscaling:PutScalingPolicy",
          "application-autoscaling:RegisterScalableTarget",
          "application-autoscaling:TagResource",
          "application-autoscaling:UntagResource",
        ]
        Resource  = "${local.here.application-autoscaling}:scalable-target/*"
        Condition = { StringEqualsIfExists = { "application-autoscaling:service-namespace" = "ecs" } }
      },
      {
        Sid    = "AppRunner"
        Effect = "Allow"
        Action = [
          "apprunner:CreateAutoScalingConfiguration",
          "apprunner:CreateService",
          "apprunner:CreateVpcConnector",
          "apprunner:DeleteAutoScalingConfiguration",
          "apprunner:DeleteService",
          "apprunner:DeleteVpcConnector",
          "apprunner:TagResource",
          "apprunner:UntagResource",
          "apprunner:UpdateService",
        ]
        Resource = [
          for kind in ["autoscalingconfiguration", "service", "vpcconnector"] :
          "${local.here.apprunner}:${kind}/${var.name}-*"
        ]
      },
    ]
  })
}
