#!/usr/bin/env python3
"""Drives the simulated Coinbase with coinbase-advanced-py, Coinbase's own client, pointed at it by base URL alone.

The client speaks TLS only, so the simulator gets a certificate made here. Starts `nija-sim` itself (NIJA_SIM_BIN overrides where
it is) and prints `N passed, M failed, K skipped` last.
"""

import base64
import datetime
import ipaddress
import json
import os
import pathlib
import queue
import re
import secrets
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from decimal import Decimal

from coinbase.rest import RESTClient
from coinbase.websocket import WSClient, WSUserClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from requests.exceptions import HTTPError

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("NIJA_SIM_BIN", str(ROOT / "target" / "debug" / "nija-sim"))
FIXTURES = pathlib.Path(os.environ.get("NIJA_FIXTURES", ROOT.parent / "shared" / "fixtures"))


class Skip(Exception):
    """What a check needs is not here."""


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


class Venue:
    """One running simulator and one client of it."""

    def __init__(self, folder):
        cert, key = certificate(folder)
        # Where the client's HTTP library looks for whom to trust.
        os.environ["REQUESTS_CA_BUNDLE"] = str(cert)
        # The limits have tests of their own; here a burst of calls is no mistake.
        command = [BINARY, "--venue", "coinbase", "--json", "--seed", "7", "--accounts", "3", "--tier", "unlimited"]
        self.process = subprocess.Popen(command + ["--tls", str(cert), str(key)], stdout=subprocess.PIPE, text=True)
        self.info = json.loads(self.process.stdout.readline())
        self.account = self.info["accounts"][0]
        self.client = self.connect(self.account)
        self.admin("pause", {})
        self.admin("price", {"symbol": "BTC-USD", "price": "60000"})

    def connect(self, account):
        base = self.info["rest"].removeprefix("https://")
        return RESTClient(api_key=account["key"], api_secret=account["secret"], base_url=base, timeout=20)

    def admin(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.info['admin']}/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def order(self, placed):
        """The order behind an answer that must be a success."""
        placed = placed.to_dict()
        assert placed["success"] is True, placed
        return placed["success_response"]["order_id"]

    def look(self, order):
        return self.client.get_order(order).to_dict()["order"]

    def refused(self, call, status):
        try:
            call()
        except HTTPError as error:
            assert error.response.status_code == status, error
            return error.response.text
        raise AssertionError(f"not refused with {status}")

    def hold(self):
        accounts = self.client.get_accounts(limit=250).to_dict()["accounts"]
        return next(Decimal(a["hold"]["value"]) for a in accounts if a["currency"] == "USD")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def server_time(venue):
    answer = venue.client.get_unix_time().to_dict()
    assert abs(int(answer["epoch_seconds"]) - time.time()) < 5 and int(answer["epoch_millis"]) > 10**12


def markets(venue):
    products = venue.client.get_products(product_type="SPOT").to_dict()["products"]
    assert {p["product_id"] for p in products} >= {"BTC-USD", "ETH-USD"}
    btc = venue.client.get_product("BTC-USD").to_dict()
    assert (btc["base_currency_id"], btc["quote_currency_id"], btc["status"]) == ("BTC", "USD", "online")
    assert Decimal(btc["price_increment"]) == Decimal("0.01") and Decimal(btc["base_min_size"]) > 0
    public = venue.client.get_public_products().to_dict()["products"]
    assert [p["product_id"] for p in public] == [p["product_id"] for p in products]


def unknown_product(venue):
    assert json.loads(venue.refused(lambda: venue.client.get_product("NOPE-USD"), 404))["error"] == "NOT_FOUND"


def book(venue):
    for read in (venue.client.get_product_book, venue.client.get_public_product_book):
        page = read("BTC-USD", limit=5).to_dict()["pricebook"]
        bids = [Decimal(level["price"]) for level in page["bids"]]
        asks = [Decimal(level["price"]) for level in page["asks"]]
        assert len(bids) == len(asks) == 5
        assert bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0]
    best = venue.client.get_best_bid_ask(product_ids=["BTC-USD", "ETH-USD"]).to_dict()["pricebooks"]
    assert [b["product_id"] for b in best] == ["BTC-USD", "ETH-USD"] and Decimal(best[0]["bids"][0]["price"]) == bids[0]


