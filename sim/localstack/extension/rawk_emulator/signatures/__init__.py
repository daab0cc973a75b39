"""Signatures of requests, in headers, links and forms: AWS Signature Version 4, and version 2 for S3."""
