"""SQS: the jobs queue and its dead-letter queue."""