def candles(venue):
    end = int(time.time())
    ask = dict(start=str(end - 300 * 300), end=str(end), granularity="FIVE_MINUTE")
    rows = venue.client.get_candles("BTC-USD", **ask).to_dict()["candles"]
    starts = [int(row["start"]) for row in rows]
    assert 290 <= len(rows) <= 301 and all(a - b == 300 for a, b in zip(starts, starts[1:])), len(rows)
    assert all(Decimal(row["low"]) <= Decimal(row["close"]) <= Decimal(row["high"]) for row in rows)
    too_many = dict(ask, start=str(end - 351 * 300))
    assert "less than 350" in venue.refused(lambda: venue.client.get_candles("BTC-USD", **too_many), 400)
    assert len(venue.client.get_public_candles("BTC-USD", **ask).to_dict()["candles"]) == len(rows)


def public_trades(venue):
    answer = venue.client.get_market_trades("BTC-USD", limit=10).to_dict()
    assert answer["trades"] and Decimal(answer["best_bid"]) < Decimal(answer["best_ask"])


def balance(venue):
    accounts = {a["currency"]: a for a in venue.client.get_accounts(limit=250).to_dict()["accounts"]}
    assert Decimal(accounts["USD"]["available_balance"]["value"]) == 100000
    assert Decimal(accounts["BTC"]["available_balance"]["value"]) == 2
    one = venue.client.get_account(accounts["BTC"]["uuid"]).to_dict()["account"]
    assert one["currency"] == "BTC"
    page = venue.client.get_accounts(limit=2).to_dict()
    assert page["has_next"] and len(page["accounts"]) == 2
    rest = venue.client.get_accounts(limit=250, cursor=page["cursor"]).to_dict()
    assert not rest["has_next"] and len(rest["accounts"]) == 3


def fees(venue):
    tier = venue.client.get_transaction_summary().to_dict()["fee_tier"]
    assert (tier["maker_fee_rate"], tier["taker_fee_rate"]) == ("0.006", "0.012")


def limit_order(venue):
    client_id = "nija-0001"
    order = venue.order(venue.client.limit_order_gtc_buy(client_id, "BTC-USD", "0.001", "30000.00"))
    found = venue.look(order)
    assert (found["status"], found["client_order_id"], found["side"]) == ("OPEN", client_id, "BUY")
    assert found["order_configuration"]["limit_limit_gtc"]["limit_price"] == "30000"
    assert venue.hold() == Decimal("30.36")
    listed = venue.client.list_orders(order_status=["OPEN"], product_ids=["BTC-USD"]).to_dict()["orders"]
    assert [o["client_order_id"] for o in listed] == [client_id]
    # Coinbase has no look-up by client id: lists are searched.
    everything = venue.client.list_orders(product_ids=["BTC-USD"]).to_dict()["orders"]
    assert [o["order_id"] for o in everything if o["client_order_id"] == client_id] == [order]
    result = venue.client.cancel_orders([order]).to_dict()["results"]
    assert [(r["success"], r["order_id"]) for r in result] == [(True, order)]
    assert venue.look(order)["status"] == "CANCELLED" and venue.hold() == 0
    again = venue.client.cancel_orders([order]).to_dict()["results"][0]
    assert (again["success"], again["failure_reason"]) == (False, "UNKNOWN_CANCEL_ORDER")


