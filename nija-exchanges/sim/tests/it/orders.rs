//! Orders over the wire: client ids, refusals, flags, deadlines, history.

use crate::support::{Client, dec, quiet};
use nija_sim::VenueKind;
use serde_json::json;

const RESTING: [(&str, &str); 3] = [("ordertype", "limit"), ("price", "30000"), ("volume", "0.001")];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<(&str, &str)> = vec![("pair", "XBTUSD"), ("type", "buy")];
    for (name, value) in RESTING.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)) {
        all.push((name, value));
    }
    all.extend(more);
    all
}

#[tokio::test]
async fn a_client_id_is_unique_among_open_orders_only() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let (one, two) = (Client::new(venue, 0), Client::new(venue, 1));
    let form = with(&[("cl_ord_id", "nija-1")]);
    let first = one.call("AddOrder", &form).await["txid"][0].as_str().unwrap().to_owned();
    assert_eq!(one.error("AddOrder", &form).await, "EOrder:Duplicate order");
    two.call("AddOrder", &form).await;
    assert_eq!(one.call("CancelOrder", &[("cl_ord_id", "nija-1")]).await["count"], 1);
    let second = one.call("AddOrder", &form).await["txid"][0].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let open = one.call("OpenOrders", &[("cl_ord_id", "nija-1")]).await;
    assert_eq!(open["open"].as_object().unwrap().keys().collect::<Vec<_>>(), [&second]);
    let closed = one.call("ClosedOrders", &[("cl_ord_id", "nija-1")]).await;
    assert_eq!(closed["closed"].as_object().unwrap().keys().collect::<Vec<_>>(), [&first]);
    assert_eq!(one.call("OpenOrders", &[("cl_ord_id", "other")]).await["open"], json!({}));
    sim.shutdown().await;
}

#[tokio::test]
async fn client_ids_have_krakens_formats() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    for good in
        ["d15708c1-dbb6-465d-b77d-47258319cc90", "d15708c1dbb6465db77d47258319cc90", "eighteen-chars-max"]
    {
        client.call("AddOrder", &with(&[("cl_ord_id", good)])).await;
    }
    for bad in ["nineteen-characters", "with space", "d15708c1-dbb6-465d-b77d-47258319cc9z"] {
        let error = client.error("AddOrder", &with(&[("cl_ord_id", bad)])).await;
        assert_eq!(error, "EGeneral:Invalid arguments:cl_ord_id", "{bad}");
    }
    let both = with(&[("cl_ord_id", "a"), ("userref", "1")]);
    assert_eq!(client.error("AddOrder", &both).await, "EGeneral:Invalid arguments:userref");
    sim.shutdown().await;
}

#[tokio::test]
async fn refusals_speak_krakens_words_and_change_nothing() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("volume", "100")], "EOrder:Insufficient funds"),
        (&[("volume", "0.00004")], "EOrder:Order minimum not met"),
        (&[("volume", "0.00005"), ("price", "100")], "EOrder:Cost minimum not met"),
        (&[("volume", "0.000000001")], "EGeneral:Invalid arguments:volume"),
        (&[("volume", "-1")], "EGeneral:Invalid arguments:volume"),
        (&[("volume", "1e400")], "EGeneral:Invalid arguments:volume"),
        (&[("price", "NaN")], "EGeneral:Invalid arguments:price"),
        (&[("price", "0")], "EGeneral:Invalid arguments:price"),
        (
            &[("price", "30000.05")],
            "EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals.",
        ),
        (&[("price", "60100"), ("oflags", "post")], "EOrder:Post only order"),
        (&[("oflags", "viqc")], "EGeneral:Invalid arguments:oflags"),
        (&[("oflags", "sparkling")], "EGeneral:Invalid arguments:oflags"),
        (&[("leverage", "2:1")], "EOrder:Margin allowance exceeded"),
        (&[("timeinforce", "DAY")], "EGeneral:Invalid arguments:timeinforce"),
        (&[("timeinforce", "GTD")], "EGeneral:Invalid arguments:expiretm"),
        (&[("expiretm", "1000")], "EGeneral:Invalid arguments:expiretm"),
        (&[("ordertype", "trailing-stop")], "EGeneral:Invalid arguments:ordertype"),
        (&[("stop_loss", "29000")], "EGeneral:Invalid arguments:stop_loss"),
        (&[("close[ordertype]", "stop-loss")], "EGeneral:Invalid arguments:close[ordertype]"),
        (&[("deadline", "2020-01-01T00:00:00Z")], "EService:Deadline elapsed"),
        (&[("deadline", "2999-01-01T00:00:00Z")], "EGeneral:Invalid arguments:deadline"),
    ];
    for (change, error) in cases {
        assert_eq!(client.error("AddOrder", &with(change)).await, *error, "{change:?}");
    }
    let missing =
        client.error("AddOrder", &[("pair", "XBTUSD"), ("type", "buy"), ("ordertype", "market")]).await;
    assert_eq!(missing, "EGeneral:Invalid arguments:volume");
    assert!(venue.orders(&client.account.key).is_empty());
    assert!(venue.balances(&client.account.key).values().all(|balance| balance.held.is_zero()));
    sim.shutdown().await;
}

