"""Serving state of this process: whether the application's routes exist, and the bound address."""

import ipaddress

import streamlit as st

_serving = False


def begin() -> None:
    """Note that the application starts serving."""
    global _serving
    _serving = True


def end() -> None:
    """Note that the application stops serving."""
    global _serving
    _serving = False


def is_serving() -> bool:
    """Whether the application's routes and cookies exist.

    They do not in an AppTest, nor if a hosting service runs the script directly.
    """
    return _serving


def is_local() -> bool:
    """Whether the server is bound to a loopback address."""
    address = st.get_option("server.address")
    if not address:
        return False  # all interfaces
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
