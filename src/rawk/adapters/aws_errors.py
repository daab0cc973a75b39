"""The meaning of boto3's errors, for the adapters of all AWS services."""

from botocore.exceptions import ClientError

_MISCONFIGURED = {
    "403",
    "404",
    "AccessDenied",
    "AccessDeniedException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "NoCredentialsError",
    "NoSuchBucket",
    "PartialCredentialsError",
    "QueueDoesNotExist",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


def error_name(error: Exception) -> str:
    """The service's own code, such as `NoSuchKey`, or the exception's name when no service answered.

    For an answer without a body (to HEAD) the code is the HTTP status.
    """
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def is_misconfiguration(error: Exception) -> bool:
    """True for errors that a retry cannot fix: a wrong name, key or permission."""
    return error_name(error) in _MISCONFIGURED