#[tokio::test]
async fn a_lenient_venue_ignores_unknown_fields() {
    let sim = nija_sim::Sim::builder().accounts(1).lenient(true).paused(true).start().await.unwrap();
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    client.call("AddOrder", &with(&[("colour", "blue")])).await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_market_order_pays_the_taker_fee_and_the_books_agree() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let key = &client.account.key;
    let supply = (venue.total_supply("USD"), venue.total_supply("BTC"));
    let id = client.order("buy", &[("ordertype", "market"), ("volume", "0.5"), ("cl_ord_id", "big")]).await;
    let (orders, trades, balances) = (venue.orders(key), venue.trades(key), venue.balances(key));
    assert_eq!((orders.len(), orders[0].id.as_str(), orders[0].status.as_str()), (1, id.as_str(), "filled"));
    assert!(trades.len() > 1, "half a bitcoin walks the book: {trades:?}");
    let (cost, fee) =
        trades.iter().fold((dec("0"), dec("0")), |(c, f), trade| (c + trade.cost, f + trade.fee));
    assert_eq!(trades.iter().map(|trade| trade.qty).sum::<rust_decimal::Decimal>(), dec("0.5"));
    assert_eq!(balances["BTC"].total, dec("2.5"));
    assert_eq!(balances["USD"].total, dec("100000") - cost - fee);
    assert!(trades.iter().all(|trade| !trade.maker && trade.client_id.as_deref() == Some("big")));
    assert!((fee / cost - dec("0.004")).abs() < dec("0.0005"));
    assert_eq!((venue.total_supply("USD"), venue.total_supply("BTC")), supply);

    let history = client.call("TradesHistory", &[]).await;
    assert_eq!(history["count"], trades.len());
    assert!(trades.iter().all(|trade| history["trades"][&trade.id]["ordertxid"] == id.as_str()));
    let queried = client.call("QueryOrders", &[("txid", &id), ("trades", "true")]).await;
    assert_eq!(queried[&id]["trades"].as_array().unwrap().len(), trades.len());
    let last = &trades.last().unwrap().id;
    let later = client.call("TradesHistory", &[("start", last)]).await;
    assert_eq!(later["count"], 0, "start is exclusive");
    sim.shutdown().await;
}

#[tokio::test]
async fn users_trade_with_each_other_and_the_resting_one_is_maker() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let (maker, taker) = (Client::new(venue, 0), Client::new(venue, 1));
    let (bid, _) = venue.best("BTC-USD").unwrap();
    let inside = (bid + dec("0.1")).to_string();
    maker
        .order("buy", &[("ordertype", "limit"), ("price", &inside), ("volume", "0.01"), ("oflags", "post")])
        .await;
    taker
        .order(
            "sell",
            &[("ordertype", "limit"), ("price", &inside), ("volume", "0.01"), ("timeinforce", "IOC")],
        )
        .await;
    let (made, took) = (venue.trades(&maker.account.key), venue.trades(&taker.account.key));
    assert!(made[0].maker && !took[0].maker);
    assert_eq!((made[0].price, took[0].price), (dec(&inside), dec(&inside)));
    assert_eq!((made[0].fee * dec("4") / made[0].cost).round_dp(4), dec("0.01"), "0.25 %");
    sim.shutdown().await;
}

