"""Which web pages may call, and which headers they may see.

The XML API, which browsers talk to, follows the CORS rules of the bucket. The JSON API lets every origin read its
answers, as Cloud Storage does: there it is the caller's token that decides.
"""

from collections.abc import Sequence

from local.storage.resources import CorsRule

ANY = "*"
ANYONE = [CorsRule(origin=[ANY], method=[ANY], response_header=[ANY])]
JSON_API_HEADERS = (
    "Content-Length, Content-Range, Content-Type, ETag, Location, Range, X-Goog-Hash, X-GUploader-UploadID"
)


def answer_headers(rules: Sequence[CorsRule], origin: str | None, method: str) -> dict[str, str]:
    """Headers to add to the answer to a request; none for a request that comes from no page, or from a stranger's."""
    rule = _rule(rules, origin, method, requested=[])
    if rule is None or origin is None:
        return {}
    exposed = JSON_API_HEADERS if ANY in rule.response_header else ", ".join(rule.response_header)
    return _allowed(rule, origin) | ({"Access-Control-Expose-Headers": exposed} if exposed else {})


def preflight_headers(
    rules: Sequence[CorsRule], origin: str | None, method: str, requested_headers: str | None
) -> dict[str, str]:
    """Headers of the answer to an OPTIONS request; none where the real request would be refused.

    `method` and `requested_headers` are what the page wants to send (`Access-Control-Request-*`).
    """
    requested = [name.strip().lower() for name in (requested_headers or "").split(",") if name.strip()]
    rule = _rule(rules, origin, method, requested)
    if rule is None or origin is None:
        return {}
    any_header = ANY in rule.response_header
    return {
        **_allowed(rule, origin),
        "Access-Control-Allow-Methods": method if ANY in rule.method else ", ".join(rule.method),
        "Access-Control-Allow-Headers": ", ".join(requested if any_header else rule.response_header),
        "Access-Control-Max-Age": str(rule.max_age_seconds),
    }


def _rule(rules: Sequence[CorsRule], origin: str | None, method: str, requested: Sequence[str]) -> CorsRule | None:
    """The first rule that allows this origin, method and these headers."""
    for rule in rules:
        allowed_headers = {name.lower() for name in rule.response_header}
        if (
            origin is not None
            and (ANY in rule.origin or origin in rule.origin)
            and (ANY in rule.method or method.upper() in {name.upper() for name in rule.method})
            and (ANY in allowed_headers or allowed_headers.issuperset(requested))
        ):
            return rule
    return None


def _allowed(rule: CorsRule, origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": ANY if ANY in rule.origin else origin, "Vary": "Origin"}
