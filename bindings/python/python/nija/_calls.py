"""The calls, once: how each is asked and what its answer becomes. The blocking and the awaitable platform share them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from .models import Candle, Market, Order, Overview, Position, Preview

T = TypeVar("T")
Amount = Decimal | int | str


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request and the reader of its answer."""

    op: str
    arguments: dict[str, Any]
    read: Callable[[Any], T]

    def request(self) -> str:
        return json.dumps({"op": self.op, **self.arguments}, default=str)


def _rows(model: Any) -> Callable[[Any], Any]:
    return lambda rows: [model._from(row) for row in rows]


def _amount(name: str, value: Amount) -> str:
    if isinstance(value, float):
        raise TypeError(f"{name} must be a Decimal, an int or a str: a float cannot hold money exactly")
    return str(value)


def _order_type(limit_price: Amount | None, stop_price: Amount | None, take_profit_price: Amount | None) -> str:
    """The type that the given prices mean; the platform says what is missing."""
    if take_profit_price is not None:
        return "bracket"
    if stop_price is not None:
        return "stop_limit"
    return "market" if limit_price is None else "limit"


def new_order(
    symbol: str,
    side: str,
    size: Amount,
    *,
    size_type: str,
    limit_price: Amount | None,
    stop_price: Amount | None,
    take_profit_price: Amount | None,
    time_in_force: str | None,
    venue: str | None,
    signal_type: str | None,
    strategy: str | None,
    client_order_id: str | None,
) -> dict[str, Any]:
    order = {
        "symbol": symbol,
        "side": side,
        "size": _amount("size", size),
        "size_type": size_type,
        "order_type": _order_type(limit_price, stop_price, take_profit_price),
        "limit_price": None if limit_price is None else _amount("limit_price", limit_price),
        "stop_price": None if stop_price is None else _amount("stop_price", stop_price),
        "take_profit_price": None if take_profit_price is None else _amount("take_profit_price", take_profit_price),
        "time_in_force": time_in_force,
        "venue": venue,
        "signal_type": signal_type,
        "strategy": strategy,
        "client_order_id": client_order_id,
    }
    return {name: value for name, value in order.items() if value is not None}


def place(order: dict[str, Any], wait: float) -> Call[Order]:
    return Call("place_order", {"order": order, "wait_ms": round(wait * 1000)}, Order._from)


def preview(order: dict[str, Any]) -> Call[Preview]:
    return Call("preview_order", {"order": order}, Preview._from)


def order(id: str) -> Call[Order]:
    return Call("order", {"id": id}, Order._from)


def cancel(id: str) -> Call[Order]:
    return Call("cancel_order", {"id": id}, Order._from)


def positions() -> Call[list[Position]]:
    return Call("positions", {}, _rows(Position))


def close_position(id: str, wait: float) -> Call[Order]:
    return Call("close_position", {"id": id, "wait_ms": round(wait * 1000)}, Order._from)


def overview() -> Call[Overview]:
    return Call("overview", {}, Overview._from)


def markets(symbol: str | None) -> Call[list[Market]]:
    return Call("markets", {"symbol": symbol}, _rows(Market))


def candles(symbol: str, interval: str, limit: int, venue: str | None) -> Call[list[Candle]]:
    return Call("candles", {"symbol": symbol, "venue": venue, "interval": interval, "limit": limit}, _rows(Candle))


def connect_exchange(venue: str, key: str, secret: str, passphrase: str | None, label: str) -> Call[dict[str, Any]]:
    credential = {"key": key, "secret": secret} | ({"passphrase": passphrase} if passphrase else {})
    return Call("connect_exchange", {"venue": venue, "label": label, "credential": credential}, dict)


def disconnect_exchange(id: str) -> Call[None]:
    return Call("disconnect_exchange", {"id": id}, lambda _: None)


def destroy_key(id: str, password: str | None) -> Call[None]:
    return Call("destroy_key", {"id": id, "password": password}, lambda _: None)


def pause(paused: bool) -> Call[None]:
    return Call("pause", {"paused": paused}, lambda _: None)


def close() -> Call[None]:
    return Call("close", {}, lambda _: None)
