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
