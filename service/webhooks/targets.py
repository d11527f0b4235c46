"""Where messages may go: to the public internet over https, unless the settings allow more.

A name is looked up for each attempt, and the message goes to the very address that was looked at: a name that
points to the outside when it is registered and to the inside afterwards gains nothing.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.refusal import Refusal


class TargetRefused(Exception):
    """An address that messages do not go to; the text says why."""


@dataclass(frozen=True)
class Target:
    """Where an attempt connects to, and the host's name for the request and the certificate."""

    url: str
    host: str
    authority: str
    address: str

    @property
    def connect_to(self) -> str:
        """The URL with the address in the host's place."""
        literal = f"[{self.address}]" if ":" in self.address else self.address
        parts = urlsplit(self.url)
        return parts._replace(netloc=literal if parts.port is None else f"{literal}:{parts.port}").geturl()


class Targets:
    def __init__(self, *, private: bool):
        self.private = private

    def require_registrable(self, url: str) -> None:
        """Refuse what can be seen from the address alone; names are looked up when a message goes out."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        inside = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
        if not self.private and (parts.scheme != "https" or inside or not _may_be_public(host)):
            raise Refusal("webhook.target_refused", field="url", host=host)

    async def find(self, url: str) -> Target:
        """The first address of the host that messages may go to. TargetRefused, or OSError for no address."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not self.private and parts.scheme != "https":
            raise TargetRefused("plain http")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        allowed = [a for a in addresses if self.private or _is_public(a)]
        if not allowed:
            raise TargetRefused(f"{host} is at {', '.join(addresses)}, which is not public")
        return Target(url, host, parts.netloc, allowed[0])


def _may_be_public(host: str) -> bool:
    """A name, or an address that is public. `2130706433` and `0x7f.1` are addresses to a resolver."""
    try:
        return _is_public(host)
    except ValueError:
        return not host.rstrip(".").rsplit(".", 1)[-1].lower().startswith(tuple("0123456789"))


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (inner := ip.ipv4_mapped or ip.sixtofour or _nat64(ip)):
        return _is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
