"""Where messages may go: to the public internet over https, unless the settings allow more.

A name is looked up for each attempt, and the message goes to the very address that was looked at: a name that
points to the outside when it is registered and to the inside afterwards gains nothing.
"""

import asyncio
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from domain.refusal import Refusal

# Names are looked up in threads of their own: those of a name server that does not answer are held for long,
# and nothing else in the process may wait for one.
LOOKED_UP_AT_ONCE = 64
# All that is given out of IPv6 to be reached from everywhere.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


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
        self._threads = ThreadPoolExecutor(LOOKED_UP_AT_ONCE, "webhook names")

    def require_registrable(self, url: str) -> None:
        """Refuse what can be seen from the address alone; names are looked up when a message goes out."""
        parts = urlsplit(url)
        host = _host(url)
        if host is None:
            raise Refusal("webhook.malformed_url", field="url")
        host = host.rstrip(".")
        inside = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
        if not self.private and (parts.scheme != "https" or inside or not _may_be_public(host)):
            raise Refusal("webhook.target_refused", field="url", host=host)

    async def find(self, url: str) -> Target:
        """The first address of the host that messages may go to. TargetRefused, or OSError for no address."""
        parts = urlsplit(url)
        host = _host(url)
        if host is None:
            raise TargetRefused("no host can have this name")
        if not self.private and parts.scheme != "https":
            raise TargetRefused("plain http")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        addresses = [str(entry[4][0]) for entry in found]
        allowed = [a for a in addresses if self.private or _is_public(a)]
        if not allowed:
            raise TargetRefused(f"{host} is at {', '.join(addresses)}, which is not public")
        literal = f"[{host}]" if ":" in host else host
        authority = literal if parts.port is None else f"{literal}:{parts.port}"
        return Target(url, host, authority, allowed[0])


def _host(url: str) -> str | None:
    """The host's name as resolvers, certificates and headers have it, without Chinese characters; None for
    what no host can be called."""
    try:
        return (urlsplit(url).hostname or "").encode("idna").decode() or None
    except UnicodeError:
        return None


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
    # Old forms with an IPv4 address inside, those of one site and those nobody has are global to the library.
    given_out = ip.version == 4 or ip in _GLOBAL_UNICAST
    return given_out and ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
