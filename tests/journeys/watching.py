"""What no page may do, whoever looks at it: ask another origin, break the policy, stumble over a script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

INSIDE = ("data:", "blob:", "about:")
# A page that is refused, or an answer that a script asked for, may well have a status of 400 and more; the browser
# says so on its console. Style sheets, scripts and pictures may not.
SAID_OF_A_STATUS = "Failed to load resource"
MAY_BE_REFUSED = ("document", "fetch", "xhr")


@contextmanager
def watched(context: BrowserContext, origin: str) -> Iterator[BrowserContext]:
    """Fail at the end where any page of a browser asked elsewhere, said something on the console, or lacked a part."""
    faults: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{origin}/", *INSIDE)):
            faults.append(f"asked elsewhere: {request.method} {request.url}")

    def answered(response: Response) -> None:
        if response.status >= 400 and response.request.resource_type not in MAY_BE_REFUSED:
            faults.append(f"lacks a part ({response.status}): {response.url}")

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and SAID_OF_A_STATUS not in message.text:
            faults.append(f"console: {message.text}")

    context.on("request", asked)
    context.on("response", answered)
    context.on("console", said)
    context.on("weberror", lambda found: faults.append(f"a script broke: {found.error}"))
    yield context
    assert not faults, "\n".join(dict.fromkeys(faults))
