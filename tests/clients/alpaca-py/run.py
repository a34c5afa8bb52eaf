#!/usr/bin/env python3
"""Drives the simulated Alpaca with alpaca-py, Alpaca's own client, pointed at it by base URL alone.

Starts `nija-sim` itself (NIJA_SIM_BIN overrides where it is) and prints `N passed, M failed, K skipped` last.
"""

import asyncio
import datetime as dt
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
import uuid
from decimal import Decimal

from alpaca.common.exceptions import APIError
from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
from alpaca.data.live import CryptoDataStream, StockDataStream
from alpaca.data.requests import (
    CryptoBarsRequest,
    CryptoLatestOrderbookRequest,
    CryptoLatestQuoteRequest,
    CryptoLatestTradeRequest,
    CryptoSnapshotRequest,
    CryptoTradesRequest,
    StockBarsRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderClass, OrderSide, OrderStatus, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)
from alpaca.trading.stream import TradingStream

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("NIJA_SIM_BIN", str(ROOT / "target" / "debug" / "nija-sim"))
FIXTURES = pathlib.Path(os.environ.get("NIJA_FIXTURES", ROOT.parent / "shared" / "fixtures"))


class Skip(Exception):
    """What a check needs is not here."""


class Venue:
    """One running simulator and clients of it."""

    def __init__(self):
        # The limits have tests of their own; here a burst of calls is no mistake.
        command = [BINARY, "--venue", "alpaca", "--json", "--seed", "7", "--accounts", "3", "--tier", "unlimited"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.info = json.loads(self.process.stdout.readline())
        self.account = self.info["accounts"][0]
        pair = (self.account["key"], self.account["secret"])
        self.trading = self.connect(self.account)
        self.crypto = CryptoHistoricalDataClient(url_override=self.info["rest"])
        self.stocks = StockHistoricalDataClient(*pair, url_override=self.info["rest"])
        self.admin("pause", {})
        self.admin("market", {"open": True})

    def connect(self, account):
        return TradingClient(account["key"], account["secret"], url_override=self.info["rest"])

    def fresh(self, **balances):
        """A client of a new account, with this much of each asset."""
        balances = {asset: str(amount) for asset, amount in (balances or {"USD": 100_000}).items()}
        return self.connect(self.admin("accounts", {"balances": balances}))

    def admin(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.info['admin']}/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def price(self, symbol, price):
        self.admin("price", {"symbol": symbol, "price": str(price)})

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def refused(code, call, words=""):
    """Runs a call that must be refused with this code."""
    try:
        call()
    except APIError as error:
        assert error.code == code and words in error.message, (error.code, error.message)
        return
    raise AssertionError("it was not refused")


def until(what, ask, seconds=20):
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)


def market(symbol, side, **amount):
    stock = "/" not in symbol
    return MarketOrderRequest(
        symbol=symbol, side=side, time_in_force=TimeInForce.DAY if stock else TimeInForce.GTC, **amount
    )


def limit(symbol, side, qty, price, **more):
    return LimitOrderRequest(
        symbol=symbol, side=side, qty=qty, limit_price=price, time_in_force=TimeInForce.GTC, **more
    )


def account(venue):
    found = venue.fresh(USD=1_000).get_account()
    assert found.status == "ACTIVE" and Decimal(found.cash) == 1_000 and Decimal(found.buying_power) == 1_000
    assert not found.trading_blocked and Decimal(found.equity) == 1_000
    assert found.pattern_day_trader is None and found.daytrade_count is None, "the PDT fields are gone"
    assert venue.trading.get_account_configurations().suspend_trade is False


def oauth(venue):
    client = TradingClient(oauth_token=venue.account["secret"], url_override=venue.info["rest"])
    assert client.get_account().id == venue.trading.get_account().id


def wrong_secret(venue):
    wrong = venue.connect({"key": venue.account["key"], "secret": "x" * 40})
    try:
        wrong.get_account()
        raise AssertionError("it was accepted")
    except APIError as error:
        assert error.status_code == 401 and error.message == "unauthorized.", error


