"""The worker: SQS events in, partial batch responses out."""
