"""Which network addresses a submitted video may lead to: the public internet, and nothing behind our own walls."""

import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# Beside what `is_global` refuses: Python's tables know some of these only in some releases, and addresses that wrap
# an IPv4 one are global by the book while a gateway may unwrap them to anything.
_CLOSED_NETWORKS: tuple[IPNetwork, ...] = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
        "168.63.129.16/32",  # a cloud's host agent, answering on a public-looking address
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relay anycast (RFC 7526)
        "198.18.0.0/15",  # benchmarking (RFC 2544)
        "::/96",  # IPv4-compatible (RFC 4291)
        "::ffff:0:0/96",  # IPv4-mapped (RFC 4291)
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765)
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",  # local-use NAT64 (RFC 8215)
        "100::/64",  # discard (RFC 6666)
        "2001::/23",  # Teredo, ORCHID and other protocol assignments (RFC 2928)
        "2002::/16",  # 6to4 (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
        "fec0::/10",  # site-local (RFC 3879)
    )
)


def is_public(address: IPAddress) -> bool:
    """Tell whether an address belongs to the public internet and leads nowhere else."""
    if any(address in network for network in _CLOSED_NETWORKS if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_this_machines(address: IPAddress) -> bool:
    """Tell whether an address is one of this machine's own: what listens there may be closed to the internet only.

    A socket can be bound to the machine's own addresses alone, which asks the kernel and sends nothing.
    """
    return _can_bind(address) and not _binds_anything(address.version)


def _can_bind(address: IPAddress) -> bool:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as bound:
            bound.bind((str(address), 0))
    except OSError:
        return False
    return True


@lru_cache(maxsize=2)
def _binds_anything(version: int) -> bool:
    """Tell whether the kernel binds foreign addresses too (net.ipv4.ip_nonlocal_bind), so that asking it is no use."""
    return _can_bind(ip_address("192.0.2.1" if version == 4 else "2001:db8::1"))


def may_connect(host: str, open_networks: Sequence[IPNetwork]) -> bool:
    """Tell whether a connection to a literal address may be made.

    Args:
        host: What the socket was given. A name is refused: it would be resolved out of our sight, so that a second
            answer of its server could differ from the one that was checked (DNS rebinding).
        open_networks: Networks the operator opened although they are not public.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if any(address in network for network in open_networks if network.version == address.version):
        return True
    return is_public(address) and not is_this_machines(address)
