"""Both ways in, so that every test of the interface runs against each: the engine in this process, and a real server
that trades at a simulated Kraken. Every test is a user of its own."""

import itertools
import json
import os
import pathlib
import secrets
import subprocess
import urllib.request

import nija
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("NIJA_BIN", str(TARGET / "debug/nija"))


class Process:
    """A `nija` command that says one line of JSON when it is ready."""

    def __init__(self, folder, *arguments, **environment):
        self.log = folder / f"{arguments[0]}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [BINARY, *arguments], stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | environment
            )
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.ready = json.loads(line)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0, self.log.read_text()


@pytest.fixture(scope="session")
def venue(tmp_path_factory):
    sim = Process(tmp_path_factory.mktemp("sim"), "sim", "--venue", "kraken", "--accounts", "40", "--json")
    yield sim.ready
    sim.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory, venue):
    folder = tmp_path_factory.mktemp("server")
    address = f"kraken={venue['rest']},{venue['ws_public']},{venue['ws_private']}"
    arguments = ("serve", "--json", "--no-paper", "--listen", "127.0.0.1:0", "--data-dir", str(folder), "--venue", address)
    server = Process(folder, *arguments, NIJA_LIMITS_AUTH_PER_MINUTE="1000")
    yield server.ready["url"]
    server.stop()


@pytest.fixture(scope="session")
def keys(venue):
    return itertools.chain(account for account in venue["accounts"] if not account["may_withdraw"])


@pytest.fixture
def post(server):
    """Posts JSON to a path of the API and reads the answer."""

    def post(path, body):
        request = urllib.request.Request(f"{server}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    return post


@pytest.fixture
def sign_up(post):
    """Makes new users: their emails and passwords."""

    def sign_up():
        body = {"email": f"{secrets.token_hex(8)}@example.org", "password": secrets.token_urlsafe(18)}
        assert post("/v1/auth/signup", body)["access_token"]
        return body

    return sign_up


@pytest.fixture
def login(sign_up):
    """A new user's email and password."""
    return sign_up()


@pytest.fixture
def remote(server, login, keys):
    key = next(keys)
    with nija.connect(server, **login) as platform:
        stored = platform.connect_exchange("kraken", key["key"], key["secret"])
        assert stored["venue"] == "kraken" and key["secret"] not in json.dumps(stored)
        yield platform


@pytest.fixture
def embedded(tmp_path):
    with nija.open(tmp_path / "data", venues=["paper"]) as platform:
        yield platform


@pytest.fixture(params=["embedded", "remote"])
def platform(request):
    return request.getfixturevalue(request.param)
