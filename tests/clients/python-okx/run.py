#!/usr/bin/env python3
"""Drives the simulated OKX with python-okx, OKX's own client, pointed at it by its `domain` and its stream's URL alone.

The client's streams speak TLS only, so the simulator gets a certificate made here. Starts `nija-sim` itself (NIJA_SIM_BIN
overrides where it is) and prints `N passed, M failed, K skipped` last.
"""

import asyncio
import datetime
import ipaddress
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from decimal import Decimal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from okx.Account import AccountAPI
from okx.Funding import FundingAPI
from okx.MarketData import MarketAPI
from okx.PublicData import PublicAPI
from okx.Trade import TradeAPI
from okx.websocket.WsPrivateAsync import WsPrivateAsync
from okx.websocket.WsPublicAsync import WsPublicAsync

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("NIJA_SIM_BIN", str(ROOT / "target" / "debug" / "nija-sim"))
BTC = "BTC-USDT"


def certificate(folder):
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nija-sim")])
    now = datetime.datetime.now(datetime.timezone.utc)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


class Client:
    """The parts of python-okx for one account."""

    def __init__(self, rest, account):
        keys = (account["key"], account["secret"], account["passphrase"])
        made = [api(*keys, domain=rest, flag="0") for api in (AccountAPI, TradeAPI, FundingAPI)]
        self.account, self.trade, self.funding = made


class Venue:
    """One running simulator and its clients."""

    def __init__(self, folder):
        cert, key = certificate(folder)
        # Where the client's libraries look for whom to trust.
        os.environ["SSL_CERT_FILE"] = str(cert)
        # The limits have tests of their own; here a burst of calls is no mistake.
        command = [BINARY, "--venue", "okx", "--json", "--seed", "7", "--accounts", "3", "--tier", "unlimited"]
        self.process = subprocess.Popen(command + ["--tls", str(cert), str(key)], stdout=subprocess.PIPE, text=True)
        self.info = json.loads(self.process.stdout.readline())
        self.accounts = self.info["accounts"]
        self.me = Client(self.info["rest"], self.accounts[0])
        self.market = MarketAPI(domain=self.info["rest"], flag="0")
        self.public = PublicAPI(domain=self.info["rest"], flag="0")
        self.admin("pause", {})
        self.price("60000")

    def price(self, price):
        self.admin("price", {"symbol": BTC, "price": price})

    def admin(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.info['admin']}/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def order(self, **change):
        order = dict(instId=BTC, tdMode="cash", side="buy", ordType="limit", px="30000", sz="0.001")
        return self.me.trade.place_order(**{**order, **change})

    def placed(self, **change):
        return rows(self.order(**change))[0]["ordId"]

    def balance(self, ccy):
        detail = rows(self.me.account.get_account_balance(ccy))[0]["details"][0]
        return {name: Decimal(detail[name]) for name in ("cashBal", "availBal", "frozenBal")}

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def rows(answer):
    assert answer["code"] == "0" and answer["msg"] == "", answer
    return answer["data"]


def refused(answer):
    assert answer["code"] != "0", answer
    return answer["data"][0]["sCode"] if answer["data"] else answer["code"]


def server_time(venue):
    assert abs(int(rows(venue.public.get_system_time())[0]["ts"]) / 1000 - time.time()) < 5


def markets(venue):
    spot = {row["instId"]: row for row in rows(venue.public.get_instruments("SPOT"))}
    btc = spot[BTC]
    assert (btc["baseCcy"], btc["quoteCcy"], btc["state"]) == ("BTC", "USDT", "live")
    assert Decimal(btc["tickSz"]) == Decimal("0.1") and Decimal(btc["minSz"]) > 0 and Decimal(btc["lotSz"]) > 0
    assert rows(venue.public.get_instruments("SPOT", instId=BTC)) == [btc]
    limit = rows(venue.public.get_price_limit(BTC))[0]
    assert Decimal(limit["sellLmt"]) < 60000 < Decimal(limit["buyLmt"])


def unknown_market(venue):
    assert refused(venue.market.get_ticker("NOPE-USDT")) == "51001"


def ticker(venue):
    row = rows(venue.market.get_ticker(BTC))[0]
    assert Decimal(row["bidPx"]) < Decimal(row["askPx"]) and Decimal(row["last"]) == 60000
    assert len(rows(venue.market.get_tickers("SPOT"))) >= 6


