"""What AWS documents about SQS, by subject."""
