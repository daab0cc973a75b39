# The bucket of states: one for each topology, NAME/TOPOLOGY.tfstate, with its lock beside it (NAME/TOPOLOGY.tfstate.tflock).

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  tags = merge(var.tags, { Project = "rawk" })

  # Bucket names are global: the account makes this one ours. It does not begin with the pipeline's name, for what does
  # the deploy role may remove.
  state_bucket = "terraform-state-${var.name}-${data.aws_caller_identity.current.account_id}"
}

resource "aws_s3_bucket" "state" {
  # checkov:skip=CKV_AWS_18: who changed a state is told by its versions and CloudTrail; access logs want a bucket of their own
  # checkov:skip=CKV_AWS_144: a lost region takes what the state describes with it
  # checkov:skip=CKV_AWS_145: there are no secrets in the state (write-only arguments), S3's own key is enough
  # checkov:skip=CKV2_AWS_62: nobody waits for a state to change
  bucket = local.state_bucket
  tags   = local.tags

  lifecycle {
    prevent_destroy = true # without the state, Terraform knows of nothing that it made
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    bucket_key_enabled = false # of use with KMS keys only

    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  # A policy that comes while public access is being blocked is refused now and then.
  depends_on = [aws_s3_bucket_public_access_block.state]
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "forget-old-states"
    status = "Enabled"

    filter {
      prefix = ""
    }

    noncurrent_version_expiration {
      noncurrent_days = var.old_state_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}

resource "aws_dynamodb_table" "locks" {
  # checkov:skip=CKV_AWS_119: a lock says who holds it and since when, no more
  # checkov:skip=CKV_AWS_28: a lock that is lost is a lock that is free
  # checkov:skip=CKV2_AWS_16: nothing to scale, it is paid by the request
  count = var.dynamodb_lock_table ? 1 : 0

  name         = local.state_bucket
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "LockID" # Terraform's name
  tags         = local.tags

  attribute {
    name = "LockID"
    type = "S"
  }
}
