# The recordings. A job has the memory's id only (claim check); the audio stays here.

resource "aws_s3_bucket" "audio" {
  # checkov:skip=CKV2_AWS_62: the API queues the jobs, after it has stored them in the outbox
  # checkov:skip=CKV_AWS_144: recordings are needed until they are transcribed; the transcripts are in the database and its backups
  # checkov:skip=CKV_AWS_21: a deleted recording must not be kept as a version
  # checkov:skip=CKV_AWS_18: the API logs the access to recordings
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
    bucket_key_enabled = false # has an effect with KMS keys only

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

  # The relay's sweep removes these objects by age; this rule does if the relay cannot.
  rule {
    id     = "expire-incoming"
    status = "Enabled"

    filter {
      prefix = local.incoming_prefix
    }

    expiration {
      days = ceil(var.orphan_audio_after_seconds / 86400) + 1
    }
  }

  # For the whole bucket: parts of an aborted upload cost money and are not listed.
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

# The same origins as the API's. A page posts the form of a direct upload, and reads what a download's link leads to.
resource "aws_s3_bucket_cors_configuration" "audio" {
  count = length(var.cors_allowed_origins) == 0 ? 0 : 1

  bucket = aws_s3_bucket.audio.id

  cors_rule {
    id              = "pages"
    allowed_origins = var.cors_allowed_origins
    allowed_methods = ["GET", "HEAD", "POST"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 600
  }
}
