# Recordings. The job carries the memory's id only (claim check); the audio stays here.

resource "aws_s3_bucket" "audio" {
  # checkov:skip=CKV2_AWS_62: jobs are queued by the API, in the order of its promise
  # checkov:skip=CKV_AWS_144: recordings are kept until they are transcribed and heard again; the transcript is in the database and its backups
  # checkov:skip=CKV_AWS_21: a recording that somebody deletes is to be gone
  # checkov:skip=CKV_AWS_18: who hears a recording is logged by the API
  bucket        = local.audio_bucket
  force_destroy = var.audio_force_destroy
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "audio" {
  bucket = aws_s3_bucket.audio.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "audio" {
  bucket = aws_s3_bucket.audio.id

  rule {
    bucket_key_enabled = false # of use with KMS keys only

    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "audio" {
  bucket = aws_s3_bucket.audio.id

  rule {
    id     = "expire-recordings"
    status = "Enabled"

    filter {
      prefix = local.audio_prefix
    }

    expiration {
      days = var.audio_expiry_days
    }
  }

  # Of the whole bucket: an upload that broke off leaves parts that cost money and that nobody sees.
  rule {
    id     = "abort-broken-uploads"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
