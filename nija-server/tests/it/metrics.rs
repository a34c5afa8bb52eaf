//! What Prometheus reads. Servers of one process share one recorder, so counts are compared with those before.

use serde_json::json;

use crate::support::{Host, buy, eventually};

struct Scrape(String);

impl Scrape {
    async fn of(host: &Host) -> Self {
        Self(host.anyone().get("/metrics").await.text)
    }

    /// The sum over all series of this name that carry the label.
    fn sum(&self, name: &str, label: &str) -> f64 {
        let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let lines = self.0.lines().filter(of_name).filter(|line| line.contains(label));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    fn has(&self, name: &str, label: &str) -> bool {
        self.0.lines().any(|line| line.starts_with(&format!("{name}{{")) && line.contains(label))
    }
}

#[tokio::test]
async fn orders_leave_their_routes_sendings_costs_and_refusals() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let before = Scrape::of(&host).await;
    let order = ada.place(&buy("50")).await.ok();
    let venue = format!("venue=\"{}\"", order["venue"].as_str().unwrap());
    ada.act("/v1/bot/pause").await.ok();
    ada.place(&buy("50")).await.problem(422, "risk_refused");
    let after = Scrape::of(&host).await;
    let grew = |name: &str, label: &str| after.sum(name, label) - before.sum(name, label);
    for name in ["nija_trades_routed_total", "nija_executions_total", "nija_executions_success_total"] {
        assert!(grew(name, &venue) >= 1.0, "{name}: {}", after.0);
    }
    for name in ["nija_slippage_bps_count", "nija_fee_bps_count", "nija_fees_quote_count"] {
        assert!(grew(name, &venue) >= 1.0, "{name}: {}", after.0);
    }
    assert!(grew("nija_fees_quote_sum", &venue) > 0.0);
    assert!(grew("nija_routing_latency_seconds_count", "") >= 1.0);
    assert!(grew("nija_order_refusals_total", "reason=\"trading_paused\"") >= 1.0);
    for name in [
        "nija_executor_queue_depth",
        "nija_breaker_state",
        "nija_venue_up",
        "nija_orders_in_doubt",
        "nija_order_alarms",
    ] {
        for venue in ["kraken", "kraken-b"] {
            assert!(after.has(name, &format!("venue=\"{venue}\"")), "{name} of {venue}: {}", after.0);
        }
    }
    for name in
        ["nija_trades_routed_total", "nija_slippage_bps", "nija_order_refusals_total", "nija_orders_in_doubt"]
    {
        assert!(after.0.contains(&format!("# HELP {name} ")), "{name} is not described");
    }
}

#[tokio::test]
async fn orders_at_a_venue_that_is_not_configured_any_more_are_a_gauge() {
    let mut host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let order = json!({
        "symbol": "BTC-USD", "side": "buy", "size": "50", "order_type": "limit", "limit_price": "58000", "venue": "kraken-b",
    });
    let order = ada.place(&order).await.ok();
    let order = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    eventually("the order rests", || async {
        (ada.get(&order).await.ok()["state"] == "working").then_some(())
    })
    .await;
    let lost = "nija_lost_venue_orders";
    assert!(!Scrape::of(&host).await.has(lost, ""));
    host.config.venues.pop();
    host.restart().await;
    let scrape = Scrape::of(&host).await;
    assert_eq!(scrape.sum(lost, "venue=\"kraken-b\""), 1.0, "{}", scrape.0);
    assert!(scrape.0.contains(&format!("# HELP {lost} ")));
}

#[tokio::test]
async fn routing_decisions_come_with_the_venues_rolling_figures() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let order = ada.place(&buy("50")).await.ok();
    let routes = ada.get("/v1/routing/decisions").await.ok();
    assert_eq!(routes["items"][0]["order_id"], order["id"]);
    assert_eq!(routes["items"][0]["candidates"].as_array().unwrap().len(), 2);
    let stats = routes["stats"].as_array().unwrap();
    assert_eq!(stats.len(), 2);
    let of = |venue: &serde_json::Value| stats.iter().find(|it| it["venue"] == *venue).unwrap();
    let used = of(&order["venue"]);
    assert_eq!((&used["routes"], &used["sent"], &used["success_rate"]), (&1.into(), &1.into(), &"1".into()));
    assert!(used["latency_ms"].is_string() && used["slippage_bps"].is_string(), "{used}");
    assert!(used["fee_bps"].as_str().unwrap().parse::<f64>().unwrap() > 0.0, "{used}");
    let unused = stats.iter().find(|it| it["venue"] != order["venue"]).unwrap();
    assert_eq!((&unused["routes"], &unused["success_rate"]), (&0.into(), &serde_json::Value::Null));
}

#[tokio::test]
async fn whoever_comes_through_a_proxy_on_this_machine_is_not_on_this_machine() {
    let host = Host::start().await;
    host.anyone().get("/metrics").await.ok();
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "via"] {
        let request = host.anyone().request(reqwest::Method::GET, "/metrics").header(name, "203.0.113.9");
        crate::api::answer(request).await.problem(403, "forbidden");
    }
}