def assets(venue):
    crypto = venue.trading.get_all_assets(GetAssetsRequest(status="active", asset_class="crypto"))
    assert {"BTC/USD", "ETH/USD", "SOL/USD"} <= {asset.symbol for asset in crypto}
    stocks = venue.trading.get_all_assets(GetAssetsRequest(status="active", asset_class="us_equity"))
    assert {"AAPL", "SPY"} <= {asset.symbol for asset in stocks}
    bitcoin = venue.trading.get_asset("BTC/USD")
    assert bitcoin.tradable and bitcoin.min_order_size > 0 and bitcoin.price_increment > 0
    assert venue.trading.get_asset("AAPL").fractionable
    assert venue.trading.get_asset(str(bitcoin.id)).symbol == "BTC/USD"
    refused(40410000, lambda: venue.trading.get_asset("NOPE"))


def hours(venue):
    clock = venue.trading.get_clock()
    assert clock.is_open and clock.next_open > clock.timestamp and clock.next_close > clock.timestamp
    days = venue.trading.get_calendar(GetCalendarRequest(start=dt.date(2026, 11, 23), end=dt.date(2026, 11, 27)))
    assert [day.date.day for day in days] == [23, 24, 25, 27], "Thanksgiving is left out"
    assert (days[0].close.hour, days[3].close.hour) == (16, 13)
    venue.admin("market", {"open": False})
    assert not venue.trading.get_clock().is_open
    venue.admin("market", {"open": True})


def crypto_prices(venue):
    quote = venue.crypto.get_crypto_latest_quote(CryptoLatestQuoteRequest(symbol_or_symbols="BTC/USD"))["BTC/USD"]
    assert 0 < quote.bid_price < quote.ask_price and quote.bid_size > 0
    book = venue.crypto.get_crypto_latest_orderbook(CryptoLatestOrderbookRequest(symbol_or_symbols="BTC/USD"))["BTC/USD"]
    bids, asks = [level.price for level in book.bids], [level.price for level in book.asks]
    assert len(bids) >= 10 and bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0]
    trade = venue.crypto.get_crypto_latest_trade(CryptoLatestTradeRequest(symbol_or_symbols=["BTC/USD", "ETH/USD"]))
    assert set(trade) == {"BTC/USD", "ETH/USD"} and trade["BTC/USD"].price > trade["ETH/USD"].price
    snapshot = venue.crypto.get_crypto_snapshot(CryptoSnapshotRequest(symbol_or_symbols="BTC/USD"))["BTC/USD"]
    assert snapshot.latest_quote.bid_price == quote.bid_price and snapshot.daily_bar.volume > 0
    trades = venue.crypto.get_crypto_trades(
        CryptoTradesRequest(symbol_or_symbols="BTC/USD", start=dt.datetime.now(dt.timezone.utc) - dt.timedelta(hours=1))
    )
    assert len(trades["BTC/USD"]) >= 1


def crypto_candles(venue):
    now = dt.datetime.now(dt.timezone.utc)
    bars = venue.crypto.get_crypto_bars(
        CryptoBarsRequest(
            symbol_or_symbols=["BTC/USD", "ETH/USD"],
            timeframe=TimeFrame(5, TimeFrameUnit.Minute),
            start=now - dt.timedelta(days=2),
        )
    )
    rows = bars["BTC/USD"]
    assert len(rows) >= 500 and len(bars["ETH/USD"]) == len(rows), "two pages of them, or one long one"
    assert all(after.timestamp - before.timestamp == dt.timedelta(minutes=5) for before, after in zip(rows, rows[1:]))
    assert all(row.low <= row.close <= row.high for row in rows)
    newest = venue.crypto.get_crypto_bars(
        CryptoBarsRequest(
            symbol_or_symbols="BTC/USD", timeframe=TimeFrame.Minute, start=now - dt.timedelta(days=6), limit=7, sort="desc"
        )
    )["BTC/USD"]
    assert len(newest) == 7 and newest[0].timestamp > newest[-1].timestamp


