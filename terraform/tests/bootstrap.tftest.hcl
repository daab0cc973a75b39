# The bootstrap, against a mocked provider: the bucket of Terraform's states.

# Plans only, also with the mock: after an apply, the test could not destroy a bucket with prevent_destroy.

mock_provider "aws" {
  override_during = plan

  # The delivery module and the provider check these ARNs.
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/delivery/memo" }
  }
}

override_resource {
  override_during = plan
  target          = aws_s3_bucket.state
  values          = { arn = "arn:aws:s3:::terraform-state-memo-123456789012", id = "terraform-state-memo-123456789012" }
}

variables {
  name              = "memo"
  github_repository = "example/memories"
}

run "state_is_protected" {
  command = plan
  module { source = "./bootstrap" }

  assert {
    condition     = aws_s3_bucket.state.bucket == "terraform-state-memo-123456789012"
    error_message = "The bucket's name must have the account id, and must not begin with the pipeline's name."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "It must be possible to restore an overwritten state."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "States must be encrypted at rest."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "All public access to states must be blocked."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.state.policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::terraform-state-memo-123456789012", "arn:aws:s3:::terraform-state-memo-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Only TLS may be used for states."
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.state.rule).noncurrent_version_expiration).noncurrent_days == 90
    error_message = "Old states must expire after ninety days."
  }

  assert {
    condition     = length(aws_dynamodb_table.locks) == 0 && output.lock_table == null
    error_message = "Locks must be files in the bucket; a table is optional."
  }
}

run "a_lock_table_on_request" {
  command = plan
  module { source = "./bootstrap" }

  variables {
    dynamodb_lock_table = true
  }

  assert {
    condition     = aws_dynamodb_table.locks[0].hash_key == "LockID" && aws_dynamodb_table.locks[0].billing_mode == "PAY_PER_REQUEST"
    error_message = "The table must have the key of Terraform's S3 backend."
  }
}

run "refuses_to_expire_states_at_once" {
  command = plan
  module { source = "./bootstrap" }

  variables {
    old_state_days = 0
  }

  expect_failures = [var.old_state_days]
}
