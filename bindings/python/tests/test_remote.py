"""What only a server has."""

import nija
import pytest


def test_a_wrong_password_is_told_apart(server, login):
    with pytest.raises(nija.NotSignedIn):
        nija.connect(server, email=login["email"], password="not the password")


def test_a_server_that_is_not_there():
    with pytest.raises(nija.ServerUnreachable):
        nija.connect("http://127.0.0.1:9", token="x")


def test_either_token_or_password(server):
    with pytest.raises(nija.InvalidRequest):
        nija.connect(server)


def test_a_key_that_may_withdraw_is_refused_at_the_door(server, login, venue):
    (key,) = [account for account in venue["accounts"] if account["may_withdraw"]][:1]
    with nija.connect(server, **login) as platform:
        with pytest.raises(nija.NijaError) as refused:
            platform.connect_exchange("kraken", key["key"], key["secret"])
        assert refused.value.code == "key_can_withdraw"


def test_an_access_token_is_enough(server, login, post):
    token = post("/v1/auth/login", login)["access_token"]
    with nija.connect(server, token=token) as platform:
        assert platform.positions() == []
    with pytest.raises(nija.NotSignedIn):
        nija.connect(server, token="not a token")


def test_a_session_that_was_left_is_over(server, login):
    with nija.connect(server, **login) as platform:
        assert platform.overview().equity == 0
    with pytest.raises(nija.NotSignedIn):
        platform.overview()


def test_users_do_not_see_each_other(server, remote, sign_up):
    order = remote.place_order("BTC-USD", "buy", 20, wait=10)
    with nija.connect(server, **sign_up()) as other:
        assert other.positions() == []
        with pytest.raises(nija.NotFound):
            other.order(order.id)


def test_a_key_is_disconnected_and_destroyed(server, login, keys):
    key = next(keys)
    with nija.connect(server, **login) as platform:
        stored = platform.connect_exchange("kraken", key["key"], key["secret"])
        platform.disconnect_exchange(stored["id"])
        with pytest.raises(nija.NijaError) as refused:
            platform.destroy_key(stored["id"], password="not the password")
        assert refused.value.code == "confirmation_needed"
        platform.destroy_key(stored["id"], password=login["password"])
        with pytest.raises(nija.NotFound):
            platform.disconnect_exchange("00000000-0000-7000-8000-000000000001")
