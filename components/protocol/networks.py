"""The network of a visitor's address, which limits are counted for."""

import ipaddress

_IPV6_NETWORK = 64
"""Bits of an IPv6 address that a household or a machine shares: it may change the others at will
(RFC 6177)."""


def network_of(host: str) -> str:
    """Return the network of an address: an IPv4 address, or an IPv6 network of 64 bits.

    ``::1``, which shares its 64 bits with no other machine's address, is returned as it is, and so
    is what is no IP address, such as a Unix socket's path.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a Unix socket's path, or what a proxy says
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:  # how a socket of both kinds names IPv4
            return str(address.ipv4_mapped)
        if address.is_loopback:
            return str(address)
        return str(ipaddress.ip_network((int(address), _IPV6_NETWORK), strict=False))
    return str(address)


def is_loopback(network: str) -> bool:
    """Whether a network, as `network_of` returns it, is this machine alone."""
    try:
        return ipaddress.ip_network(network).is_loopback
    except ValueError:
        return False
