//! Every fault on request: what the client sees, and what really happened.

use crate::support::{Client, dec, quiet};
use nija_sim::{Fault, FaultKind, RandomFaults, VenueHandle, VenueKind};
use std::time::Duration;

const ADD: &str = "/0/private/AddOrder";
const FORM: [(&str, &str); 6] = [
    ("pair", "XBTUSD"),
    ("type", "buy"),
    ("ordertype", "limit"),
    ("price", "30000"),
    ("volume", "0.001"),
    ("cl_ord_id", "fault"),
];

fn placed(venue: &VenueHandle, client: &Client) -> usize {
    venue.orders(&client.account.key).len()
}

#[tokio::test]
async fn an_order_may_be_matched_though_its_answer_never_comes() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    venue.fault(Fault::new(FaultKind::AcceptThenTimeout).on(ADD).ms(300));
    assert!(client.send("AddOrder", &FORM).await.is_err());
    assert_eq!(placed(venue, &client), 1);
    assert_eq!(
        client.call("OpenOrders", &[("cl_ord_id", "fault")]).await["open"].as_object().unwrap().len(),
        1
    );
    sim.shutdown().await;
}

#[tokio::test]
async fn a_cut_connection_says_nothing_of_what_happened() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    venue.fault(Fault::new(FaultKind::DropBefore).on(ADD));
    assert!(client.send("AddOrder", &FORM).await.is_err());
    assert_eq!(placed(venue, &client), 0);
    venue.fault(Fault::new(FaultKind::DropAfter).on(ADD));
    assert!(client.send("AddOrder", &FORM).await.is_err());
    assert_eq!(placed(venue, &client), 1);
    sim.shutdown().await;
}

#[tokio::test]
async fn server_errors_come_with_or_without_an_order() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    venue.fault(Fault::new(FaultKind::Http5xx).on(ADD).status(504));
    assert_eq!(client.send("AddOrder", &FORM).await.unwrap().status(), 504);
    assert_eq!(placed(venue, &client), 0);
    venue.fault(Fault::new(FaultKind::Html502).on(ADD));
    let answer = client.send("AddOrder", &FORM).await.unwrap();
    assert_eq!(answer.status(), 502);
    assert!(answer.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(placed(venue, &client), 1);
    client.call("CancelAll", &[]).await;
    venue.fault(Fault::new(FaultKind::Html502).on(ADD).processed(false));
    client.send("AddOrder", &FORM).await.unwrap();
    assert_eq!(placed(venue, &client), 1);
    sim.shutdown().await;
}

#[tokio::test]
async fn a_slow_answer_is_whole_in_the_end() {
    let sim = quiet().await;
    let client = Client::new(sim.venue(VenueKind::Kraken), 0);
    sim.venue(VenueKind::Kraken).fault(Fault::new(FaultKind::SlowDrip).ms(200));
    assert!(client.call("Balance", &[]).await["ZUSD"].is_string());
    sim.shutdown().await;
}

#[tokio::test]
async fn venue_refusals_are_krakens_own() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    for (kind, method, error) in [
        (FaultKind::RateLimit, "AddOrder", "EOrder:Rate limit exceeded"),
        (FaultKind::RateLimit, "Balance", "EAPI:Rate limit exceeded"),
        (FaultKind::Unavailable, "AddOrder", "EService:Unavailable"),
        (FaultKind::InvalidNonce, "AddOrder", "EAPI:Invalid nonce"),
    ] {
        venue.fault(Fault::new(kind));
        assert_eq!(client.error(method, &FORM).await, error);
    }
    assert_eq!(placed(venue, &client), 0);
    sim.shutdown().await;
}

