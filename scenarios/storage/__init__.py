"""S3 fails: outages, lost answers, missing objects."""