def book(venue):
    depth = rows(venue.market.get_orderbook(BTC, sz="5"))[0]
    bids = [Decimal(level[0]) for level in depth["bids"]]
    asks = [Decimal(level[0]) for level in depth["asks"]]
    assert len(bids) == len(asks) == 5
    assert bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0]


def candles(venue):
    bars = rows(venue.market.get_candlesticks(BTC, bar="5m", limit="50"))
    assert len(bars) == 50 and all(int(a[0]) - int(b[0]) == 300_000 for a, b in zip(bars, bars[1:]))
    assert all(Decimal(bar[3]) <= Decimal(bar[4]) <= Decimal(bar[2]) for bar in bars)
    older = rows(venue.market.get_history_candlesticks(BTC, bar="5m", after=bars[9][0], limit="5"))
    assert [bar[0] for bar in older] == [bar[0] for bar in bars[10:15]]


def public_trades(venue):
    assert rows(venue.market.get_trades(BTC, limit="5"))[0]["instId"] == BTC


def balance(venue):
    assert venue.balance("USDT") == {"cashBal": 50000, "availBal": 50000, "frozenBal": 0}
    summary = rows(venue.me.account.get_account_balance())[0]
    assert Decimal(summary["totalEq"]) > 150000 and len(summary["details"]) == 5


def fee_rates(venue):
    fees = rows(venue.me.account.get_fee_rates("SPOT", instId=BTC))[0]
    assert (fees["maker"], fees["taker"]) == ("-0.0008", "-0.001")


def wrong_credentials(venue):
    for change, code in [({"secret": "no"}, "50113"), ({"passphrase": "no"}, "50105"), ({"key": "no"}, "50111")]:
        stranger = Client(venue.info["rest"], {**venue.accounts[1], **change})
        assert refused(stranger.account.get_account_balance()) == code, change


def limit_order(venue):
    order = venue.placed(clOrdId="nija0001")
    mine = rows(venue.me.trade.get_order(BTC, ordId=order))[0]
    assert (mine["state"], mine["px"], mine["sz"], mine["clOrdId"]) == ("live", "30000", "0.001", "nija0001")
    assert rows(venue.me.trade.get_order(BTC, clOrdId="nija0001")) == [mine]
    assert rows(venue.me.trade.get_order_list("SPOT", instId=BTC)) == [mine]
    assert venue.balance("USDT")["frozenBal"] == 30
    assert refused(venue.order(clOrdId="nija0001")) == "51016"
    assert rows(venue.me.trade.cancel_order(BTC, clOrdId="nija0001"))[0]["ordId"] == order
    assert refused(venue.me.trade.cancel_order(BTC, ordId=order)) == "51400"
    assert venue.balance("USDT")["frozenBal"] == 0
    assert rows(venue.me.trade.get_orders_history("SPOT", limit="1"))[0]["state"] == "canceled"


def client_id_is_free_again_once_closed(venue):
    order = venue.placed(clOrdId="nija0001")
    assert rows(venue.me.trade.get_order(BTC, clOrdId="nija0001"))[0]["ordId"] == order
    rows(venue.me.trade.cancel_order(BTC, ordId=order))


def market_order(venue):
    before = venue.balance("BTC")["cashBal"]
    bought = venue.placed(ordType="market", px="", sz="0.002", tgtCcy="base_ccy")
    order = rows(venue.me.trade.get_order(BTC, ordId=bought))[0]
    assert (order["state"], order["accFillSz"], order["feeCcy"]) == ("filled", "0.002", "BTC")
    assert venue.balance("BTC")["cashBal"] - before == Decimal("0.002") + Decimal(order["fee"])
    fills = rows(venue.me.trade.get_fills("SPOT", ordId=bought))
    assert len(fills) == 1 and fills[0]["fee"] == order["fee"] and fills[0]["execType"] == "T"
    assert rows(venue.me.trade.get_fills_history("SPOT", limit="1")) == fills


def market_order_in_quote(venue):
    bought = venue.placed(ordType="market", px="", sz="100")
    order = rows(venue.me.trade.get_order(BTC, ordId=bought))[0]
    spent = Decimal(order["accFillSz"]) * Decimal(order["avgPx"])
    assert order["tgtCcy"] == "quote_ccy" and Decimal("99.9") < spent <= 100