def a_used_client_id_gives_back_the_first_order(venue):
    first = venue.client.limit_order_gtc_buy("nija-0002", "BTC-USD", "0.001", "30000")
    order = venue.order(first)
    venue.client.cancel_orders([order])
    # Cancelled or not, and whatever the new parameters are; the answer echoes those.
    second = venue.client.limit_order_gtc_buy("nija-0002", "BTC-USD", "0.005", "31000")
    assert venue.order(second) == order
    assert second.to_dict()["order_configuration"]["limit_limit_gtc"]["base_size"] == "0.005"
    assert venue.client.list_orders(order_status=["OPEN"]).to_dict()["orders"] == []


def market_order(venue):
    order = venue.order(venue.client.market_order_sell("nija-0003", "BTC-USD", base_size="0.001"))
    done = venue.look(order)
    assert (done["status"], done["filled_size"], done["order_type"]) == ("FILLED", "0.001", "MARKET")
    fills = venue.client.get_fills(order_ids=[order], limit=100).to_dict()["fills"]
    assert sum(Decimal(f["size"]) for f in fills) == Decimal("0.001")
    value = sum(Decimal(f["size"]) * Decimal(f["price"]) for f in fills)
    fee = sum(Decimal(f["commission"]) for f in fills)
    assert abs(fee - value * Decimal("0.012")) <= Decimal("0.000001") and Decimal(done["total_fees"]) == fee
    assert {f["liquidity_indicator"] for f in fills} == {"TAKER"}


def market_order_in_quote(venue):
    order = venue.order(venue.client.market_order_buy("nija-0004", "BTC-USD", quote_size="50"))
    done = venue.look(order)
    assert done["status"] == "FILLED" and done["size_in_quote"] and 0 < Decimal(done["filled_value"]) <= 50
    fill = venue.client.get_fills(order_ids=[order]).to_dict()["fills"][0]
    assert fill["size_in_quote"] and abs(Decimal(fill["size"]) - 50) < Decimal("0.01")


def other_forms(venue):
    client = venue.client
    immediate = venue.look(venue.order(client.limit_order_ioc_buy("nija-0005", "BTC-USD", "0.001", "30000")))
    assert (immediate["status"], immediate["filled_size"]) == ("CANCELLED", "0")
    end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    dated = venue.order(client.limit_order_gtd_buy("nija-0006", "BTC-USD", "0.001", "30000", end))
    assert venue.look(dated)["time_in_force"] == "GOOD_UNTIL_DATE_TIME"
    stop = venue.order(
        client.stop_limit_order_gtc_sell("nija-0007", "BTC-USD", "0.001", "50000", "55000", "STOP_DIRECTION_STOP_DOWN")
    )
    assert venue.look(stop)["trigger_status"] == "STOP_PENDING"
    post = client.limit_order_gtc_buy("nija-0008", "BTC-USD", "0.001", "70000", post_only=True).to_dict()
    assert post["error_response"]["error"] == "INVALID_LIMIT_PRICE_POST_ONLY", post
    assert all(r["success"] for r in client.cancel_orders([dated, stop]).to_dict()["results"])


def bracket(venue):
    """The stop of a bracket triggers, sells, and takes the limit order with it."""
    order = venue.order(venue.client.trigger_bracket_order_gtc_sell("nija-0009", "BTC-USD", "0.01", "70000", "55000"))
    resting = venue.look(order)
    assert (resting["status"], resting["order_type"]) == ("OPEN", "BRACKET")
    venue.admin("price", {"symbol": "BTC-USD", "price": "54000"})
    sold = venue.look(order)
    assert (sold["status"], sold["filled_size"], sold["trigger_status"]) == ("FILLED", "0.01", "STOP_TRIGGERED")
    assert {f["order_id"] for f in venue.client.get_fills(order_ids=[order]).to_dict()["fills"]} == {order}
    venue.admin("price", {"symbol": "BTC-USD", "price": "60000"})


def preview(venue):
    good = venue.client.preview_limit_order_gtc_buy("BTC-USD", "0.001", "30000.00").to_dict()
    assert good["errs"] == [] and Decimal(good["order_total"]) == Decimal("30.36")
    poor = venue.client.preview_limit_order_gtc_buy("BTC-USD", "9", "30000").to_dict()
    assert poor["errs"] == ["PREVIEW_INSUFFICIENT_FUND"]


