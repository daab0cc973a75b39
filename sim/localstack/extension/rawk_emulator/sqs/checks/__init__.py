"""What AWS's SQS refuses, by subject. Each function raises AWS's error, and changes nothing."""
