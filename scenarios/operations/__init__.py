"""What operators do and see: deployments, redrives, alarms, permissions."""