def amended_order(venue):
    order = venue.placed()
    rows(venue.me.trade.amend_order(BTC, ordId=order, newPx="31000", newSz="0.002", reqId="r1"))
    mine = rows(venue.me.trade.get_order(BTC, ordId=order))[0]
    assert (mine["px"], mine["sz"], mine["state"]) == ("31000", "0.002", "live")
    rows(venue.me.trade.cancel_order(BTC, ordId=order))


def batches(venue):
    order = dict(instId=BTC, tdMode="cash", side="buy", ordType="limit", sz="0.001")
    placed = rows(venue.me.trade.place_multiple_orders([{**order, "px": px} for px in ("30000", "30001")]))
    both = [{"instId": BTC, "ordId": item["ordId"]} for item in placed]
    assert len(rows(venue.me.trade.get_order_list("SPOT"))) == 2
    assert [item["sCode"] for item in rows(venue.me.trade.cancel_multiple_orders(both))] == ["0", "0"]
    assert rows(venue.me.trade.get_order_list("SPOT")) == []
    partly = venue.me.trade.cancel_multiple_orders(both)
    assert partly["code"] == "1" and {item["sCode"] for item in partly["data"]} == {"51400"}


def stop_order(venue):
    stop = dict(instId=BTC, tdMode="cash", side="sell", ordType="conditional", sz="0.001")
    placed = rows(
        venue.me.trade.place_algo_order(**stop, slTriggerPx="58000", slOrdPx="57500", algoClOrdId="stop1")
    )[0]
    waiting = rows(venue.me.trade.order_algos_list(ordType="conditional"))
    assert [row["algoId"] for row in waiting] == [placed["algoId"]] and waiting[0]["state"] == "live"
    assert rows(venue.me.trade.get_algo_order_details(algoClOrdId="stop1")) == waiting
    venue.price("57900")
    done = rows(venue.me.trade.get_algo_order_details(algoId=placed["algoId"]))[0]
    assert (done["state"], done["actualSide"]) == ("effective", "sl")
    child = rows(venue.me.trade.get_order(BTC, ordId=done["ordId"]))[0]
    assert (child["algoClOrdId"], child["state"]) == ("stop1", "filled")
    history = rows(venue.me.trade.order_algos_history("conditional", state="effective"))
    assert history[0]["algoId"] == placed["algoId"]
    venue.price("60000")


def bracket_and_its_cancel(venue):
    both = dict(tpTriggerPx="62000", tpOrdPx="-1", slTriggerPx="58000", slOrdPx="-1")
    placed = rows(
        venue.me.trade.place_algo_order(instId=BTC, tdMode="cash", side="sell", ordType="oco", sz="0.001", **both)
    )[0]
    cancel = [{"instId": BTC, "algoId": placed["algoId"]}]
    assert rows(venue.me.trade.cancel_algo_order(cancel))[0]["sCode"] == "0"
    assert rows(venue.me.trade.order_algos_list(ordType="oco")) == []
    assert refused(venue.me.trade.cancel_algo_order(cancel)) == "51400"


def stops_that_come_with_an_order(venue):
    stops = [{"attachAlgoClOrdId": "both1", "slTriggerPx": "55000", "slOrdPx": "-1", "tpTriggerPx": "62000", "tpOrdPx": "-1"}]
    order = venue.placed(px="61000", attachAlgoOrds=stops)
    assert rows(venue.me.trade.get_order(BTC, ordId=order))[0]["state"] == "filled"
    waiting = rows(venue.me.trade.order_algos_list(ordType="oco"))
    assert [row["algoClOrdId"] for row in waiting] == ["both1"] and Decimal(waiting[0]["sz"]) == Decimal("0.000999")
    assert rows(venue.me.trade.cancel_algo_order([{"instId": BTC, "algoId": waiting[0]["algoId"]}]))


def refusals(venue):
    cases = [
        ({"sz": "0.000001"}, "51020"),
        ({"sz": "10"}, "51008"),
        ({"px": "30000.01"}, "51150"),
        ({"px": "90000"}, "51137"),
        ({"instId": "NOPE-USDT"}, "51001"),
        ({"clOrdId": "a-b"}, "51000"),
        ({"tdMode": "cross"}, "51010"),
        ({"attachAlgoOrds": [{"callbackRatio": "0.05"}]}, "51000"),
    ]
    for change, code in cases:
        answer = venue.order(**change)
        assert refused(answer) == code, (change, answer)


