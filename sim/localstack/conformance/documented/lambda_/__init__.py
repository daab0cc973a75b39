"""Lambda: functions, their versions and permissions, invocations, and mappings of SQS queues."""
