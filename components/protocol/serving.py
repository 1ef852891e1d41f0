"""How this process serves: with the application and its routes or not, and to which machines."""

import ipaddress

import streamlit as st

_serving = False


def begin() -> None:
    """Note that the application serves from now on."""
    global _serving
    _serving = True


def end() -> None:
    """Note that it serves no longer."""
    global _serving
    _serving = False


def is_serving() -> bool:
    """Whether the application's routes and cookies are there.

    They are not in an AppTest, nor where a host runs the script by itself.
    """
    return _serving


def is_local() -> bool:
    """Whether the server is bound so that this machine alone reaches it."""
    address = st.get_option("server.address")
    if not address:
        return False  # all interfaces
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
