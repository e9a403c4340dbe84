"""Who may call what on one machine: identity tokens signed with the machine's own key, as Google's are with Google's.

The workflow engine asks for a token per audience; whoever is called checks it with the public key alone.
"""

import json
import threading
import time

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.storage import ServiceAccount

ALGORITHM = "RS256"
ISSUER = "https://accounts.google.com"
LIFETIME_S = 3600
RENEW_BEFORE_S = 300


class TokenSource:
    """Makes identity tokens for the machine's service account."""

    def __init__(self, account: ServiceAccount) -> None:
        """`account`: who the tokens speak for, and whose key signs them."""
        self._email = account.email
        self._key: str = json.loads(account.path.read_text(encoding="utf-8"))["private_key"]
        self._public_key = account.public_key
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}

    @property
    def public_key(self) -> str:
        """What tokens are checked with (PEM)."""
        return self._public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def identity_token(self, audience: str) -> str:
        """A token for this audience, good for at least another five minutes."""
        now = time.time()
        with self._lock:
            token, expires_at = self._tokens.get(audience, ("", 0.0))
            if expires_at - now < RENEW_BEFORE_S:
                expires_at = now + LIFETIME_S
                claims = {
                    "iss": ISSUER,
                    "aud": audience,
                    "sub": self._email,
                    "email": self._email,
                    "iat": int(now),
                    "exp": int(expires_at),
                }
                token = jwt.encode(claims, self._key, algorithm=ALGORITHM)
                self._tokens[audience] = (token, expires_at)
            return token

    def access_token(self, scopes: tuple[str, ...]) -> str:
        """A token for Google's APIs, as far as they are on this machine: an identity token for the scopes asked for."""
        return self.identity_token(" ".join(scopes) or "https://www.googleapis.com/auth/cloud-platform")


class TokenCheck:
    """Checks identity tokens."""

    def __init__(self, public_key: str) -> None:
        """`public_key`: PEM."""
        self._key = public_key

    def refusal(self, authorization: str, audience: str) -> str | None:
        """Why this Authorization header does not open this audience; None when it does."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "a bearer token is expected"
        try:
            jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=ISSUER,
                options={"require": ["exp", "aud", "iss"]},
            )
        except jwt.InvalidTokenError as error:
            return f"the token is not valid for {audience}: {error}"
        return None
