"""What holds for every response: its headers, the hosts we answer to, and posts from other sites refused.

Sources: OWASP ASVS 5.0 3.2 to 3.5 and 14.3; Content Security Policy Level 3; Fetch Metadata (W3C).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import flask
from flask import Response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import SecurityError

if TYPE_CHECKING:
    from scheduler import Convene

LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Load balancers and probes ask for these by address; what they answer names nothing and links nowhere.
ANSWERED_UNDER_ANY_HOST = frozenset({"/healthz", "/readyz", "/metrics"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
TWO_YEARS = 2 * 365 * 24 * 3600


def install(app: Convene) -> None:
    """Add the checks before, and the headers after, every request."""
    # No Referer ever leaves a page of ours, so it cannot be asked for; Origin and Sec-Fetch-Site are, below.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    app.before_request(refuse_unknown_host)
    app.before_request(refuse_other_sites)
    app.before_request(limit_forms)
    app.after_request(add_headers)
    app.context_processor(lambda: {"cspNonce": csp_nonce()})


def hosts_of(app: Convene) -> list[str]:
    """The names we answer to: that of the base URL, and this machine's own where that is one of them."""
    own = host_name(urlsplit(app.settings.origin).netloc)
    return list(LOOPBACK) if own in LOOPBACK else [own]


def host_name(authority: str) -> str:
    """The name in "name:port", in small letters; "" for what has none."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def refuse_unknown_host() -> None:
    """Answer 400 under a name that is not ours: nobody can make us write their name into a page (CWE-644)."""
    app: Convene = flask.current_app  # type: ignore[assignment]
    if request.path in ANSWERED_UNDER_ANY_HOST:
        return
    if host_name(request.host) not in hosts_of(app):
        raise SecurityError(f"Host {request.host!r} is not trusted.")


def refuse_other_sites() -> None:
    """Refuse a post that a page of another site sent, token or not; programs send neither header and may pass."""
    if request.method not in READING and comes_from_elsewhere():
        raise CSRFError("The request comes from another site.")


def limit_forms() -> None:
    """Read no more of a form than ``MAX_FORM_MEMORY_SIZE``: Werkzeug keeps to that in forms with files alone."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = flask.current_app.config["MAX_FORM_MEMORY_SIZE"]


def comes_from_elsewhere() -> bool:
    """Whether the browser says that another site made it send this request.

    ``Origin: null`` proves nothing alone: browsers send it from our own pages too, as these give no Referer.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin", "null")
    return origin != "null" and urlsplit(origin).netloc != request.host


def csp_nonce() -> str:
    """The number used once that a script inside this page must carry."""
    if "csp_nonce" not in flask.g:
        flask.g.csp_nonce = secrets.token_urlsafe(16)
    return str(flask.g.csp_nonce)


def headers_of(app: Convene) -> dict[str, str]:
    """The headers that every response has, static files and errors included."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": policy(),
    }
    if app.settings.origin.startswith("https://"):
        headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}; includeSubDomains"
    return headers


def policy(nonce: str = "") -> str:
    """The content security policy: everything from our origin alone, nothing written into the page but by nonce."""
    script = f"script-src 'self' 'nonce-{nonce}'" if nonce else "script-src 'self'"
    return "; ".join(
        (
            "default-src 'none'",
            script,
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def add_headers(response: Response) -> Response:
    """Put the headers on a response; a page is kept by no cache unless its route said otherwise."""
    app: Convene = flask.current_app  # type: ignore[assignment]
    for name, value in headers_of(app).items():
        response.headers.setdefault(name, value)
    if "csp_nonce" in flask.g:
        response.headers["Content-Security-Policy"] = policy(flask.g.csp_nonce)
    # "no-cache" alone is what Flask's send_file() says by itself: it lets a cache keep the file.
    if response.headers.get("Cache-Control", "no-cache") == "no-cache":
        response.headers["Cache-Control"] = "no-store"
    return response
