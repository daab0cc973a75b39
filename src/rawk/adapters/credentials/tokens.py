"""JSON Web Tokens by PyJWT."""

from collections.abc import Mapping
from typing import Any

from rawk.domain.callers import SigningKey

ALGORITHM = "HS256"
"""The only one: whatever the token's own header says, it is never obeyed."""
ISSUER = "rawk"
REQUIRED = ("exp", "iat", "sub", "aud", "iss")
_CHECKED_BY_US = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
"""Times: by the product's clock."""


class JwtSigner:
    """`ports.TokenSigner`."""

    def sign(self, claims: Mapping[str, Any], key: SigningKey) -> str:
        import jwt

        token: str = jwt.encode({**claims, "iss": ISSUER}, key.secret, algorithm=ALGORITHM, headers={"kid": key.id})
        return token

    def key_id(self, token: str) -> str | None:
        import jwt

        try:
            found = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError:
            return None
        return found if isinstance(found, str) else None

    def verified(self, token: str, key: SigningKey, audience: str) -> Mapping[str, Any] | None:
        import jwt

        options: Any = {"require": list(REQUIRED), **_CHECKED_BY_US}
        try:
            claims: dict[str, Any] = jwt.decode(
                token, key.secret, algorithms=[ALGORITHM], audience=audience, issuer=ISSUER, options=options
            )
        except jwt.InvalidTokenError:
            return None
        return claims
