"""Pages travel compressed: an answer page of 40 dates is 5 kB on a telephone network instead of 75.

Compression lets who listens guess a secret on a page from its length, if they can also make the page repeat their
guesses (BREACH, CVE-2013-3587). Each page is therefore made longer by a random number of bytes in the header of its
gzip stream, which no reader sees ("Heal the Breach", IEEE Access 10, 2022; Django does the same).
"""

from __future__ import annotations

import gzip
import io
import secrets
from typing import TYPE_CHECKING

from flask import Response, request

if TYPE_CHECKING:
    from scheduler import Convene

SHORTEST = 1_000
MOST_PADDING = 100


def install(app: Convene) -> None:
    """Compress pages for browsers that take gzip; static files have been, feeds and downloads keep their ETag."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """The same response, its page compressed where that is worth it."""
    if response.mimetype != "text/html" or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if response.content_encoding or request.accept_encodings["gzip"] <= 0:
        return response
    page = response.get_data()
    if len(page) >= SHORTEST:
        response.set_data(padded_gzip(page))
        response.content_encoding = "gzip"
    return response


def padded_gzip(page: bytes) -> bytes:
    """The gzip stream of a page, with a file name of random length in its header."""
    stream = io.BytesIO()
    name = "a" * secrets.randbelow(MOST_PADDING + 1)
    with gzip.GzipFile(filename=name, mode="wb", fileobj=stream, compresslevel=6, mtime=0) as packed:
        packed.write(page)
    return stream.getvalue()
