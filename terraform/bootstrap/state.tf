# The bucket of the states: one for each topology, NAME/TOPOLOGY.tfstate, with its lock NAME/TOPOLOGY.tfstate.tflock.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  tags = merge(var.tags, { Project = "rawk" })

  # Bucket names are global: the account id makes this one unique. It does not begin with the pipeline's name, because the
  # deploy role may delete such buckets.
  state_bucket = "terraform-state-${var.name}-${data.aws_caller_identity.current.account_id}"
}

resource "aws_s3_bucket" "state" {
  # checkov:skip=CKV_AWS_18: versions and CloudTrail record changes of a state; access logs need another bucket
  # checkov:skip=CKV_AWS_144: if the region is lost, so are the resources that the state describes
  # checkov:skip=CKV_AWS_145: the state contains no secrets (write-only arguments), S3's key is enough
  # checkov:skip=CKV2_AWS_62: no process needs events of the state
  bucket = local.state_bucket
  tags   = local.tags

  lifecycle {
    prevent_destroy = true # without the state, Terraform does not know its resources
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
    bucket_key_enabled = false # has an effect with KMS keys only

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

  # S3 sometimes refuses a policy while the public access block is being created.
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
  # checkov:skip=CKV_AWS_119: a lock contains only its owner and its time
  # checkov:skip=CKV_AWS_28: a lost lock is a released lock
  # checkov:skip=CKV2_AWS_16: it is billed per request and needs no scaling
  count = var.dynamodb_lock_table ? 1 : 0

  name         = local.state_bucket
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "LockID" # the name that Terraform requires
  tags         = local.tags

  attribute {
    name = "LockID"
    type = "S"
  }
}
