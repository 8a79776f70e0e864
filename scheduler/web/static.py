"""Style sheets, scripts and pictures: served by WhiteNoise under an address that changes with their content.

One digest over the whole folder stands in the address (``/static/<digest>/css/app.css``), so that browsers keep
every file for good, and relative addresses inside style sheets and modules stay right.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.headers import Headers

from whitenoise import WhiteNoise

from scheduler.web import security

if TYPE_CHECKING:
    from scheduler import Convene

FOREVER = 365 * 24 * 3600
log = logging.getLogger(__name__)


def install(app: Convene) -> None:
    """Serve the static folder, and give templates ``static_url("css/app.css")``."""
    folder = Path(app.static_folder or "static")
    digest = digest_of(folder)
    if not (folder / "vendor").is_dir():
        log.warning("The design system is missing from %s. Run: make setup", folder / "vendor")

    def headers(found: Headers, path: str, url: str) -> None:
        for name, value in security.headers_of(app).items():
            found[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(folder),
        prefix=f"static/{digest}",
        max_age=FOREVER,
        immutable_file_test=lambda path, url: True,
        allow_all_origins=False,
        autorefresh=app.debug,
        add_headers_function=headers,
    )

    def static_url(name: str) -> str:
        return f"/static/{digest}/{name}"

    app.jinja_env.globals["static_url"] = static_url


def digest_of(folder: Path) -> str:
    """A short name for the content of a folder: it changes when any file in it does."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(str(path.relative_to(folder)).encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:12]
