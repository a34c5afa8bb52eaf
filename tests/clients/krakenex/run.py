#!/usr/bin/env python3
"""Drives the simulated Kraken with krakenex, a client written by others, pointed at it by base URL alone.

Starts `nija-sim` itself (NIJA_SIM_BIN overrides where it is) and prints `N passed, M failed, K skipped` last.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import traceback
import urllib.request
from decimal import Decimal

import krakenex

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("NIJA_SIM_BIN", str(ROOT / "target" / "debug" / "nija-sim"))
FIXTURES = pathlib.Path(os.environ.get("NIJA_FIXTURES", ROOT.parent / "shared" / "fixtures"))


class Skip(Exception):
    """What a check needs is not here."""


class Venue:
    """One running simulator and one client of it."""

    def __init__(self):
        # The limits have tests of their own; here a burst of calls is no mistake.
        command = [BINARY, "--json", "--seed", "7", "--accounts", "3", "--tier", "unlimited"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.info = json.loads(self.process.stdout.readline())
        self.client = self.connect(self.info["accounts"][0])
        self.admin("pause", {})

    def connect(self, account):
        client = krakenex.API(account["key"], account["secret"])
        client.uri = self.info["rest"]
        return client

    def admin(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.info['admin']}/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def public(self, method, **data):
        return self.result(self.client.query_public(method, data))

    def private(self, method, client=None, **data):
        return self.result(self.raw(method, client, **data))

    def raw(self, method, client=None, **data):
        # krakenex makes nonces of milliseconds: two calls must not fall into the same one.
        time.sleep(0.002)
        return (client or self.client).query_private(method, data)

    @staticmethod
    def result(answer):
        assert answer["error"] == [], answer
        return answer["result"]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def server_time(venue):
    assert abs(venue.public("Time")["unixtime"] - time.time()) < 5
    assert venue.public("SystemStatus")["status"] == "online"


def markets(venue):
    pairs = venue.public("AssetPairs", pair="XBTUSD,ETHUSD")
    assert set(pairs) == {"XXBTZUSD", "XETHZUSD"}
    btc = pairs["XXBTZUSD"]
    assert (btc["altname"], btc["wsname"], btc["base"], btc["quote"]) == ("XBTUSD", "XBT/USD", "XXBT", "ZUSD")
    assert btc["fees"][0] == [0, 0.4] and btc["fees_maker"][0] == [0, 0.25]
    assert Decimal(btc["ordermin"]) > 0 and Decimal(btc["tick_size"]) == Decimal("0.1")
    assert {"XXBT", "ZUSD"} <= set(venue.public("Assets"))


def unknown_pair(venue):
    assert venue.client.query_public("Ticker", {"pair": "NOPEUSD"})["error"] == ["EQuery:Unknown asset pair"]


def ticker(venue):
    row = venue.public("Ticker", pair="XBTUSD")["XXBTZUSD"]
    assert Decimal(row["b"][0]) < Decimal(row["a"][0])
    assert Decimal(row["l"][1]) <= Decimal(row["c"][0]) <= Decimal(row["h"][1])


def book(venue):
    depth = venue.public("Depth", pair="XBTUSD", count=5)["XXBTZUSD"]
    bids = [Decimal(level[0]) for level in depth["bids"]]
    asks = [Decimal(level[0]) for level in depth["asks"]]
    assert len(bids) == len(asks) == 5
    assert bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0]


def candles(venue):
    answer = venue.public("OHLC", pair="XBTUSD", interval=5)
    rows = answer["XXBTZUSD"]
    assert len(rows) == 720
    assert all(after[0] - before[0] == 300 for before, after in zip(rows, rows[1:]))
    assert all(Decimal(row[3]) <= Decimal(row[4]) <= Decimal(row[2]) for row in rows)
    since = venue.public("OHLC", pair="XBTUSD", interval=5, since=answer["last"])["XXBTZUSD"]
    assert 1 <= len(since) <= 3


def public_trades(venue):
    answer = venue.public("Trades", pair="XBTUSD")
    assert len(answer["XXBTZUSD"]) >= 1 and int(answer["last"]) > 10**18
    assert len(venue.public("Spread", pair="XBTUSD")["XXBTZUSD"]) >= 1


def balance(venue):
    rows = venue.private("Balance")
    assert Decimal(rows["ZUSD"]) == 100000 and Decimal(rows["XXBT"]) == 2
    assert Decimal(venue.private("BalanceEx")["ZUSD"]["hold_trade"]) == 0
    assert Decimal(venue.private("TradeBalance")["eb"]) > 100000


def wrong_secret(venue):
    account = dict(venue.info["accounts"][1])
    account["secret"] = venue.info["accounts"][2]["secret"]
    answer = venue.raw("Balance", venue.connect(account))
    assert answer["error"] == ["EAPI:Invalid signature"], answer


def validate_places_nothing(venue):
    order = dict(pair="XBTUSD", type="buy", ordertype="limit", price="30000", volume="0.001")
    answer = venue.private("AddOrder", validate="true", **order)
    assert answer["descr"]["order"] == "buy 0.00100000 XBTUSD @ limit 30000.0" and "txid" not in answer
    assert venue.private("OpenOrders")["open"] == {}


def limit_order(venue):
    order = dict(pair="XBTUSD", type="buy", ordertype="limit", price="30000", volume="0.001", cl_ord_id="nija-0001")
    txid = venue.private("AddOrder", **order)["txid"][0]
    opened = venue.private("OpenOrders", cl_ord_id="nija-0001")["open"]
    assert list(opened) == [txid] and opened[txid]["cl_ord_id"] == "nija-0001"
    queried = venue.private("QueryOrders", txid=txid)[txid]
    assert queried["status"] == "open" and Decimal(queried["vol_exec"]) == 0
    assert queried["descr"]["pair"] == "XBTUSD" and queried["descr"]["price"] == "30000.0"
    assert Decimal(venue.private("BalanceEx")["ZUSD"]["hold_trade"]) == Decimal("30.12")
    assert venue.raw("AddOrder", **order)["error"] == ["EOrder:Duplicate order"]
    assert venue.private("CancelOrder", txid=txid)["count"] == 1
    assert Decimal(venue.private("BalanceEx")["ZUSD"]["hold_trade"]) == 0
    closed = venue.private("ClosedOrders")["closed"]
    assert closed[txid]["status"] == "canceled" and closed[txid]["reason"] == "User requested"
    assert venue.raw("CancelOrder", txid=txid)["error"] == ["EOrder:Unknown order"]


def client_id_is_free_again_once_closed(venue):
    order = dict(pair="XBTUSD", type="buy", ordertype="limit", price="30000", volume="0.001", cl_ord_id="nija-0001")
    venue.private("AddOrder", **order)
    assert venue.private("CancelOrder", cl_ord_id="nija-0001")["count"] == 1
    assert venue.private("ClosedOrders", cl_ord_id="nija-0001")["count"] == 2


def market_order(venue):
    before = venue.private("Balance")
    order = dict(pair="XBTUSD", type="buy", ordertype="market", volume="0.001")
    txid = venue.private("AddOrder", **order)["txid"][0]
    done = venue.private("QueryOrders", txid=txid, trades="true")[txid]
    assert done["status"] == "closed" and Decimal(done["vol_exec"]) == Decimal("0.001")
    cost, fee = Decimal(done["cost"]), Decimal(done["fee"])
    assert abs(fee - cost * Decimal("0.004")) <= Decimal("0.00001")
    trades = venue.private("TradesHistory")
    assert trades["count"] == len(done["trades"]) == 1
    trade = venue.private("QueryTrades", txid=done["trades"][0])[done["trades"][0]]
    assert trade["ordertxid"] == txid and trade["pair"] == "XXBTZUSD" and trade["maker"] is False
    assert Decimal(trade["cost"]) == cost
    after = venue.private("Balance")
    assert Decimal(after["XXBT"]) - Decimal(before["XXBT"]) == Decimal("0.001")
    assert abs(Decimal(before["ZUSD"]) - Decimal(after["ZUSD"]) - cost - fee) <= Decimal("0.0001")
    assert Decimal(venue.private("TradeVolume", pair="XBTUSD")["volume"]) > 0


def market_order_in_quote(venue):
    order = dict(pair="XBTUSD", type="buy", ordertype="market", volume="100", oflags="viqc")
    txid = venue.private("AddOrder", **order)["txid"][0]
    done = venue.private("QueryOrders", txid=txid)[txid]
    assert done["status"] == "closed" and Decimal("99.9") < Decimal(done["cost"]) <= 100


def refusals(venue):
    order = dict(pair="XBTUSD", type="buy", ordertype="limit", price="30000", volume="0.001")
    cases = [
        ({"volume": "1000"}, "EOrder:Insufficient funds"),
        ({"volume": "0.00001"}, "EOrder:Order minimum not met"),
        ({"price": "30000.01"}, "EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals."),
        ({"pair": "NOPE"}, "EQuery:Unknown asset pair"),
        ({"stop_price": "1"}, "EGeneral:Invalid arguments:stop_price"),
        ({"volume": "NaN"}, "EGeneral:Invalid arguments:volume"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
    ]
    for change, error in cases:
        answer = venue.raw("AddOrder", **{**order, **change})
        assert answer["error"] == [error], (change, answer)


def cancel_all(venue):
    for price in ("30000", "30001"):
        venue.private("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", price=price, volume="0.001")
    assert venue.private("CancelAll")["count"] == 2
    assert venue.private("OpenOrders")["open"] == {}


def key_rights(venue):
    mine = venue.private("GetApiKeyInfo")["permissions"]
    assert "modify-trades" in mine and "withdraw-funds" not in mine
    assert venue.raw("Withdraw", asset="XBT", key="k", amount="1")["error"] == ["EGeneral:Permission denied"]
    risky = venue.connect(venue.info["accounts"][-1])
    assert "withdraw-funds" in venue.private("GetApiKeyInfo", risky)["permissions"]
    assert venue.raw("Withdraw", risky, asset="XBT", key="k", amount="1")["error"] == ["EFunding:Unknown withdraw key"]


def stream_token(venue):
    answer = venue.private("GetWebSocketsToken")
    assert len(answer["token"]) > 20 and answer["expires"] == 900


def lost_answer(venue):
    """The venue matched the order; the client saw a 502."""
    venue.admin("faults", {"match": "/0/private/AddOrder", "kind": "html_502", "times": 1})
    order = dict(pair="XBTUSD", type="buy", ordertype="limit", price="30000", volume="0.001", cl_ord_id="lost-1")
    try:
        venue.raw("AddOrder", **order)
        raise AssertionError("the answer was not lost")
    except Exception as error:
        assert "502" in str(error), error
    assert len(venue.private("OpenOrders", cl_ord_id="lost-1")["open"]) == 1
    assert venue.private("CancelAll")["count"] == 1


def recorded_requests_are_understood(venue):
    """What krakenex was recorded to send is what this krakenex sends: same paths, same parameters in the same order."""
    folder = FIXTURES / "clients" / "krakenex"
    if not folder.is_dir():
        raise Skip("fixtures missing")
    account = venue.admin("accounts", {"key": "DUMMY-KRAKEN-KEY"})
    client = venue.connect(account)
    checked = 0
    for file in sorted(folder.glob("*.json")):
        recorded = json.loads(file.read_text())
        answer = eval(recorded["code"], {"k": Quiet(client)})  # the fixtures are ours, and read-only
        expected = recorded["requests"][0]
        assert client.response.request.path_url.split("?")[0] == expected["path"], file.name
        sent = (client.response.request.body or "").split("&nonce=")[0]
        assert sent.split("nonce=")[0] == expected["body"].split("&nonce=")[0].split("nonce=")[0], file.name
        assert all("EAPI" not in e and "Unknown method" not in e for e in answer["error"]), (file.name, answer)
        checked += 1
    assert checked >= 15, checked


class Quiet:
    """krakenex with a pause before private calls, so that nonces differ."""

    def __init__(self, client):
        self.client = client

    def query_public(self, method, data=None):
        return self.client.query_public(method, data or {})

    def query_private(self, method, data=None):
        time.sleep(0.002)
        return self.client.query_private(method, data or {})


CHECKS = [
    server_time,
    markets,
    unknown_pair,
    ticker,
    book,
    candles,
    public_trades,
    balance,
    wrong_secret,
    validate_places_nothing,
    limit_order,
    client_id_is_free_again_once_closed,
    market_order,
    market_order_in_quote,
    refusals,
    cancel_all,
    key_rights,
    stream_token,
    lost_answer,
    recorded_requests_are_understood,
]


def main():
    venue = Venue()
    passed = failed = skipped = 0
    try:
        for check in CHECKS:
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
