"""The headers CloudFront sets on everything the site answers (infra/resources/web.json says the same)."""

from __future__ import annotations


def content_security_policy(file_origin: str) -> str:
    """What a page of the application may load. `file_origin` is where presigned S3 addresses point."""
    directives = {
        "default-src": "'self'",
        "img-src": f"'self' data: blob: {file_origin}",
        "media-src": f"'self' blob: {file_origin}",
        "connect-src": f"'self' {file_origin}",
        "style-src": "'self'",
        "script-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def security_headers(file_origin: str) -> dict[str, str]:
    """Headers of every answer but those that bring a policy of their own."""
    return {
        "Content-Security-Policy": content_security_policy(file_origin),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
