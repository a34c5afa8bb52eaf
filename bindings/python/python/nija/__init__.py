"""Trade for many users, each with their own exchange account.

Two ways in, one interface::

    import nija

    with nija.open("~/.nija", venues=["paper"]) as platform:  # embedded: the whole engine in this process
        order = platform.place_order("BTC-USD", "buy", 25)
        print(order.state, order.filled, order.average_price)

    platform = nija.connect("https://host", token=...)  # the same calls against a server

Every call has an awaitable form: ``await platform.aio.place_order(...)``.
"""

from __future__ import annotations

import os

from . import errors, models
from ._native import Backend, NativeError
from .errors import (
    InvalidRequest,
    NijaError,
    NotFound,
    NotSignedIn,
    OrderUnknown,
    RiskRefused,
    ServerUnreachable,
    VenueUnavailable,
)
from .models import Balance, Candle, Market, Order, Overview, Position, Preview
from .platform import AsyncPlatform, Platform

__all__ = [
    "AsyncPlatform",
    "Balance",
    "Candle",
    "InvalidRequest",
    "Market",
    "NijaError",
    "NotFound",
    "NotSignedIn",
    "Order",
    "OrderUnknown",
    "Overview",
    "Platform",
    "Position",
    "Preview",
    "RiskRefused",
    "ServerUnreachable",
    "VenueUnavailable",
    "connect",
    "errors",
    "models",
    "open",
]


def open(path: str | os.PathLike[str], *, venues: list[str] | None = None) -> Platform:  # noqa: A001
    """Opens a platform in this process, with its data in a folder (made when missing, one process at a time).

    ``venues`` names the venues to trade at: ``["paper"]`` by default.
    """
    try:
        return Platform(Backend.open(os.path.expanduser(path), ["paper"] if venues is None else venues))
    except NativeError as error:
        errors.raise_for(error)


def connect(
    url: str,
    *,
    token: str | None = None,
    email: str | None = None,
    password: str | None = None,
    vault_pin: str | None = None,
) -> Platform:
    """Connects to a server, with an access token or with email and password (the session then refreshes itself).

    ``vault_pin`` is the public key of the server's vault, 64 hexadecimal digits as ``nija vault status`` prints them: exchange
    keys are then sealed to nothing that it did not sign. Without it, the first one seen is taken.
    """
    try:
        return Platform(Backend.connect(url, token, email, password, vault_pin))
    except NativeError as error:
        errors.raise_for(error)
