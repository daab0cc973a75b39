# Pushing images, and pulling them to see what a tag is. Repositories themselves, and what is in them, are not removed.

locals {
  images_policy = jsonencode({
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
          "ecr:GetDownloadUrlForLayer",
          "ecr:GetRepositoryPolicy", # Lambda looks whether it may pull, in the name of whoever makes the function
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        Resource = [for each in local.repositories : "${local.here.ecr}:repository/${var.name}/${each}"]
      },
    ]
  })
}