#[tokio::test]
async fn a_delayed_order_misses_its_deadline() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    let soon = time::OffsetDateTime::now_utc() + Duration::from_millis(600);
    let soon = soon.format(&time::format_description::well_known::Rfc3339).unwrap();
    let form: Vec<(&str, &str)> = FORM.into_iter().chain([("deadline", soon.as_str())]).collect();
    venue.fault(Fault::new(FaultKind::Delay).on(ADD).ms(1_000));
    assert_eq!(client.error("AddOrder", &form).await, "EService:Deadline elapsed");
    assert_eq!(placed(venue, &client), 0);
    sim.shutdown().await;
}

#[tokio::test]
async fn a_partial_fill_leaves_the_rest_in_the_book() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let (client, other) = (Client::new(venue, 0), Client::new(venue, 1));
    venue.fault(Fault::new(FaultKind::PartialFill).on(ADD).fraction(dec("0.25")));
    let id = client.order("buy", &[("ordertype", "limit"), ("price", "60100"), ("volume", "0.04")]).await;
    let order = &client.call("OpenOrders", &[]).await["open"][&id];
    assert_eq!(order["vol_exec"], "0.01000000");
    venue.fault(Fault::new(FaultKind::PartialFill).on(ADD).fraction(dec("0.5")));
    let id = other.order("sell", &[("ordertype", "market"), ("volume", "0.02")]).await;
    let order = &other.call("QueryOrders", &[("txid", &id)]).await[&id];
    assert_eq!(
        (order["vol_exec"].as_str(), order["status"].as_str()),
        (Some("0.01000000"), Some("canceled"))
    );
    sim.shutdown().await;
}

#[tokio::test]
async fn a_skewed_clock_shows_and_heals() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let time = async || -> i64 {
        let url = format!("{}/0/public/Time", venue.rest);
        let answer: serde_json::Value =
            crate::support::http().get(url).send().await.unwrap().json().await.unwrap();
        answer["result"]["unixtime"].as_i64().unwrap()
    };
    let before = time().await;
    venue.fault(Fault::new(FaultKind::ClockSkew).ms(90_000));
    let skewed = time().await;
    assert!((85..120).contains(&(skewed - before)), "{before} {skewed}");
    venue.clear_faults();
    assert!((0..30).contains(&(time().await - before)));
    sim.shutdown().await;
}

#[tokio::test]
async fn a_venue_that_is_down_answers_nobody_until_it_is_healed() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let client = Client::new(venue, 0);
    venue.fault(Fault::new(FaultKind::VenueDown));
    assert!(client.send("Balance", &[]).await.is_err());
    assert!(client.send("Balance", &[]).await.is_err());
    venue.clear_faults();
    assert!(client.call("Balance", &[]).await.is_object());
    sim.shutdown().await;
}

#[tokio::test]
async fn a_fault_hits_as_often_as_it_says_and_only_whom_it_names() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let (one, two) = (Client::new(venue, 0), Client::new(venue, 1));
    venue.fault(Fault::new(FaultKind::Unavailable).times(2).key(&one.account.key));
    two.call("Balance", &[]).await;
    for _ in 0..2 {
        assert_eq!(one.error("Balance", &[]).await, "EService:Unavailable");
    }
    one.call("Balance", &[]).await;
    assert_eq!(venue.fault_hits(), 2);
    sim.shutdown().await;
}

#[tokio::test]
async fn the_same_seed_draws_the_same_faults() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let sim = quiet().await;
        let venue = sim.venue(VenueKind::Kraken);
        let client = Client::new(venue, 0);
        venue.random_faults(RandomFaults {
            seed: 11,
            rate: 0.5,
            kinds: vec![FaultKind::Unavailable, FaultKind::RateLimit],
            path: Some("/0/private/*".into()),
        });
        let mut run = Vec::new();
        for _ in 0..30 {
            run.push(client.raw("Balance", &[]).await["error"].to_string());
        }
        runs.push(run);
        sim.shutdown().await;
    }
    assert_eq!(runs[0], runs[1]);
    let hits = runs[0].iter().filter(|error| *error != "[]").count();
    assert!((5..=25).contains(&hits), "{hits} of 30");
}
