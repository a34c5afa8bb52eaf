"""What only the engine in this process has."""

import asyncio

import nija
import pytest


def test_positions_survive_a_restart(tmp_path):
    with nija.open(tmp_path / "data") as platform:
        order = platform.place_order("BTC-USD", "buy", 25, wait=10)
        assert order.filled > 0
        (before,) = platform.positions()
    with nija.open(tmp_path / "data") as platform:
        (after,) = platform.positions()
        assert (after.id, after.quantity, after.entry_price) == (before.id, before.quantity, before.entry_price)
        assert platform.order(order.id).state == order.state


def test_a_folder_is_used_by_one_platform_at_a_time(tmp_path):
    with nija.open(tmp_path / "data"):
        with pytest.raises(nija.NijaError):
            nija.open(tmp_path / "data")


def test_an_unknown_venue_is_named(tmp_path):
    with pytest.raises(nija.NijaError, match="nasdaq"):
        nija.open(tmp_path / "data", venues=["nasdaq"])


def test_nothing_is_taken_up_after_the_end(tmp_path):
    with nija.open(tmp_path / "data") as platform:
        pass
    with pytest.raises(nija.NijaError) as over:
        platform.place_order("BTC-USD", "buy", 20)
    assert over.value.code == "draining"
    platform.close()


def test_it_can_be_left_by_await(tmp_path):
    async def trade():
        async with nija.open(tmp_path / "data").aio as platform:
            return await platform.place_order("BTC-USD", "buy", 20, wait=10)

    assert asyncio.run(trade()).filled > 0
    nija.open(tmp_path / "data").close()


def test_the_paper_venue_takes_no_key(tmp_path):
    with nija.open(tmp_path / "data") as platform:
        with pytest.raises(nija.NijaError) as refused:
            platform.connect_exchange("paper", "key", "secret")
        assert "paper" in str(refused.value) and "secret" not in str(refused.value)


def test_a_key_that_is_not_there_is_not_found(tmp_path):
    with nija.open(tmp_path / "data") as platform:
        for end in (platform.disconnect_exchange, platform.destroy_key):
            for id in ("no id at all", "00000000-0000-7000-8000-000000000001"):
                with pytest.raises(nija.NotFound):
                    end(id)