def stock_prices(venue):
    quote = venue.stocks.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="AAPL"))["AAPL"]
    assert 0 < quote.bid_price < quote.ask_price
    assert venue.stocks.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="SPY"))["SPY"].price > 0
    assert venue.stocks.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="AAPL"))["AAPL"].latest_trade.price > 0
    now = dt.datetime.now(dt.timezone.utc)
    bars = venue.stocks.get_stock_bars(
        StockBarsRequest(symbol_or_symbols="AAPL", timeframe=TimeFrame.Hour, start=now - dt.timedelta(days=7), feed="iex")
    )["AAPL"]
    # The newest one may be of a session that was opened by hand.
    past = [bar.timestamp for bar in bars if bar.timestamp < now - dt.timedelta(hours=2)]
    assert past and all(at.weekday() < 5 and 13 <= at.hour <= 21 for at in past)
    keyless = StockHistoricalDataClient("PKNOBODY", "x" * 40, url_override=venue.info["rest"])
    try:
        keyless.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="AAPL"))
        raise AssertionError("stocks need a key")
    except APIError as error:
        assert error.status_code == 401


def crypto_market_order(venue):
    client = venue.fresh()
    order = client.submit_order(market("BTC/USD", OrderSide.BUY, qty=0.01, client_order_id="mine-1"))
    assert order.status == OrderStatus.PENDING_NEW and order.client_order_id == "mine-1"
    filled = until("it fills", lambda: (o := client.get_order_by_id(order.id)).filled_at and o)
    assert Decimal(filled.filled_qty) == Decimal("0.01") and Decimal(filled.filled_avg_price) > 0
    assert client.get_order_by_client_id("mine-1").id == order.id
    position = client.get_open_position("BTCUSD")
    # The fee comes out of what was bought: a quarter of a per cent.
    assert Decimal(position.qty) == Decimal("0.009975") == Decimal(position.qty_available)
    assert client.get_open_position("BTC/USD").symbol == "BTCUSD" == client.get_all_positions()[0].symbol


def stock_orders(venue):
    client = venue.fresh()
    client.submit_order(market("AAPL", OrderSide.BUY, qty=2))
    client.submit_order(market("AAPL", OrderSide.BUY, notional=50.25))
    client.submit_order(market("AAPL", OrderSide.BUY, qty=0.5))
    position = until("three fills", lambda: (p := client.get_open_position("AAPL")) and Decimal(p.qty) > 2.5 and p)
    spent = sum(Decimal(o.filled_qty) * Decimal(o.filled_avg_price) for o in client.get_orders(GetOrdersRequest(status="closed")))
    assert abs(100_000 - Decimal(client.get_account().cash) - spent) < Decimal("0.001"), "no commission"
    refused(40310000, lambda: client.submit_order(market("ZVZZT", OrderSide.BUY, qty=0.5)), "not fractionable")
    refused(42210000, lambda: client.submit_order(limit("AAPL", OrderSide.BUY, 0.5, 100)), "DAY")
    refused(40310000, lambda: client.submit_order(market("SPY", OrderSide.SELL, qty=1)), "short")
    refused(40310000, lambda: client.submit_order(market("AAPL", OrderSide.SELL, qty=100)), "insufficient qty")
    assert Decimal(position.qty_available) == Decimal(position.qty)


def limit_order(venue):
    client = venue.fresh()
    order = client.submit_order(limit("BTC/USD", OrderSide.BUY, 0.01, 30_000))
    open_orders = client.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN, symbols=["BTC/USD"]))
    assert [o.id for o in open_orders] == [order.id] and open_orders[0].status == OrderStatus.NEW
    assert Decimal(client.get_account().buying_power) == 100_000 - 300
    client.cancel_order_by_id(order.id)
    assert client.get_order_by_id(order.id).status == OrderStatus.CANCELED
    refused(42210000, lambda: client.cancel_order_by_id(order.id), "canceled")
    refused(40410000, lambda: client.cancel_order_by_id(uuid.uuid4()))
    refused(40410000, lambda: client.get_order_by_client_id("never"))
    assert Decimal(client.get_account().buying_power) == 100_000


def client_id_is_taken_for_ever(venue):
    client = venue.fresh()
    request = limit("BTC/USD", OrderSide.BUY, 0.01, 30_000, client_order_id="once")
    first = client.submit_order(request)
    refused(40010001, lambda: client.submit_order(request), "unique")
    client.cancel_order_by_id(first.id)
    refused(40010001, lambda: client.submit_order(request), "unique")
    assert client.get_order_by_client_id("once").id == first.id
    # Another account's ids are its own.
    venue.fresh().submit_order(request)