def refusals(venue):
    client = venue.client
    cases = [
        (("BTC-USD", "9", "30000"), "INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND"),
        (("BTC-USD", "0.00001", "30000"), None, "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"),
        (("BTC-USD", "0.001", "30000.001"), "INVALID_PRICE_PRECISION", None),
        (("BTC-USD", "0.0000000001", "30000"), "INVALID_SIZE_PRECISION", None),
        (("NOPE-USD", "1", "1"), "INVALID_PRODUCT_ID", None),
    ]
    for terms, error, reason in cases:
        answer = client.limit_order_gtc_buy("", *terms).to_dict()
        assert answer["success"] is False, answer
        response = answer["error_response"]
        assert error in (None, response["error"]) and reason in (None, response["preview_failure_reason"]), answer
    unknown = lambda: client.create_order("x", "BTC-USD", "BUY", {"market_market_ioc": {"quote_size": "50", "stop": "1"}})
    assert "stop" in venue.refused(unknown, 400)
    assert "not found" in venue.refused(lambda: client.get_order("11111111-1111-4111-8111-111111111111"), 404)


def key_rights(venue):
    rights = venue.client.get_api_key_permissions().to_dict()
    assert (rights["can_view"], rights["can_trade"], rights["can_transfer"]) == (True, True, False)
    move = dict(value="1", currency="USD", source_portfolio_uuid="a", target_portfolio_uuid="b")
    assert '"error_details":"Missing required scopes"' in venue.refused(lambda: venue.client.move_portfolio_funds(**move), 403)
    risky = venue.connect(venue.info["accounts"][-1])
    assert risky.get_api_key_permissions().to_dict()["can_transfer"] is True
    venue.refused(lambda: risky.move_portfolio_funds(**move), 400)


def wrong_secret(venue):
    stranger = venue.connect(dict(venue.info["accounts"][1], secret=venue.info["accounts"][2]["secret"]))
    assert venue.refused(stranger.get_accounts, 401) == "Unauthorized\n"


def an_ed25519_key(venue):
    account = venue.admin("accounts", {"secret": base64.b64encode(secrets.token_bytes(32)).decode()})
    assert venue.connect(account).get_api_key_permissions().to_dict()["can_trade"] is True


def rate_limit_headers(venue):
    base = venue.info["rest"].removeprefix("https://")
    client = RESTClient(venue.account["key"], venue.account["secret"], base_url=base, rate_limit_headers=True)
    answer = client.get("/api/v3/brokerage/accounts")
    assert answer["x-ratelimit-limit"] == "30" and int(answer["x-ratelimit-remaining"]) <= 30


def lost_answer(venue):
    """The venue matched the order; the client saw a 502."""
    venue.admin("faults", {"match": "/api/v3/brokerage/orders", "kind": "html_502", "times": 1})
    venue.refused(lambda: venue.client.limit_order_gtc_buy("lost-1", "BTC-USD", "0.001", "30000"), 502)
    listed = venue.client.list_orders(order_status=["OPEN"]).to_dict()["orders"]
    assert [o["client_order_id"] for o in listed] == ["lost-1"]
    assert venue.client.cancel_orders([listed[0]["order_id"]]).to_dict()["results"][0]["success"]


def wait_for(messages, wanted, seconds=20):
    end = time.monotonic() + seconds
    while True:
        message = json.loads(messages.get(timeout=max(end - time.monotonic(), 0.1)))
        if wanted(message):
            return message


