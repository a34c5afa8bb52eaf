"""What the platform answers with. Amounts are :class:`decimal.Decimal`, times are aware :class:`datetime.datetime`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar, get_type_hints

_T = TypeVar("_T", bound="_Model")


def _time(text: str) -> datetime:
    # Python 3.10 knows neither "Z" nor fractions of other lengths than 3 and 6.
    head, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{head}.{fraction[:6].ljust(6, '0')}+00:00")


def _value(hint: str, value: Any) -> Any:
    if value is None:
        return None
    if "Decimal" in hint:
        return Decimal(value)
    if "datetime" in hint:
        return _time(value)
    return value


class _Model:
    @classmethod
    def _from(cls: type[_T], data: dict[str, Any]) -> _T:
        """Builds it from the wire; fields that this version does not know are left out."""
        hints = get_type_hints(cls)
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        return cls(**{f.name: _value(str(hints[f.name]), data.get(f.name)) for f in fields})


@dataclass(frozen=True)
class Order(_Model):
    """An order as it stands."""

    id: str
    client_order_id: str
    symbol: str
    side: str
    order_type: str
    size: Decimal
    size_type: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    take_profit_price: Decimal | None
    state: str
    reason: str | None
    reason_code: str | None
    venue: str | None
    venue_order_id: str | None
    filled: Decimal
    average_price: Decimal | None
    fees: Decimal
    signal_type: str
    strategy: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in {"filled", "rejected", "cancelled", "expired", "failed"}


@dataclass(frozen=True)
class Position(_Model):
    """A position, derived from fills alone."""

    id: str
    venue: str
    symbol: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    current_price: Decimal | None
    market_value: Decimal | None
    unrealised_pnl: Decimal | None
    unrealised_pnl_pct: Decimal | None
    realised_pnl: Decimal
    fees: Decimal
    opened_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Candle(_Model):
    """Open, high, low, close of an interval."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True)
class Balance(_Model):
    """Money or an asset at a venue."""

    venue: str
    asset: str
    total: Decimal
    available: Decimal
    as_of: datetime


@dataclass(frozen=True)
class Market(_Model):
    """A symbol at a venue, with its rules and the caller's fees (as rates: ``Decimal("0.0040")`` is 40 basis points)."""

    symbol: str
    venue: str
    bid: Decimal | None
    ask: Decimal | None
    min_quantity: Decimal
    min_notional: Decimal
    lot_size: Decimal
    tick_size: Decimal
    maker_fee: Decimal
    taker_fee: Decimal


@dataclass(frozen=True)
class Overview:
    """The account at a glance, in USD."""

    equity: Decimal
    cash: Decimal
    pnl_today: Decimal
    pnl_total: Decimal
    paused: bool
    positions: list[Position]
    balances: list[Balance]

    @classmethod
    def _from(cls, data: dict[str, Any]) -> Overview:
        return cls(
            **{name: Decimal(data[name]) for name in ("equity", "cash", "pnl_today", "pnl_total")},
            paused=data["bot"]["state"] == "paused",
            positions=[Position._from(row) for row in data["positions"]],
            balances=[Balance._from(row) for row in data["balances"]],
        )


@dataclass(frozen=True)
class Preview:
    """What an order would do; nothing was sent."""

    accepted: bool
    reason: str | None
    reason_code: str | None
    checks: list[dict[str, Any]]
    route: dict[str, Any] | None

    @classmethod
    def _from(cls, data: dict[str, Any]) -> Preview:
        return cls(data["accepted"], data.get("reason"), data.get("reason_code"), data["checks"], data.get("route"))