def retries_place_once(venue):
    """The client repeats a POST by itself on 429 and 504."""
    client = venue.fresh()
    client._retry_wait = 0
    for kind in ({"kind": "http_5xx", "status": 504, "processed": True}, {"kind": "rate_limit"}):
        venue.admin("faults", {**kind, "match": "/v2/orders"})
        request = limit("BTC/USD", OrderSide.BUY, 0.01, 30_000, client_order_id=f"again-{kind['kind']}")
        try:
            client.submit_order(request)
        except APIError as error:
            assert error.code == 40010001, error
    open_ids = sorted(o.client_order_id for o in client.get_orders())
    assert open_ids == ["again-http_5xx", "again-rate_limit"], open_ids


def stop_orders(venue):
    client = venue.fresh(USD=100_000, BTC=1)
    venue.price("BTC/USD", 60_000)
    stop = client.submit_order(
        StopLimitOrderRequest(
            symbol="BTC/USD", qty=0.1, side=OrderSide.SELL, time_in_force=TimeInForce.GTC, stop_price=59_000, limit_price=58_000
        )
    )
    venue.price("BTC/USD", 59_500)
    assert client.get_order_by_id(stop.id).status == OrderStatus.NEW
    venue.price("BTC/USD", 58_900)
    until("the stop triggers", lambda: client.get_order_by_id(stop.id).status == OrderStatus.FILLED)
    venue.price("BTC/USD", 60_000)
    venue.price("SPY", 500)
    client.submit_order(market("SPY", OrderSide.BUY, qty=2))
    until("it fills", lambda: client.get_open_position("SPY"))
    loss = client.submit_order(
        StopOrderRequest(symbol="SPY", qty=2, side=OrderSide.SELL, time_in_force=TimeInForce.GTC, stop_price=490)
    )
    venue.price("SPY", 489)
    until("the stop sells", lambda: client.get_order_by_id(loss.id).status == OrderStatus.FILLED)
    refused(
        42210000,
        lambda: client.submit_order(
            TrailingStopOrderRequest(
                symbol="SPY", qty=2, side=OrderSide.SELL, time_in_force=TimeInForce.GTC, trail_percent=1
            )
        ),
        "not simulated",
    )


def brackets(venue):
    client = venue.fresh()
    venue.price("AAPL", 200)

    def bracket():
        return client.submit_order(
            MarketOrderRequest(
                symbol="AAPL",
                qty=10,
                side=OrderSide.BUY,
                time_in_force=TimeInForce.GTC,
                order_class=OrderClass.BRACKET,
                take_profit=TakeProfitRequest(limit_price=210),
                stop_loss=StopLossRequest(stop_price=190, limit_price=189),
            )
        )

    for price, winner in ((211, 0), (189.5, 1)):
        venue.price("AAPL", 200)
        order = bracket()
        assert order.order_class == OrderClass.BRACKET and len(order.legs) == 2
        legs = [leg.id for leg in order.legs]
        until("the entry fills", lambda: client.get_order_by_id(order.id).status == OrderStatus.FILLED)
        assert {client.get_order_by_id(leg).status for leg in legs} == {OrderStatus.NEW}
        venue.price("AAPL", price)
        until("one leg fills", lambda: client.get_order_by_id(legs[winner]).status == OrderStatus.FILLED)
        assert client.get_order_by_id(legs[1 - winner]).status == OrderStatus.CANCELED
        assert not client.get_all_positions()


def legs_wait_for_their_entry(venue):
    client = venue.fresh()
    venue.price("AAPL", 200)
    entry = client.submit_order(
        limit("AAPL", OrderSide.BUY, 10, 150, order_class=OrderClass.OTO, stop_loss=StopLossRequest(stop_price=140))
    )
    leg = entry.legs[0].id
    assert client.get_order_by_id(leg).status == OrderStatus.HELD
    nested = client.get_orders(GetOrdersRequest(status="open", nested=True))
    assert [o.id for o in nested] == [entry.id] and nested[0].legs[0].id == leg
    assert len(client.get_orders(GetOrdersRequest(status="open"))) == 2
    client.cancel_order_by_id(entry.id)
    assert client.get_order_by_id(leg).status == OrderStatus.CANCELED


