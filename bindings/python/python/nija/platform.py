"""The platform as Python sees it: blocking, and awaitable with the same names."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from . import _calls
from ._calls import Amount
from ._native import Backend, NativeError
from .errors import raise_for
from .models import Candle, Market, Order, Overview, Position, Preview

T = TypeVar("T")


class Platform:
    """A platform in this process or at a server. Use it in a ``with`` block, or call :meth:`close`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def _call(self, call: _calls.Call[T]) -> T:
        try:
            answer = self._backend.call(call.request())
        except NativeError as error:
            raise_for(error)
        return call.read(json.loads(answer))

    def place_order(
        self,
        symbol: str,
        side: str,
        size: Amount,
        *,
        size_type: str = "quote",
        limit_price: Amount | None = None,
        stop_price: Amount | None = None,
        take_profit_price: Amount | None = None,
        time_in_force: str | None = None,
        venue: str | None = None,
        signal_type: str | None = None,
        strategy: str | None = None,
        client_order_id: str | None = None,
        wait: float = 5.0,
    ) -> Order:
        """Places an order and waits at most ``wait`` seconds (10 at most) for its end.

        A market order unless ``limit_price`` is given; with ``stop_price`` it waits for that price, and with
        ``take_profit_price`` too it is an exit at whichever of the two comes first. ``size`` is in quote units (money) or, with ``size_type="base"``,
        in base units. The same ``client_order_id`` names the same order for ever: placing it again buys nothing twice.

        Raises :class:`RiskRefused`, :class:`VenueUnavailable`, :class:`OrderUnknown`, :class:`InvalidRequest`.
        """
        return self._call(
            _calls.place(
                _calls.new_order(
                    symbol,
                    side,
                    size,
                    size_type=size_type,
                    limit_price=limit_price,
                    stop_price=stop_price,
                    take_profit_price=take_profit_price,
                    time_in_force=time_in_force,
                    venue=venue,
                    signal_type=signal_type,
                    strategy=strategy,
                    client_order_id=client_order_id,
                ),
                wait,
            )
        )

    def preview_order(
        self,
        symbol: str,
        side: str,
        size: Amount,
        *,
        size_type: str = "quote",
        limit_price: Amount | None = None,
        stop_price: Amount | None = None,
        take_profit_price: Amount | None = None,
        time_in_force: str | None = None,
        venue: str | None = None,
        signal_type: str | None = None,
        strategy: str | None = None,
    ) -> Preview:
        """Every check and the route that an order would take; nothing is sent."""
        return self._call(
            _calls.preview(
                _calls.new_order(
                    symbol,
                    side,
                    size,
                    size_type=size_type,
                    limit_price=limit_price,
                    stop_price=stop_price,
                    take_profit_price=take_profit_price,
                    time_in_force=time_in_force,
                    venue=venue,
                    signal_type=signal_type,
                    strategy=strategy,
                    client_order_id=None,
                )
            )
        )

    def order(self, id: str) -> Order:
        """One order as it stands. Raises :class:`NotFound`."""
        return self._call(_calls.order(id))

    def cancel_order(self, id: str) -> Order:
        """Cancels an order; its state then says what became of it."""
        return self._call(_calls.cancel(id))

    def positions(self) -> list[Position]:
        """The open positions."""
        return self._call(_calls.positions())

    def close_position(self, id: str, *, wait: float = 5.0) -> Order:
        """Closes a position at market."""
        return self._call(_calls.close_position(id, wait))

    def overview(self) -> Overview:
        """Equity, cash, profit and loss, positions and balances."""
        return self._call(_calls.overview())

    def markets(self, symbol: str | None = None) -> list[Market]:
        """What can be traded and where; all of it or one symbol."""
        return self._call(_calls.markets(symbol))

    def candles(
        self,
        symbol: str,
        interval: str = "5m",
        limit: int = 100,
        *,
        venue: str | None = None,
    ) -> list[Candle]:
        """The newest candles, oldest first. ``interval`` is ``1m``, ``5m``, ``15m``, ``1h`` or ``1d``."""
        return self._call(_calls.candles(symbol, interval, limit, venue))

    def connect_exchange(
        self,
        venue: str,
        key: str,
        secret: str,
        *,
        passphrase: str | None = None,
        label: str = "python",
    ) -> dict[str, Any]:
        """Seals an exchange key on this machine and stores it in the vault. It cannot be read back."""
        return self._call(_calls.connect_exchange(venue, key, secret, passphrase, label))

    def disconnect_exchange(self, id: str) -> None:
        """Ends a key: nothing is signed with it any more. What rests at the venue stays.

        ``id`` is the one that :meth:`connect_exchange` answered with. Raises :class:`NotFound`.
        """
        self._call(_calls.disconnect_exchange(id))

    def destroy_key(self, id: str, *, password: str | None = None) -> None:
        """Ends a key and wipes what the vault stores of it, for good; a server wants the account's ``password``.

        A backup from before has it still, encrypted. At the venue the key stays valid until you delete it there.
        """
        self._call(_calls.destroy_key(id, password))

    def pause(self) -> None:
        """Refuses entries from now on; exits go through."""
        self._call(_calls.pause(True))

    def resume(self) -> None:
        """Takes entries again."""
        self._call(_calls.pause(False))

    def close(self) -> None:
        """Ends the session, or the engine of this process. Orders that rest at a venue stay there."""
        self._call(_calls.close())

    def __enter__(self) -> Platform:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def aio(self) -> AsyncPlatform:
        """The same platform with awaitable calls."""
        return AsyncPlatform(self._backend)


