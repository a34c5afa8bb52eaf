"""The interface that APEX strategies call."""

import time

import pytest
from nija.apex import Broker


@pytest.fixture
def broker(platform):
    broker = Broker(platform)
    assert broker.connect() is True and broker.connected and broker.broker_type
    return broker


def test_balance(broker):
    balance = broker.get_account_balance()
    assert set(balance) == {"total_balance", "available_balance", "currency"}
    assert balance["total_balance"] >= balance["available_balance"] > 0


def test_candles(broker):
    data = broker.get_market_data("BTC-USD", timeframe="1m", limit=3)
    assert (data["symbol"], data["timeframe"]) == ("BTC-USD", "1m")
    assert 1 <= len(data["candles"]) <= 3
    assert [row["timestamp"] % 60 for row in data["candles"]] == [0] * len(data["candles"])
    assert set(data["candles"][0]) == {"timestamp", "open", "high", "low", "close", "volume"}


def test_buy_and_sell(broker):
    bought = broker.place_market_order("BTC-USD", "buy", 25.0)
    assert {"order_id", "symbol", "side", "size", "filled_price", "status", "timestamp"} <= set(bought)
    assert bought["filled_size"] > 0 and bought["filled_price"] > 0
    positions = [row for row in broker.get_open_positions() if row["symbol"] == "BTC-USD"]
    assert positions and set(positions[0]) == {"symbol", "size", "entry_price", "current_price", "pnl", "pnl_pct"}
    assert broker.get_real_entry_price("BTC-USD") > 0
    sold = broker.place_market_order("BTC-USD", "sell", bought["filled_size"], size_type="base")
    assert sold["side"] == "sell" and sold["filled_size"] > 0
    assert broker.get_order_status(sold["order_id"])["order_id"] == sold["order_id"]


def test_fees(broker):
    fees = broker.get_trading_fees("BTC-USD")
    assert 0 <= fees["maker_fee"] <= fees["taker_fee"] < 0.02 and fees["source"]


def test_a_limit_order_rests_and_is_cancelled(broker):
    (candle,) = broker.get_candles("ETH-USD", "1m", 1)
    order = broker.place_limit_order("ETH-USD", "buy", 20.0, round(candle["low"] * 0.97, 2))
    assert status_when(broker, order, lambda status: status not in {"pending", "routing", "queued", "executing"}) == "working"
    assert broker.cancel_order(order["order_id"]) is True
    assert status_when(broker, order, lambda status: status != "working") == "cancelled"
    assert broker.get_open_positions() == []


def status_when(broker, order, wanted):
    """The order's status, asked for again until it is wanted or half a minute is over."""
    deadline = time.monotonic() + 30
    while not wanted(status := broker.get_order_status(order["order_id"])["status"]) and time.monotonic() < deadline:
        pass
    return status