def one_cancels_other(venue):
    client = venue.fresh()
    venue.price("AAPL", 200)
    client.submit_order(market("AAPL", OrderSide.BUY, qty=10))
    until("it fills", lambda: client.get_all_positions())
    pair = client.submit_order(
        LimitOrderRequest(
            symbol="AAPL",
            qty=10,
            side=OrderSide.SELL,
            time_in_force=TimeInForce.GTC,
            order_class=OrderClass.OCO,
            limit_price=210,
            take_profit=TakeProfitRequest(limit_price=210),
            stop_loss=StopLossRequest(stop_price=190),
        )
    )
    position = client.get_open_position("AAPL")
    assert Decimal(position.qty_available) == 0, "held once for both"
    venue.price("AAPL", 189)
    until("the stop fills", lambda: client.get_order_by_id(pair.legs[0].id).status == OrderStatus.FILLED)
    assert client.get_order_by_id(pair.id).status == OrderStatus.CANCELED
    refused(
        42210000,
        lambda: client.submit_order(
            limit("BTC/USD", OrderSide.BUY, 0.01, 30_000, order_class=OrderClass.OTO, take_profit=TakeProfitRequest(limit_price=90_000))
        ),
        "crypto",
    )


def replace(venue):
    client = venue.fresh()
    venue.price("AAPL", 200)
    old = client.submit_order(limit("AAPL", OrderSide.BUY, 1, 150))
    new = client.replace_order_by_id(old.id, ReplaceOrderRequest(qty=2, limit_price=151))
    assert new.id != old.id and new.replaces == old.id and Decimal(new.qty) == 2 and Decimal(new.limit_price) == 151
    gone = client.get_order_by_id(old.id)
    assert gone.status == OrderStatus.REPLACED and gone.replaced_by == new.id and gone.canceled_at is None
    assert [o.id for o in client.get_orders()] == [new.id]
    refused(42210000, lambda: client.replace_order_by_id(old.id, ReplaceOrderRequest(qty=3)))
    refused(40310000, lambda: client.replace_order_by_id(new.id, ReplaceOrderRequest(qty=100_000)))
    assert [o.id for o in client.get_orders()] == [new.id], "a refused change changes nothing"


def positions(venue):
    client = venue.fresh(USD=1_000, BTC=1, ETH=5)
    half = client.close_position("BTC/USD", ClosePositionRequest(percentage="50"))
    until("it fills", lambda: client.get_order_by_id(half.id).status == OrderStatus.FILLED)
    assert Decimal(client.get_open_position("BTCUSD").qty) == Decimal("0.5")
    closed = client.close_all_positions(cancel_orders=True)
    assert sorted(one.symbol for one in closed) == ["BTCUSD", "ETHUSD"] and all(one.status == 200 for one in closed)
    until("all is sold", lambda: not client.get_all_positions())
    refused(40410000, lambda: client.get_open_position("BTCUSD"))


def cancel_all(venue):
    client = venue.fresh()
    for price in (30_000, 31_000, 32_000):
        client.submit_order(limit("BTC/USD", OrderSide.BUY, 0.01, price))
    assert [one.status for one in client.cancel_orders()] == [200, 200, 200]
    assert client.get_orders() == []
    assert len(client.get_orders(GetOrdersRequest(status="all", limit=2))) == 2


def fills(venue):
    client = venue.fresh()
    for side in (OrderSide.BUY, OrderSide.SELL, OrderSide.BUY):
        order = client.submit_order(market("ETH/USD", side, qty=0.5 if side == OrderSide.BUY else 0.4))
        until("it fills", lambda: client.get_order_by_id(order.id).status == OrderStatus.FILLED)
    rows = client.get("/account/activities/FILL", {"page_size": 100, "direction": "asc"})
    assert [row["side"] for row in rows] == ["buy", "sell", "buy"] and rows[0]["symbol"] == "ETH/USD"
    assert rows[2]["order_id"] == str(order.id) and rows[2]["cum_qty"] == "0.5" and rows[2]["type"] == "fill"
    first = client.get("/account/activities", {"activity_types": "FILL", "page_size": 2, "direction": "asc"})
    rest = client.get("/account/activities/FILL", {"page_token": first[-1]["id"], "direction": "asc"})
    assert [row["id"] for row in first + rest] == [row["id"] for row in rows]
    assert client.get("/account/activities/DIV") == []


