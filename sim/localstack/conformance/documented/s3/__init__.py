"""S3: what AWS documents, by subject."""