def market_stream(venue):
    messages = queue.Queue()
    client = WSClient(base_url=venue.info["ws_public"], on_message=messages.put)
    client.open()
    client.subscribe(["BTC-USD", "ETH-USD"], ["heartbeats", "level2", "ticker"])
    snapshot = wait_for(messages, lambda m: m["channel"] == "l2_data")["events"][0]
    assert snapshot["type"] == "snapshot" and {u["side"] for u in snapshot["updates"]} == {"bid", "offer"}
    wait_for(messages, lambda m: m["channel"] == "ticker")
    wait_for(messages, lambda m: m["channel"] == "heartbeats")
    venue.admin("price", {"symbol": "BTC-USD", "price": "60100"})
    updates = {}
    while set(updates) < {"ticker", "l2_data"}:
        message = wait_for(messages, lambda m: m["channel"] in ("ticker", "l2_data") and m["events"][0]["type"] == "update")
        updates[message["channel"]] = message
    assert updates["l2_data"]["sequence_num"] != updates["ticker"]["sequence_num"]
    assert updates["ticker"]["events"][0]["tickers"][0]["price"] == "60100"
    client.unsubscribe(["BTC-USD"], ["level2"])
    left = wait_for(messages, lambda m: m["channel"] == "subscriptions" and "BTC-USD" not in m["events"][0]["subscriptions"].get("level2", []))
    assert left["events"][0]["subscriptions"]["level2"] == ["ETH-USD"]
    client.close()
    venue.admin("price", {"symbol": "BTC-USD", "price": "60000"})


def user_stream(venue):
    messages = queue.Queue()
    key, secret = venue.account["key"], venue.account["secret"]
    client = WSUserClient(api_key=key, api_secret=secret, base_url=venue.info["ws_private"], on_message=messages.put)
    client.open()
    client.subscribe([], ["user", "heartbeats"])
    wait_for(messages, lambda m: m["channel"] == "user" and m["events"][0]["type"] == "snapshot")
    order = venue.order(venue.client.market_order_buy("nija-0010", "BTC-USD", base_size="0.001"))
    done = lambda m: m["channel"] == "user" and any(o["status"] == "FILLED" for o in m["events"][0]["orders"])
    told = wait_for(messages, done)["events"][0]["orders"][0]
    assert (told["order_id"], told["cumulative_quantity"], told["client_order_id"]) == (order, "0.001", "nija-0010")
    client.close()


def recorded_requests_are_understood(venue):
    """What the client was recorded to send is what this one sends: same method, target and body."""
    folder = FIXTURES / "clients" / "coinbase-advanced-py"
    if not folder.is_dir():
        raise Skip("fixtures missing")
    client = venue.connect(venue.account)
    sent = []
    client.session.hooks["response"].append(lambda response, *_, **__: sent.append(response))
    checked = 0
    for file in sorted(folder.glob("*.json")):
        recorded = json.loads(file.read_text())
        if file.stem.startswith(("error_", "ws_", "tls_")):
            continue
        code = re.sub(r"'1111(\.\.\.)?'", "'11111111-1111-4111-8111-111111111111'", recorded["code"])
        sent.clear()
        try:
            eval(code, {"c": client})  # the fixtures are ours, and read-only
        except HTTPError as error:
            # The recorded ids are of nobody here.
            assert error.response.status_code in (400, 404), (file.name, error)
        expected, request = recorded["requests"][0], sent[-1].request
        body = (request.body or b"").decode() if isinstance(request.body, bytes) else request.body
        if file.stem == "create_limit_empty_client_id":
            body = re.sub(r'"client_order_id": "[^"]*"', '"client_order_id": "00000000000040008000000000000001"', body)
        assert (request.method, request.path_url, body) == (expected["method"], expected["target"], expected["body"]), file.name
        checked += 1
    assert checked >= 25, checked


CHECKS = [
    server_time,
    markets,
    unknown_product,
    book,
    candles,
    public_trades,
    balance,
    fees,
    limit_order,
    a_used_client_id_gives_back_the_first_order,
    market_order,
    market_order_in_quote,
    other_forms,
    bracket,
    preview,
    refusals,
    key_rights,
    wrong_secret,
    an_ed25519_key,
    rate_limit_headers,
    lost_answer,
    market_stream,
    user_stream,
    recorded_requests_are_understood,
]


def main():
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as folder:
        venue = Venue(pathlib.Path(folder))
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
