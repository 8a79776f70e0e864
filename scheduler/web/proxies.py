"""Who sent a request: the other end of the connection, or whom a proxy of ours says it speaks for.

The connection's own address stays what it is (``request.remote_addr``), so that whoever must know the other end, and
not what somebody says about it, still does.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from flask import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def sender_of(request: Request, trusted: Iterable[Network]) -> Address | None:
    """The address a request comes from; None where the connection has none.

    X-Forwarded-For counts only from a connection of a trusted proxy, and of it only what trusted proxies wrote: each
    adds the address it was asked from on the right, so the right-most that is none of theirs is the sender. What
    stands left of it the sender may have made up (abuse case A11; CWE-348). Host never comes from a proxy's word.
    """
    sender = address_in(request.remote_addr or "")
    networks = tuple(trusted)
    told = _from_right_to_left(request.headers.getlist("X-Forwarded-For"))
    while sender is not None and any(sender in network for network in networks):
        before = address_in(next(told, ""))
        if before is None:
            break  # nobody was named, or nobody can tell who: whoever passed that on answers for it
        sender = before
    return sender


def address_in(text: str) -> Address | None:
    """An address as a proxy writes it: some add the port, and IPv6 then stands in brackets; None for what is none.

    An IPv4 address in the clothes of an IPv6 one (::ffff:192.0.2.1) is the IPv4 address.
    """
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _from_right_to_left(headers: list[str]) -> Iterator[str]:
    for header in reversed(headers):
        yield from reversed(header.split(","))
