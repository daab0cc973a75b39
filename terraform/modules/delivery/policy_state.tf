# Terraform's state, below NAME/ in its bucket. There are no secrets in it.

locals {
  state_objects = "${var.state_bucket_arn}/${var.name}/*"

  find_state = {
    Sid       = "FindState"
    Effect    = "Allow"
    Action    = "s3:ListBucket"
    Resource  = var.state_bucket_arn
    Condition = { StringLike = { "s3:prefix" = "${var.name}/*" } }
  }

  # A pull request plans without a lock: it could not write one, and must not hold up a deployment.
  state_read_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.find_state,
      {
        Sid      = "ReadState"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = local.state_objects
      },
    ]
  })

  state_write_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.find_state,
      {
        Sid      = "KeepState"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = local.state_objects
      },
      {
        # The lock is a file beside the state. State itself is never removed, nor its old versions.
        Sid      = "Unlock"
        Effect   = "Allow"
        Action   = "s3:DeleteObject"
        Resource = "${local.state_objects}.tflock"
      },
    ]
  })
}
