"""CloudWatch: alarms, metrics, logs."""