def refusals(venue):
    client = venue.fresh(USD=100)
    refused(40310000, lambda: client.submit_order(market("BTC/USD", OrderSide.BUY, qty=1)), "insufficient balance")
    refused(40310000, lambda: client.submit_order(limit("AAPL", OrderSide.BUY, 10, 100)), "insufficient buying power")
    refused(40310000, lambda: client.submit_order(limit("BTC/USD", OrderSide.BUY, 0.0001, 60_000)), "minimal amount of order 10")
    refused(42210000, lambda: client.submit_order(market("NOPE", OrderSide.BUY, qty=1)), "not found")
    # As the client sends it: an exponent is a number like any other.
    refused(40310000, lambda: client.submit_order(limit("BTC/USD", OrderSide.SELL, 0.000001, 30_000)))
    for body in ({"trail": 1}, {"extended_hours": "yes"}, {"notional": 5}, {"qty": "x"}, {"qty": -1}):
        order = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day", **body}
        refused(40010001, lambda: client.post("/orders", order))


def withdrawals_are_refused(venue):
    for path in ("/wallets/transfers", "/account/transfers", "/ach_relationships"):
        try:
            venue.trading.post(path, {"amount": "1"})
            raise AssertionError(path)
        except APIError as error:
            assert error.status_code == 403, path


class Listener:
    """A stream in a thread of its own."""

    def __init__(self, stream):
        self.stream, self.heard = stream, []
        self.thread = threading.Thread(target=stream.run, daemon=True)

    async def hear(self, message):
        self.heard.append(message)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stream.stop()
        self.thread.join(timeout=10)


def account_stream(venue):
    listener = Listener(
        TradingStream(venue.account["key"], venue.account["secret"], url_override=venue.info["ws_private"])
    )
    listener.stream.subscribe_trade_updates(listener.hear)
    with listener:
        # What is placed before the stream listens is not told: place until something is.
        def heard():
            venue.trading.submit_order(market("BTC/USD", OrderSide.BUY, qty=0.001))
            return any(update.event == "fill" for update in listener.heard)

        until("a fill is told", heard)
        fill = next(update for update in listener.heard if update.event == "fill")
        assert fill.order.symbol == "BTC/USD" and fill.qty == 0.001 and fill.price > 0 and fill.execution_id
        assert fill.order.status == OrderStatus.FILLED
        order = venue.trading.submit_order(limit("BTC/USD", OrderSide.BUY, 0.01, 30_000))
        venue.trading.cancel_order_by_id(order.id)
        of_order = lambda: [update.event for update in listener.heard if update.order.id == order.id]
        until("its end is told", lambda: "canceled" in of_order())
        assert of_order() == ["pending_new", "new", "canceled"]


def crypto_stream(venue):
    listener = Listener(
        CryptoDataStream(venue.account["key"], venue.account["secret"], url_override=venue.info["ws_public"])
    )
    books, trades = [], []

    async def book(message):
        books.append(message)

    async def trade(message):
        trades.append(message)

    listener.stream.subscribe_quotes(listener.hear, "BTC/USD")
    listener.stream.subscribe_orderbooks(book, "BTC/USD")
    listener.stream.subscribe_trades(trade, "BTC/USD")
    with listener:
        prices = iter(range(60_000, 90_000, 10))

        def moved():
            venue.price("BTC/USD", next(prices))
            return listener.heard and books and trades

        until("prices are told", moved)
    assert 0 < listener.heard[0].bid_price < listener.heard[0].ask_price
    assert listener.heard[0].timestamp.tzinfo is not None
    assert books[0].reset and books[0].bids[0].price > 0 and trades[0].price > 0
    venue.price("BTC/USD", 60_000)


def stock_stream(venue):
    base = venue.info["ws_public"].removesuffix("/v1beta3/crypto/us")
    stream = StockDataStream(venue.account["key"], venue.account["secret"], url_override=f"{base}/v2/iex")
    listener = Listener(stream)
    stream.subscribe_quotes(listener.hear, "AAPL")
    with listener:
        prices = iter(range(200, 20_000))

        def moved():
            venue.price("AAPL", next(prices))
            return listener.heard

        until("prices are told", moved)
    assert listener.heard[0].symbol == "AAPL" and listener.heard[0].ask_price > 0
    venue.price("AAPL", 200)


