"""The address a request came from, also where a reverse proxy of ours stands in between."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def address_of(peer: str, forwarded: str, proxies: Iterable[Network]) -> str:
    """The visitor's address. ``forwarded`` is X-Forwarded-For, which anybody can write anything into.

    So it is believed from the right, and only as far as each hop is one of our own proxies.
    """
    proxies = tuple(proxies)
    address, hops = peer, [hop.strip() for hop in forwarded.split(",")]
    while hops and hops[-1] and _is_one_of(address, proxies):
        address = _bare(hops.pop())
    return address


def _is_one_of(address: str, proxies: Iterable[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)


def _bare(hop: str) -> str:
    """Without a port: some proxies write one."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