class AsyncPlatform:
    """The awaitable form: the same calls, to be awaited. Got from :attr:`Platform.aio`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def _call(self, call: _calls.Call[T]) -> T:
        try:
            answer = await self._backend.call_async(call.request())
        except NativeError as error:
            raise_for(error)
        return call.read(json.loads(answer))

    async def place_order(
        self,
        symbol: str,
        side: str,
        size: Amount,
        *,
        size_type: str = "quote",
        limit_price: Amount | None = None,
        stop_price: Amount | None = None,
        take_profit_price: Amount | None = None,
        time_in_force: str | None = None,
        venue: str | None = None,
        signal_type: str | None = None,
        strategy: str | None = None,
        client_order_id: str | None = None,
        wait: float = 5.0,
    ) -> Order:
        """Places an order and waits at most ``wait`` seconds (10 at most) for its end.

        A market order unless ``limit_price`` is given; with ``stop_price`` it waits for that price, and with
        ``take_profit_price`` too it is an exit at whichever of the two comes first. ``size`` is in quote units (money) or, with ``size_type="base"``,
        in base units. The same ``client_order_id`` names the same order for ever: placing it again buys nothing twice.

        Raises :class:`RiskRefused`, :class:`VenueUnavailable`, :class:`OrderUnknown`, :class:`InvalidRequest`.
        """
        return await self._call(
            _calls.place(
                _calls.new_order(
                    symbol,
                    side,
                    size,
                    size_type=size_type,
                    limit_price=limit_price,
                    stop_price=stop_price,
                    take_profit_price=take_profit_price,
                    time_in_force=time_in_force,
                    venue=venue,
                    signal_type=signal_type,
                    strategy=strategy,
                    client_order_id=client_order_id,
                ),
                wait,
            )
        )

    async def preview_order(
        self,
        symbol: str,
        side: str,
        size: Amount,
        *,
        size_type: str = "quote",
        limit_price: Amount | None = None,
        stop_price: Amount | None = None,
        take_profit_price: Amount | None = None,
        time_in_force: str | None = None,
        venue: str | None = None,
        signal_type: str | None = None,
        strategy: str | None = None,
    ) -> Preview:
        """Every check and the route that an order would take; nothing is sent."""
        return await self._call(
            _calls.preview(
                _calls.new_order(
                    symbol,
                    side,
                    size,
                    size_type=size_type,
                    limit_price=limit_price,
                    stop_price=stop_price,
                    take_profit_price=take_profit_price,
                    time_in_force=time_in_force,
                    venue=venue,
                    signal_type=signal_type,
                    strategy=strategy,
                    client_order_id=None,
                )
            )
        )

    async def order(self, id: str) -> Order:
        """One order as it stands. Raises :class:`NotFound`."""
        return await self._call(_calls.order(id))

    async def cancel_order(self, id: str) -> Order:
        """Cancels an order; its state then says what became of it."""
        return await self._call(_calls.cancel(id))

    async def positions(self) -> list[Position]:
        """The open positions."""
        return await self._call(_calls.positions())

    async def close_position(self, id: str, *, wait: float = 5.0) -> Order:
        """Closes a position at market."""
        return await self._call(_calls.close_position(id, wait))

    async def overview(self) -> Overview:
        """Equity, cash, profit and loss, positions and balances."""
        return await self._call(_calls.overview())

    async def markets(self, symbol: str | None = None) -> list[Market]:
        """What can be traded and where; all of it or one symbol."""
        return await self._call(_calls.markets(symbol))

    async def candles(
        self,
        symbol: str,
        interval: str = "5m",
        limit: int = 100,
        *,
        venue: str | None = None,
    ) -> list[Candle]:
        """The newest candles, oldest first. ``interval`` is ``1m``, ``5m``, ``15m``, ``1h`` or ``1d``."""
        return await self._call(_calls.candles(symbol, interval, limit, venue))

    async def connect_exchange(
        self,
        venue: str,
        key: str,
        secret: str,
        *,
        passphrase: str | None = None,
        label: str = "python",
    ) -> dict[str, Any]:
        """Seals an exchange key on this machine and stores it in the vault. It cannot be read back."""
        return await self._call(_calls.connect_exchange(venue, key, secret, passphrase, label))

    async def disconnect_exchange(self, id: str) -> None:
        """Ends a key: nothing is signed with it any more. What rests at the venue stays.

        ``id`` is the one that :meth:`connect_exchange` answered with. Raises :class:`NotFound`.
        """
        await self._call(_calls.disconnect_exchange(id))

    async def destroy_key(self, id: str, *, password: str | None = None) -> None:
        """Ends a key and wipes what the vault stores of it, for good; a server wants the account's ``password``.

        A backup from before has it still, encrypted. At the venue the key stays valid until you delete it there.
        """
        await self._call(_calls.destroy_key(id, password))

    async def pause(self) -> None:
        """Refuses entries from now on; exits go through."""
        await self._call(_calls.pause(True))

    async def resume(self) -> None:
        """Takes entries again."""
        await self._call(_calls.pause(False))

    async def close(self) -> None:
        """Ends the session, or the engine of this process. Orders that rest at a venue stay there."""
        await self._call(_calls.close())

    async def __aenter__(self) -> AsyncPlatform:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
