"""The interface, the same for both ways in."""

import asyncio
import threading
from datetime import timedelta
from decimal import Decimal

import nija
import pytest


def test_a_market_buy_becomes_a_position(platform):
    order = platform.place_order("SOL-USD", "buy", Decimal("20"), wait=10)
    assert order.state in {"filled", "cancelled"}
    assert order.filled > 0
    # The filled money is what was asked for, less the fee's share and the rounding to the lot.
    assert Decimal("15") < order.filled * order.average_price <= Decimal("20")
    (position,) = platform.positions()
    assert (position.symbol, position.side, position.quantity) == ("SOL-USD", "long", order.filled)


def test_a_position_is_closed(platform):
    bought = platform.place_order("SOL-USD", "buy", 20, wait=10)
    (position,) = platform.positions()
    closing = platform.close_position(position.id, wait=10)
    assert (closing.side, closing.state, closing.filled) == ("sell", "filled", bought.filled)
    assert platform.positions() == []
    with pytest.raises(nija.NotFound):
        platform.close_position(position.id)


def test_an_order_says_when_and_what(platform):
    order = platform.place_order("BTC-USD", "buy", "20.5", strategy="words", client_order_id="py-when", wait=10)
    assert order.is_final and order.fees > 0 and order.venue and order.venue_order_id
    assert (order.size, order.size_type, order.strategy) == (Decimal("20.5"), "quote", "words")
    assert timedelta(0) == order.created_at.utcoffset() and order.created_at <= order.updated_at
    assert platform.order(order.id) == order


def test_the_same_client_order_id_is_the_same_order(platform):
    first = platform.place_order("ETH-USD", "buy", 20, client_order_id="py-once", wait=10)
    again = platform.place_order("ETH-USD", "buy", 20, client_order_id="py-once", wait=10)
    assert again.id == first.id
    with pytest.raises(nija.NijaError) as other:
        platform.place_order("ETH-USD", "buy", 21, client_order_id="py-once")
    assert other.value.code == "client_order_id_reused"


def test_a_preview_shows_the_route_and_sends_nothing(platform):
    preview = platform.preview_order("BTC-USD", "buy", 20)
    assert preview.accepted and preview.checks and preview.route["candidates"]
    assert platform.positions() == []


def test_risk_says_no_in_words(platform):
    with pytest.raises(nija.RiskRefused) as refused:
        # Nothing to exit.
        platform.place_order("BTC-USD", "buy", 20, signal_type="exit", client_order_id="no-short-to-exit")
    assert refused.value.order is not None
    assert refused.value.order.state == "rejected"
    assert str(refused.value)


def test_a_pause_refuses_entries(platform):
    platform.pause()
    try:
        assert platform.overview().paused
        with pytest.raises(nija.RiskRefused):
            platform.place_order("BTC-USD", "buy", 20)
    finally:
        platform.resume()
    assert not platform.overview().paused


def test_candles_and_markets(platform):
    candles = platform.candles("BTC-USD", "1m", 5)
    assert 1 <= len(candles) <= 5
    assert all(c.low <= c.open <= c.high and c.low <= c.close <= c.high for c in candles)
    assert [c.start for c in candles] == sorted(c.start for c in candles)
    (market, *_) = platform.markets("BTC-USD")
    assert market.tick_size > 0 and isinstance(market.taker_fee, Decimal)


def test_every_call_can_be_awaited(platform):
    async def both():
        return await asyncio.gather(platform.aio.overview(), platform.aio.markets("BTC-USD"))

    overview, markets = asyncio.run(both())
    assert overview.equity > 0 and markets


def test_an_order_is_awaited_while_the_loop_runs_on(platform):
    async def trade():
        placed = asyncio.create_task(platform.aio.place_order("ETH-USD", "buy", 20, wait=10))
        turns = 0
        while not placed.done():
            turns += 1
            await asyncio.sleep(0)
        order = await placed
        assert (await platform.aio.order(order.id)).id == order.id
        with pytest.raises(nija.NotFound):
            await platform.aio.cancel_order("01900000-0000-7000-8000-000000000000")
        return order, turns

    order, turns = asyncio.run(trade())
    assert order.filled > 0 and turns > 0


def test_threads_call_at_the_same_time(platform):
    go = threading.Event()
    equities = []

    def work():
        assert go.wait(30)
        equities.append(platform.overview().equity)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    go.set()
    assert asyncio.run(platform.aio.overview()).equity > 0
    for thread in threads:
        thread.join(timeout=30)
    assert len(equities) == 8


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("BTC-USD", "buy", 0.1), TypeError),
        (("BTCUSD", "buy", 10), nija.InvalidRequest),
        (("BTC-USD", "hold", 10), nija.InvalidRequest),
        (("BTC-USD", "buy", -10), nija.InvalidRequest),
        (("BTC-USD", "buy", "much"), nija.InvalidRequest),
        (("XYZ-USD", "buy", 10), nija.InvalidRequest),
    ],
)
def test_bad_input_is_refused_in_words(platform, arguments, error):
    with pytest.raises(error) as refused:
        platform.place_order(*arguments)
    assert str(refused.value)


def test_an_unknown_order_is_not_found(platform):
    with pytest.raises(nija.NotFound):
        platform.order("01900000-0000-7000-8000-000000000000")
