"""What can go wrong, by class. Every error has a stable ``code``."""

from __future__ import annotations

import json
from typing import NoReturn

from ._native import NativeError
from .models import Order


class NijaError(Exception):
    """Base of all errors of this package."""

    code: str
    order: Order | None

    def __init__(self, code: str, message: str, order: Order | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.order = order


class RiskRefused(NijaError):
    """A risk rule refused the order; nothing was sent. The words say which rule and why."""


class VenueUnavailable(NijaError):
    """No venue can take the order now, or the venue did not answer."""


class OrderUnknown(NijaError):
    """The order's answer was lost: it may exist. Place it again under the same client order id, never under a new one."""


class NotSignedIn(NijaError):
    """The login or the token is wrong, or the session has ended."""


class InvalidRequest(NijaError):
    """The input makes no sense; the words say what to change."""


class NotFound(NijaError):
    """There is no such thing."""


class ServerUnreachable(NijaError):
    """No answer from the server."""


_CLASSES: dict[str, type[NijaError]] = {
    "risk_refused": RiskRefused,
    "no_execution_venue_available": VenueUnavailable,
    "venue_unavailable": VenueUnavailable,
    "order_unsure": OrderUnknown,
    "signed_out": NotSignedIn,
    "unauthorized": NotSignedIn,
    "token_invalid": NotSignedIn,
    "token_expired": NotSignedIn,
    "credentials_wrong": NotSignedIn,
    "login_failed": NotSignedIn,
    "network": ServerUnreachable,
}


def raise_for(error: NativeError) -> NoReturn:
    """Raises the class that an error of the native half belongs to."""
    code, message, order = error.args
    known = _CLASSES.get(code)
    if known is None:
        known = NotFound if code.endswith(("_not_found", "_unknown")) else InvalidRequest if "invalid" in code else NijaError
    raise known(code, message, Order._from(json.loads(order)) if order else None) from None
