"""What a trace reads: log lines in files and in CloudWatch Logs, and rows of the database."""
