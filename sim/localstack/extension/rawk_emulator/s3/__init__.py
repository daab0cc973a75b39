"""S3: the content of objects is observed."""
