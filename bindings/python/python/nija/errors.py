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


# Codes of the server (`nija-server/src/problem/kinds.rs`) and of the client (`nija_client::ClientError::code`). The engine
# in this process uses the server's. A code that is not here is a plain :class:`NijaError`.
_CODES: dict[type[NijaError], tuple[str, ...]] = {
    RiskRefused: ("risk_refused",),
    VenueUnavailable: ("no_execution_venue_available", "venue_unavailable"),
    OrderUnknown: ("order_unsure",),
    NotSignedIn: (
        "unauthenticated",
        "session_ended",
        "login_refused",
        "refresh_token_refused",
        "refresh_token_reused",
        "signed_out",
    ),
    InvalidRequest: (
        "json_invalid",
        "query_invalid",
        "request_invalid",
        "email_invalid",
        "client_order_id_invalid",
        "order_invalid",
        "size_invalid",
        "symbol_invalid",
        "symbol_unknown",
        "venue_unknown",
        "limit_price_invalid",
        "credential_invalid",
        "invalid",
    ),
    NotFound: ("not_found", "rotation_not_found", "venue_not_found"),
    ServerUnreachable: ("network",),
}
_CLASSES = {code: kind for kind, codes in _CODES.items() for code in codes}


def raise_for(error: NativeError) -> NoReturn:
    """Raises the class that an error of the native half belongs to."""
    code, message, order = error.args
    kind = _CLASSES.get(code, NijaError)
    raise kind(code, message, Order._from(json.loads(order)) if order else None) from None
