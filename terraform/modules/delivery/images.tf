# Image repositories: one for the API, one for worker and relay, one for the OpenAI simulator.

locals {
  repositories = toset(["api", "worker", "openai-simulator"])
}

resource "aws_ecr_repository" "this" {
  # checkov:skip=CKV_AWS_136: images contain code of the repository and no secrets; AES-256 with ECR's key is enough
  for_each = local.repositories

  name = "${var.name}/${each.key}"
  tags = local.tags

  # A tag is a commit: the image that runs is the image that was tested.
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = local.repositories

  repository = aws_ecr_repository.this[each.key].name

  policy = jsonencode({
    # An image that the first rule selects is never expired by the second one: images that wait for an approval, or never get
    # one, do not push the running image out. deploy.sh adds the tag.
    rules = [
      {
        rulePriority = 1
        description  = "Keep the newest ${var.images_kept} that were deployed."
        selection    = { tagStatus = "tagged", tagPatternList = ["deployed-*"], countType = "imageCountMoreThan", countNumber = var.images_kept }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Keep the newest ${var.images_waiting} others."
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.images_waiting }
        action       = { type = "expire" }
      },
    ]
  })
}

# Lambda fetches the image itself, and again after a long idle time of a function. Without this policy Lambda would write one
# with the role that creates the function, which would need the permission for it.
resource "aws_ecr_repository_policy" "functions" {
  for_each = setsubtract(local.repositories, ["openai-simulator"])

  repository = aws_ecr_repository.this[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FunctionsOfThisPipeline"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Condition = { StringLike = { "aws:SourceArn" = "${local.here.lambda}:function:${var.name}-*" } }
    }]
  })
}
