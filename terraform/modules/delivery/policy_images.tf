# Pushing and pulling images. Repositories and images are never deleted.

locals {
  image_repositories = [for each in local.repositories : "${local.here.ecr}:repository/${var.name}/${each}"]

  # Lambda checks the permission to pull with the role that creates the function.
  pull_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      # PutImage: another tag for an image that is deployed.
      Sid      = "PullAndTag"
      Effect   = "Allow"
      Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetRepositoryPolicy", "ecr:PutImage"]
      Resource = local.image_repositories
    }]
  })

  push_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # A login to the registry; AWS supports no narrower resource.
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
          "ecr:DescribeImages", # does the image of this commit exist already?
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
