"""The broker interface that APEX strategies call, over a platform.

Floats go in and come out here because that interface has them; inside, and on the way to the venue, amounts are decimals.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

from .errors import NijaError
from .models import Candle, Market, Order, Position
from .platform import Platform

_log = logging.getLogger("nija.apex")


class Broker:
    """Trades for one user through a :class:`nija.Platform`."""

    broker_type = "nija"

    def __init__(self, platform: Platform, *, strategy: str = "apex-v7.1", currency: str = "USD") -> None:
        self._platform = platform
        self._strategy = strategy
        self._currency = currency
        self.connected = False

    def connect(self) -> bool:
        """Whether the platform answers."""
        try:
            self._platform.overview()
            self.connected = True
        except NijaError as error:
            _log.error("cannot connect: %s", error)
            self.connected = False
        return self.connected

    def get_account_balance(self) -> dict[str, Any]:
        """``{total_balance, available_balance, currency}``: equity and free cash."""
        overview = self._platform.overview()
        return {
            "total_balance": float(overview.equity),
            "available_balance": float(overview.cash),
            "currency": self._currency,
        }

    def get_market_data(self, symbol: str, timeframe: str = "5m", limit: int = 100) -> dict[str, Any]:
        """``{symbol, timeframe, candles}``, oldest candle first."""
        return {"symbol": symbol, "timeframe": timeframe, "candles": self.get_candles(symbol, timeframe, limit)}

    def get_candles(self, symbol: str, timeframe: str, count: int) -> list[dict[str, Any]]:
        """``[{timestamp, open, high, low, close, volume}]``, oldest first; timestamps are seconds since 1970."""
        return [_candle(row) for row in self._platform.candles(symbol, timeframe, count)]

    def place_market_order(
        self, symbol: str, side: str, size: float | Decimal, size_type: str = "quote"
    ) -> dict[str, Any]:
        """Buys or sells at market: ``{order_id, symbol, side, size, filled_price, status, timestamp}``.

        A sell that a position can cover is an exit, and no limit holds it up.
        """
        return self._place(symbol, side, size, size_type, None)

    def place_limit_order(
        self, symbol: str, side: str, size: float | Decimal, price: float | Decimal, size_type: str = "quote"
    ) -> dict[str, Any]:
        """Buys or sells at this price or better; the answer as of :meth:`place_market_order`."""
        return self._place(symbol, side, size, size_type, _decimal(price))

    def cancel_order(self, order_id: str) -> bool:
        """Whether the order is cancelled now, or is about to be."""
        try:
            return self._platform.cancel_order(order_id).state not in {"filled", "rejected", "failed"}
        except NijaError as error:
            _log.warning("order %s was not cancelled: %s", order_id, error)
            return False

    def get_order_status(self, order_id: str) -> dict[str, Any]:
        """The order as :meth:`place_market_order` answers."""
        return _order(self._platform.order(order_id))

    def get_open_positions(self) -> list[dict[str, Any]]:
        """``[{symbol, size, entry_price, current_price, pnl, pnl_pct}]``; size is below zero when short."""
        return [_position(row) for row in self._platform.positions()]

    def get_real_entry_price(self, symbol: str) -> float | None:
        """Average entry price over all venues, or ``None`` without a position."""
        held = [row for row in self._platform.positions() if row.symbol == symbol]
        total = sum((row.quantity for row in held), Decimal(0))
        if not total:
            return None
        return float(sum((row.quantity * row.entry_price for row in held), Decimal(0)) / total)

    def get_trading_fees(self, symbol: str) -> dict[str, Any]:
        """``{maker_fee, taker_fee, source}`` as rates, of the venue where taking is cheapest."""
        markets = self._platform.markets(symbol)
        if not markets:
            raise ValueError(f"no venue lists {symbol}")
        cheapest: Market = min(markets, key=lambda market: market.taker_fee)
        return {
            "maker_fee": float(cheapest.maker_fee),
            "taker_fee": float(cheapest.taker_fee),
            "source": cheapest.venue,
        }

    def _place(
        self, symbol: str, side: str, size: float | Decimal, size_type: str, limit_price: Decimal | None
    ) -> dict[str, Any]:
        reduces = side == "sell" and any(row.symbol == symbol and row.side == "long" for row in self._platform.positions())
        order = self._platform.place_order(
            symbol,
            side,
            _decimal(size),
            size_type=size_type,
            limit_price=limit_price,
            signal_type="exit" if reduces else "entry",
            strategy=self._strategy,
            # A limit order that rests has no end to wait for.
            wait=5.0 if limit_price is None else 1.0,
        )
        return _order(order)


def _decimal(value: float | Decimal) -> Decimal:
    """The decimal that a person would write for it: ``0.1`` is one tenth."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _order(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "symbol": order.symbol,
        "side": order.side,
        "size": float(order.size),
        "filled_size": float(order.filled),
        "filled_price": None if order.average_price is None else float(order.average_price),
        "status": order.state,
        "timestamp": order.updated_at.timestamp(),
    }


def _candle(candle: Candle) -> dict[str, Any]:
    row: dict[str, Any] = {"timestamp": int(candle.start.timestamp())}
    for name in ("open", "high", "low", "close", "volume"):
        row[name] = float(getattr(candle, name))
    return row


def _position(position: Position) -> dict[str, Any]:
    sign = 1 if position.side == "long" else -1
    price = position.current_price
    return {
        "symbol": position.symbol,
        "size": float(sign * position.quantity),
        "entry_price": float(position.entry_price),
        "current_price": None if price is None else float(price),
        "pnl": None if position.unrealised_pnl is None else float(position.unrealised_pnl),
        "pnl_pct": None if position.unrealised_pnl_pct is None else float(position.unrealised_pnl_pct),
    }