def recorded_requests_are_understood(venue):
    """What alpaca-py was recorded to send is what this alpaca-py sends, and the simulator knows all of it."""
    folder = FIXTURES / "clients" / "alpaca-py"
    if not folder.is_dir():
        raise Skip("fixtures missing")
    checked = 0
    for file in sorted(folder.glob("*.json")):
        recorded = json.loads(file.read_text())
        for request in recorded.get("requests", [])[:1]:
            headers = {name: value for name, value in request["headers"] if name.startswith("Content-")}
            headers |= {"APCA-API-KEY-ID": venue.account["key"], "APCA-API-SECRET-KEY": venue.account["secret"]}
            answer = venue.trading._session.request(
                request["method"], venue.info["rest"] + request["target"], headers=headers, data=request["body"].encode()
            )
            # Orders that are not there and funds that are short are answers; a request that is not understood is none.
            assert answer.status_code in (200, 204, 207, 403, 404, 422), (file.name, answer.status_code, answer.text)
            assert "endpoint not found" not in answer.text, (file.name, answer.text)
            checked += 1
    assert checked >= 25, checked


def sent_requests_are_the_recorded_ones(venue):
    """The same calls of this version of the client make the same bytes."""
    folder = FIXTURES / "clients" / "alpaca-py"
    if not folder.is_dir():
        raise Skip("fixtures missing")
    sent = []
    client = venue.fresh()
    send = client._session.request
    client._session.request = lambda method, url, **options: (sent.append((method, url, options)), send(method, url, **options))[1]
    calls = {
        "create_market_buy": lambda: client.submit_order(
            MarketOrderRequest(symbol="AAPL", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY, client_order_id="nija-0001")
        ),
        "create_limit_buy": lambda: client.submit_order(
            LimitOrderRequest(
                symbol="AAPL", qty=1, limit_price=180.5, side=OrderSide.BUY, time_in_force=TimeInForce.GTC, client_order_id="nija-0002"
            )
        ),
        "create_market_notional": lambda: client.submit_order(market("AAPL", OrderSide.BUY, notional=50.25)),
        "open_orders": lambda: client.get_orders(GetOrdersRequest(status="open", symbols=["AAPL", "MSFT"], limit=100)),
        "get_order_by_client_id": lambda: client.get_order_by_client_id("nija-0001"),
        "account": client.get_account,
        "positions": client.get_all_positions,
        "clock": client.get_clock,
    }
    for name, call in calls.items():
        expected = json.loads((folder / f"{name}.json").read_text())["requests"][0]
        sent.clear()
        call()
        method, url, options = sent[-1]
        assert (method, url) == (expected["method"], venue.info["rest"] + expected["path"]), (name, method, url)
        assert json.dumps(options["json"]) == expected["body"] if expected["body"] else not options.get("json"), name
        params = [[key, str(getattr(value, "value", value))] for key, value in (options.get("params") or {}).items()]
        assert params == expected["query_params"], (name, params)


CHECKS = [
    account,
    oauth,
    wrong_secret,
    assets,
    hours,
    crypto_prices,
    crypto_candles,
    stock_prices,
    crypto_market_order,
    stock_orders,
    limit_order,
    client_id_is_taken_for_ever,
    retries_place_once,
    stop_orders,
    brackets,
    legs_wait_for_their_entry,
    one_cancels_other,
    replace,
    positions,
    cancel_all,
    fills,
    refusals,
    withdrawals_are_refused,
    account_stream,
    crypto_stream,
    stock_stream,
    recorded_requests_are_understood,
    sent_requests_are_the_recorded_ones,
]


def main():
    asyncio.set_event_loop(asyncio.new_event_loop())
    venue = Venue()
    passed = failed = skipped = 0
    wanted = sys.argv[1:]
    try:
        for check in CHECKS:
            if wanted and check.__name__ not in wanted:
                continue
            try:
                check(venue)
                passed += 1
                print(f"ok   {check.__name__}")
            except Skip as reason:
                skipped += 1
                print(f"SKIPPED {check.__name__}: {reason}")
            except Exception:
                failed += 1
                print(f"FAIL {check.__name__}\n{traceback.format_exc()}")
    finally:
        venue.stop()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
