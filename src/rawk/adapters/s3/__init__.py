"""S3: the audio store."""
