"""The permissions that a call of moto's services needs, and their evaluation by the server that has IAM."""
