"""Style sheets, scripts and pictures: served by WhiteNoise under an address that changes with their content.

One digest over the whole folder stands in the address (``/static/<digest>/css/app.css``), so that browsers keep
every file for good, and relative addresses inside style sheets and modules stay right.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from wsgiref.headers import Headers

from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

from scheduler.web import security

if TYPE_CHECKING:
    from scheduler import Convene

PACKED = {".css", ".js"}
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

    app.wsgi_app = Compressing(  # type: ignore[method-assign]
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


class Compressing(WhiteNoise):
    """Serves our own style sheets and scripts compressed too; the design system's were when it was built.

    They are compressed as the server starts, not beside their sources, where a stale copy would outlive a change.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.packed = tempfile.TemporaryDirectory(prefix="convene-static-")
        super().__init__(*args, **settings)

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> StaticFile:
        """A file with its compressed twin, where it has none and gains by one."""
        source = Path(path)
        if source.suffix not in PACKED or any(source.with_name(source.name + end).exists() for end in (".gz", ".br")):
            return super().get_static_file(path, url, stat_cache)
        twin = Path(self.packed.name) / (hashlib.sha256(path.encode()).hexdigest() + ".gz")
        twin.write_bytes(gzip.compress(source.read_bytes(), mtime=0))
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        self.add_headers_function(headers, path, url)
        return StaticFile(path, headers.items(), encodings={"gzip": str(twin)})


def digest_of(folder: Path) -> str:
    """A short name for the content of a folder: it changes when any file in it does."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(str(path.relative_to(folder)).encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:12]
