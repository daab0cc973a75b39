# Terraform's state, below NAME/ in its bucket. It contains no secrets.

locals {
  state_objects = "${var.state_bucket_arn}/${var.name}/*"

  # Without it S3 returns 403 instead of 404 for a state that does not exist yet, and a first deployment would stop. That call has
  # no prefix, so a condition on s3:prefix would never be true. The backend also lists the workspaces at each init.
  find_state = {
    Sid      = "FindState"
    Effect   = "Allow"
    Action   = "s3:ListBucket"
    Resource = var.state_bucket_arn
  }

  # Plans have no lock: their roles have no permission to write one, and must not delay a deployment.
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
