"""Keys of audio in the store.

    incoming/TENANT/MEMORY            where a client's form writes; untrusted, and never the audio of an accepted memory
    audio/TENANT/MEMORY               uploaded through the API, by the one attempt that has this memory id
    audio/TENANT/MEMORY.ATTEMPT       copied from incoming/ by one attempt to accept a direct upload

No form can name a key below `audio/`, and no attempt uses the key of another: what was accepted is never replaced.
"""

import re

from rawk.domain.errors import ConfigurationError

AUDIO_PREFIX = "audio/"
INCOMING_PREFIX = "incoming/"

_SAFE_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def audio_key(tenant: str, memory_id: str) -> str:
    """The key of audio that is uploaded through the API. Raises ConfigurationError, as all functions here do, for a
    tenant that could leave its own folder."""
    return _key(AUDIO_PREFIX, tenant, memory_id)


def incoming_key(tenant: str, memory_id: str) -> str:
    """The key that the form of a direct upload writes to."""
    return _key(INCOMING_PREFIX, tenant, memory_id)


def accepted_copy_key(tenant: str, memory_id: str, attempt_id: str) -> str:
    """The key of the copy that one attempt to accept a direct upload makes."""
    return _key(AUDIO_PREFIX, tenant, f"{memory_id}.{attempt_id}")


def prefixes_of(tenant: str) -> tuple[str, str]:
    """What all keys of the tenant's audio begin with, and no others."""
    return audio_key(tenant, ""), incoming_key(tenant, "")


def _key(prefix: str, tenant: str, name: str) -> str:
    if not _SAFE_TENANT.fullmatch(tenant):
        raise ConfigurationError("a tenant must be 1 to 64 letters, digits, dots, dashes or underscores")
    return f"{prefix}{tenant}/{name}"
