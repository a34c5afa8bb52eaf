"""The main job from Python: a signal, a fill, a live position. Nothing but the `nija` package is needed."""

import tempfile

import nija
from nija.apex import Broker

with tempfile.TemporaryDirectory() as folder, nija.open(folder, venues=["paper"]) as platform:
    preview = platform.preview_order("BTC-USD", "buy", 25)
    print("route:", preview.route["reason"] if preview.route else preview.reason)
    broker = Broker(platform)
    broker.connect()
    order = broker.place_market_order("BTC-USD", "buy", 25.0)
    print(f"{order['status']}: {order['filled_size']} at {order['filled_price']}")
    (position,) = broker.get_open_positions()
    print(f"position: {position['size']} {position['symbol']} from {position['entry_price']}, P&L {position['pnl']}")
