# Pushing images, and pulling them. Repositories themselves, and what is in them, are not removed.

locals {
  image_repositories = [for each in local.repositories : "${local.here.ecr}:repository/${var.name}/${each}"]

  # Lambda looks whether it may pull, in the name of whoever makes the function.
  pull_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Pull"
      Effect   = "Allow"
      Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetRepositoryPolicy"]
      Resource = local.image_repositories
    }]
  })

  push_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # A login is to the registry, and AWS takes no narrower resource.
        Sid      = "LogInToRegistry"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid    = "PushAndPull"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:DescribeImages", # is this commit's there already?
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        Resource = local.image_repositories
      },
    ]
  })
}
