"""What the errors of boto3 mean, whichever service they come from; for the adapters."""

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

    An answer without a body (to HEAD) has its HTTP status for a code.
    """
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def is_misconfiguration(error: Exception) -> bool:
    """True for what waiting does not mend: a wrong name, key or permission."""
    return error_name(error) in _MISCONFIGURED
