"""SQS fails: outages, throttling, duplicates, late deliveries, poison messages."""
