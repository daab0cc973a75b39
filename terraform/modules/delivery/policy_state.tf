# Terraform's state, below NAME/ in its bucket. It contains no secrets.

locals {
  state_objects = "${var.state_bucket_arn}/${var.name}/*"

  find_state = {
    Sid       = "FindState"
    Effect    = "Allow"
    Action    = "s3:ListBucket"
    Resource  = var.state_bucket_arn
    Condition = { StringLike = { "s3:prefix" = "${var.name}/*" } }
  }

  # A pull request plans without a lock: it has no permission to write one, and must not delay a deployment.
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
        # The lock is an object next to the state. The state and its old versions are never deleted.
        Sid      = "Unlock"
        Effect   = "Allow"
        Action   = "s3:DeleteObject"
        Resource = "${local.state_objects}.tflock"
      },
    ]
  })
}