#[tokio::test]
async fn volume_in_quote_spends_what_it_says() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    let id = client.order("buy", &[("ordertype", "market"), ("volume", "1000"), ("oflags", "viqc")]).await;
    let order = &client.call("QueryOrders", &[("txid", &id)]).await[&id];
    let (cost, got) = (dec(order["cost"].as_str().unwrap()), dec(order["vol_exec"].as_str().unwrap()));
    assert!(cost <= dec("1000") && cost > dec("999.99"), "{cost}");
    assert!(got > dec("0.0166") && got < dec("0.0167"), "{got}");
    assert_eq!(order["status"], "closed");
    sim.shutdown().await;
}

#[tokio::test]
async fn an_immediate_order_never_rests() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    let id = client
        .order(
            "buy",
            &[("ordertype", "limit"), ("price", "30000"), ("volume", "0.01"), ("timeinforce", "IOC")],
        )
        .await;
    let order = &client.call("QueryOrders", &[("txid", &id)]).await[&id];
    assert_eq!(
        (order["status"].as_str(), order["vol_exec"].as_str()),
        (Some("canceled"), Some("0.00000000"))
    );
    sim.shutdown().await;
}

#[tokio::test]
async fn a_resting_order_fills_when_the_price_comes_to_it() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let id = client.order("buy", &[("ordertype", "limit"), ("price", "59000"), ("volume", "0.01")]).await;
    assert!(venue.set_price("BTC-USD", dec("58900")));
    let order = &client.call("QueryOrders", &[("txid", &id)]).await[&id];
    assert_eq!((order["status"].as_str(), order["price"].as_str()), (Some("closed"), Some("59000.00000")));
    assert!(venue.trades(&client.account.key).iter().all(|trade| trade.maker));
    sim.shutdown().await;
}

#[tokio::test]
async fn a_stop_loss_waits_for_its_trigger() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let id = client.order("sell", &[("ordertype", "stop-loss"), ("price", "58000"), ("volume", "0.1")]).await;
    assert_eq!(
        client.call("OpenOrders", &[]).await["open"][&id]["descr"]["order"],
        "sell 0.10000000 XBTUSD @ stop loss 58000.0"
    );
    assert_eq!(venue.balances(&client.account.key)["BTC"].held, dec("0.1"));
    venue.set_price("BTC-USD", dec("57950"));
    assert_eq!(client.call("QueryOrders", &[("txid", &id)]).await[&id]["status"], "closed");
    assert_eq!(venue.balances(&client.account.key)["BTC"].held, dec("0"));
    sim.shutdown().await;
}

#[tokio::test]
async fn orders_of_others_are_unknown() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let (one, two) = (Client::new(venue, 0), Client::new(venue, 1));
    let id = one.order("buy", &RESTING).await;
    assert_eq!(two.error("CancelOrder", &[("txid", &id)]).await, "EOrder:Unknown order");
    assert_eq!(two.error("QueryOrders", &[("txid", &id)]).await, "EOrder:Unknown order");
    assert_eq!(two.error("QueryOrders", &[("txid", "OQCLML-BW3P3-BUCMWZ")]).await, "EOrder:Unknown order");
    assert_eq!(two.error("QueryOrders", &[("txid", "garbage")]).await, "EOrder:Invalid order");
    sim.shutdown().await;
}

#[tokio::test]
async fn closed_orders_come_in_pages() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    for _ in 0..60 {
        client.order("buy", &RESTING).await;
    }
    assert_eq!(client.call("CancelAll", &[]).await["count"], 60);
    let first = client.call("ClosedOrders", &[]).await;
    let second = client.call("ClosedOrders", &[("ofs", "50")]).await;
    assert_eq!(first["count"], 60);
    assert_eq!(first["closed"].as_object().unwrap().len(), 50);
    assert_eq!(second["closed"].as_object().unwrap().len(), 10);
    sim.shutdown().await;
}

#[tokio::test]
async fn a_relative_price_counts_from_the_last_one() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    for (price, absolute) in [("-1.5%", "59100.0"), ("-100", "59900.0"), ("#2%", "58800.0")] {
        let id = client.order("buy", &[("ordertype", "limit"), ("price", price), ("volume", "0.001")]).await;
        assert_eq!(client.call("OpenOrders", &[]).await["open"][&id]["descr"]["price"], absolute, "{price}");
    }
    sim.shutdown().await;
}