def key_rights(venue):
    assert rows(venue.me.account.get_account_config())[0]["perm"] == "read_only,trade"
    risky = Client(venue.info["rest"], venue.accounts[-1])
    assert rows(risky.account.get_account_config())[0]["perm"] == "read_only,withdraw,trade"
    withdrawal = dict(ccy="BTC", amt="1", dest="4", toAddr="nowhere")
    assert refused(venue.me.funding.withdrawal(**withdrawal)) == "50120"
    assert refused(risky.funding.withdrawal(**withdrawal)) == "58207"
    assert refused(venue.me.funding.funds_transfer("BTC", "1", "18", "6")) == "50120"


def lost_answer(venue):
    """The venue took the order; the client saw a page."""
    venue.admin("faults", {"match": "/api/v5/trade/order", "kind": "html_502", "times": 1})
    try:
        venue.order(clOrdId="lost1")
        raise AssertionError("the answer was not lost")
    except json.JSONDecodeError:
        pass
    order = rows(venue.me.trade.get_order(BTC, clOrdId="lost1"))[0]
    assert order["state"] == "live"
    rows(venue.me.trade.cancel_order(BTC, clOrdId="lost1"))


def maintenance(venue):
    venue.admin("faults", {"match": "/api/v5/trade/order", "kind": "unavailable", "times": 1})
    assert refused(venue.order(clOrdId="down1")) == "50001"
    assert refused(venue.me.trade.get_order(BTC, clOrdId="down1")) == "51603"


async def heard(inbox, wanted):
    """The first message that fits."""
    while True:
        message = await asyncio.wait_for(inbox.get(), 20)
        if wanted(message):
            return message


def public_stream(venue):
    async def run():
        inbox = asyncio.Queue()
        stream = WsPublicAsync(url=venue.info["ws_public"])
        reading = await stream.start()
        args = [{"channel": "books", "instId": BTC}]
        await stream.subscribe(args, callback=lambda text: inbox.put_nowait(json.loads(text)))
        await heard(inbox, lambda message: message.get("event") == "subscribe")
        first = await heard(inbox, lambda message: message.get("action") == "snapshot")
        data = first["data"][0]
        assert data["prevSeqId"] == -1 and len(data["bids"]) >= 20 and isinstance(data["checksum"], int)
        venue.price("60100")
        update = await heard(inbox, lambda message: message.get("action") == "update")
        assert update["data"][0]["prevSeqId"] == data["seqId"]
        reading.cancel()
        await stream.stop()

    asyncio.run(run())
    venue.price("60000")


def private_stream(venue):
    async def run():
        inbox = asyncio.Queue()
        account = venue.accounts[0]
        stream = WsPrivateAsync(account["key"], account["passphrase"], account["secret"], venue.info["ws_private"])
        reading = await stream.start()
        args = [{"channel": "orders", "instType": "SPOT"}]
        await stream.subscribe(args, callback=lambda text: inbox.put_nowait(json.loads(text)))
        await heard(inbox, lambda message: message.get("event") == "login")
        await heard(inbox, lambda message: message.get("event") == "subscribe")
        order = await asyncio.to_thread(venue.placed, clOrdId="heard1")
        live = await heard(inbox, lambda message: "data" in message)
        assert (live["data"][0]["ordId"], live["data"][0]["state"]) == (order, "live")
        await stream.cancel_order([{"instId": BTC, "ordId": order}], id="1")
        gone = await heard(inbox, lambda message: "data" in message and message.get("op") is None)
        assert (gone["data"][0]["ordId"], gone["data"][0]["state"]) == (order, "canceled")
        reading.cancel()
        await stream.stop()

    asyncio.run(run())


CHECKS = [
    server_time,
    markets,
    unknown_market,
    ticker,
    book,
    candles,
    public_trades,
    balance,
    fee_rates,
    wrong_credentials,
    limit_order,
    client_id_is_free_again_once_closed,
    market_order,
    market_order_in_quote,
    amended_order,
    batches,
    stop_order,
    bracket_and_its_cancel,
    stops_that_come_with_an_order,
    refusals,
    key_rights,
    lost_answer,
    maintenance,
    public_stream,
    private_stream,
]


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        venue = Venue(pathlib.Path(folder))
        try:
            for check in CHECKS:
                try:
                    check(venue)
                    passed += 1
                    print(f"ok   {check.__name__}")
                except Exception:
                    failed += 1
                    print(f"FAIL {check.__name__}\n{traceback.format_exc()}")
        finally:
            venue.stop()
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
