"""Signatures of requests: AWS Signature Version 4 in headers, links and forms."""
