//! The live stream.

use nija_core::{
    JournalEvent, JournalRecord, OrderId, RouteDecision, Side, Symbol, SystemClock, Timestamp, UserEventKind,
    UserId,
};
use serde_json::{Value, json};

use crate::{
    stream::{Stream, ticket},
    support::{Host, buy, eventually, leave_dust},
};

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// The numbers of those events that have one.
fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["seq"].as_u64().unwrap()).filter(|seq| *seq > 0).collect()
}

fn is_position(event: &Value) -> bool {
    event["type"] == "position.update"
}

#[tokio::test]
async fn an_order_is_told_step_by_step_with_numbers_that_count_up_by_one() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let mut stream = Stream::open(&ada, "").await;
    let hello = stream.next().await.unwrap();
    assert_eq!((&hello["type"], &hello["seq"]), (&json!("hello"), &json!(0)));
    let before = hello["data"]["last_seq"].as_u64().unwrap();

    let order = ada.place(&buy("50")).await.ok();
    let events = stream.until(is_position).await;
    let kinds = kinds(&events);
    let place = |kind: &str| {
        kinds.iter().position(|it| *it == kind).unwrap_or_else(|| panic!("no {kind}: {kinds:?}"))
    };
    assert!(
        place("order.update") < place("route.decided") && place("route.decided") < place("trade.executed")
    );
    let numbers = numbers(&events);
    assert_eq!(numbers, (before + 1..=before + numbers.len() as u64).collect::<Vec<_>>());
    let trade = &events[place("trade.executed")]["data"];
    assert_eq!((&trade["order_id"], &trade["kind"]), (&order["id"], &json!("trade")));
    assert_eq!(events[place("route.decided")]["data"]["order_id"], order["id"]);
    assert_eq!(events.last().unwrap()["data"]["side"], "long");
}

#[tokio::test]
async fn a_position_says_when_it_has_become_dust_and_when_it_is_none_any_more() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let mut stream = Stream::open(&ada, "").await;
    let left = leave_dust(&ada).await;
    let of =
        |event: &Value| event["data"]["quantity"].as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
    let told = stream.until(|event| is_position(event) && of(event) == left).await;
    let positions: Vec<_> = told.iter().filter(|event| is_position(event)).collect();
    let (dust, whole) = positions.split_last().unwrap();
    assert_eq!(dust["data"]["dust"], true, "{dust}");
    assert!(!whole.is_empty() && whole.iter().all(|event| event["data"]["dust"].is_null()), "{whole:?}");
    assert_eq!(ada.get("/v1/positions/open").await.ok()[0]["dust"], true, "the list says the same");

    ada.place(&buy("50")).await.ok();
    let joined = stream.until(is_position).await.pop().unwrap();
    assert!(of(&joined) > left && joined["data"]["dust"].is_null(), "{joined}");
    assert_eq!(joined["data"]["id"], dust["data"]["id"]);
    // A closed one is nothing that is left.
    let path = format!("/v1/positions/{}/close?wait_ms=10000", joined["data"]["id"].as_str().unwrap());
    ada.act(&path).await.ok();
    let closed = stream.until(|event| is_position(event) && event["data"]["closed_at"].is_string()).await;
    assert!(closed.last().unwrap()["data"]["dust"].is_null(), "{closed:?}");
}

#[tokio::test]
async fn tickets_beyond_a_users_number_cost_that_user_the_oldest_and_nobody_else_any() {
    let host = Host::with(|config| config.stream.per_user = 2).await;
    let (ada, eve) = (host.user("ada").await, host.user("eve").await);
    let of_ada = ticket(&ada).await;
    let mut of_eve = Vec::new();
    for _ in 0..3 {
        of_eve.push(ticket(&eve).await);
    }
    assert_eq!(Stream::with_ticket(&eve, &of_eve[0]).await.err(), Some(401));
    let newest = [
        Stream::with_ticket(&eve, &of_eve[1]).await,
        Stream::with_ticket(&eve, &of_eve[2]).await,
        Stream::with_ticket(&ada, &of_ada).await,
    ];
    assert!(newest.iter().all(Result::is_ok));
}

#[tokio::test]
async fn prices_that_move_move_the_profit_without_asking() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    ada.place(&buy("50")).await.ok();
    let mut stream = Stream::open(&ada, "").await;
    for price in [61_000, 59_000] {
        assert!(host.sim.set_price("BTC-USD", price.into()));
        loop {
            let event = stream.next().await.unwrap();
            let seen = event["data"]["positions"][0]["current_price"].as_str().unwrap_or_default();
            let near = seen.parse::<f64>().is_ok_and(|seen| (seen - f64::from(price)).abs() < 100.0);
            if event["type"] == "pnl.update" && near {
                assert_eq!(event["seq"], 0);
                assert!(event["data"]["equity"].is_string() && event["data"]["pnl_today"].is_string());
                break;
            }
        }
    }
}

#[tokio::test]
async fn who_was_away_gets_exactly_what_it_missed() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let mut stream = Stream::open(&ada, "").await;
    let hello = stream.next().await.unwrap();
    ada.place(&buy("50")).await.ok();
    let seen = stream.until(is_position).await;
    let last = *numbers(&seen).last().unwrap();
    drop(stream);
    ada.act("/v1/bot/pause").await.ok();
    ada.act("/v1/bot/resume").await.ok();

    let name = hello["data"]["stream"].as_str().unwrap();
    let mut stream = Stream::open(&ada, &format!("&stream={name}&resume_from={last}")).await;
    let again = stream.next().await.unwrap();
    assert_eq!((&again["type"], &again["data"]["stream"]), (&json!("hello"), &json!(name)));
    let missed =
        stream.until(|event| event["type"] == "bot.status" && event["data"]["state"] == "running").await;
    assert_eq!(numbers(&missed).first(), Some(&(last + 1)));
    let states: Vec<_> =
        missed.iter().filter(|it| it["type"] == "bot.status").map(|it| &it["data"]["state"]).collect();
    assert_eq!(states, ["paused", "running"]);
}

#[tokio::test]
async fn who_cannot_go_on_where_it_was_is_told_to_reload() {
    let mut host = Host::start().await;
    let ada = host.user("ada").await;
    let mut stream = Stream::open(&ada, "&stream=another-run&resume_from=3").await;
    assert_eq!(stream.next().await.unwrap()["type"], "hello");
    assert_eq!(stream.next().await.unwrap()["type"], "reload");
    // A stop says why it closes.
    let stopping = tokio::spawn(async move {
        host.stop().await;
        host
    });
    let closing = stream.event().await;
    assert_eq!(closing["type"], "closing");
    assert!(closing["data"]["reason"].as_str().unwrap().contains("shutting down"));
    stream.closed().await;
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_ticket_opens_one_stream() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let ticket = ticket(&ada).await;
    let mut first = Stream::with_ticket(&ada, &ticket).await.ok().unwrap();
    assert_eq!(first.next().await.unwrap()["type"], "hello");
    assert_eq!(Stream::with_ticket(&ada, &ticket).await.err(), Some(401));
    assert_eq!(Stream::with_ticket(&ada, "nst_made-up").await.err(), Some(401));
    ada.get(&format!("/v1/stream?ticket={ticket}")).await.problem(400, "request_invalid");
    first.say("anything").await;
    ada.act("/v1/bot/pause").await.ok();
    assert_eq!(first.event().await["type"], "bot.status", "what a client says does no harm");
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_streams() {
    let host = Host::with(|config| config.stream.ping_seconds = 1).await;
    let ada = host.user("ada").await;
    let mut stream = Stream::open(&ada, "").await;
    let unused = ticket(&ada).await;
    host.anyone().post("/v1/auth/logout", &json!({ "refresh_token": ada.refresh })).await.ok();
    let closing = stream.until(|event| event["type"] == "closing").await;
    assert!(closing.last().unwrap()["data"]["reason"].as_str().unwrap().contains("sign in"));
    stream.closed().await;
    assert_eq!(Stream::with_ticket(&ada, &unused).await.err(), Some(401));
}

#[tokio::test]
async fn a_user_has_so_many_streams_and_an_ended_one_makes_room() {
    let host = Host::with(|config| config.stream.per_user = 1).await;
    let ada = host.user("ada").await;
    let first = Stream::open(&ada, "").await;
    assert_eq!(Stream::with_ticket(&ada, &ticket(&ada).await).await.err(), Some(429));
    drop(first);
    eventually("there is room again", || async {
        Stream::with_ticket(&ada, &ticket(&ada).await).await.ok().map(drop)
    })
    .await;
}

/// Puts an event on a user's bus, as the engine does.
fn publish(host: &Host, user: UserId, event: JournalEvent) {
    let at = nija_core::Clock::now(&SystemClock);
    let record = JournalRecord { seq: 1, user, at, event };
    host.server().platform().bus().publish(user, at, UserEventKind::Journal(std::sync::Arc::new(record)));
}

fn paused() -> JournalEvent {
    JournalEvent::Paused { paused: true }
}

#[tokio::test]
async fn a_burst_of_prices_is_one_frame_and_loses_no_event() {
    let host = Host::with(|config| config.stream.pnl_interval_ms = 200).await;
    let ada = host.user("ada").await;
    let user: UserId = ada.user_id.parse().unwrap();
    let mut stream = Stream::open(&ada, "").await;
    stream.next().await.unwrap();
    for n in 0..800 {
        host.server().platform().bus().publish(user, Timestamp::from_micros(n), UserEventKind::Marked);
        if n % 100 == 0 {
            publish(&host, user, paused());
        }
    }
    let (mut prices, mut events) = (0, 0);
    while prices == 0 || events < 8 {
        match stream.next().await.unwrap()["type"].as_str() {
            Some("pnl.update") => prices += 1,
            Some("bot.status") => events += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(prices <= 3, "{prices} frames of 800 marks");
}

#[tokio::test]
async fn a_reader_that_reads_what_it_is_given_is_never_ended_however_much_happens_at_once() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let user: UserId = ada.user_id.parse().unwrap();
    let mut stream = Stream::open(&ada, "").await;
    assert_eq!(stream.next().await.unwrap()["type"], "hello");
    for burst in 1..=2u64 {
        // More than is kept, before the connection has a chance to send any of it.
        for _ in 0..5000 {
            publish(&host, user, paused());
        }
        let told = stream.until(|event| event["type"] == "reload").await;
        assert!(told.iter().all(|event| event["type"] != "closing"), "{told:?}");
        // The events go on where they are now, on the same connection.
        publish(&host, user, paused());
        let next = stream.until(|event| event["seq"] == burst * 5001).await;
        assert!(next.iter().all(|event| event["type"] == "bot.status"), "{next:?}");
    }
}

#[tokio::test]
async fn a_reader_that_had_to_be_waited_for_is_told_so_and_ended_and_must_reload() {
    let host = Host::with(|config| config.stream.write_ms = 600_000).await;
    let ada = host.user("ada").await;
    let user: UserId = ada.user_id.parse().unwrap();
    let mut stream = Stream::open(&ada, "").await;
    let hello = stream.next().await.unwrap();
    // What fills every buffer on the way, and then more than is kept.
    for _ in 0..40 {
        let none =
            JournalEvent::NotRouted { order: OrderId::from_uuid(uuid::Uuid::nil()), decision: large() };
        publish(&host, user, none);
    }
    // From here on the connection has taken those up, and writes them to somebody who does not read.
    assert_eq!(stream.next().await.unwrap()["type"], "route.decided");
    for _ in 0..5000 {
        publish(&host, user, paused());
    }
    let last = stream.until(|event| event["type"] == "closing").await.pop().unwrap();
    assert!(last["data"]["reason"].as_str().unwrap().contains("too slow"), "{last}");
    stream.closed().await;
    let (name, seen) = (hello["data"]["stream"].as_str().unwrap(), &hello["data"]["last_seq"]);
    let mut again = Stream::open(&ada, &format!("&stream={name}&resume_from={seen}")).await;
    assert_eq!(again.next().await.unwrap()["type"], "hello");
    assert_eq!(again.next().await.unwrap()["type"], "reload");
}

#[tokio::test]
async fn a_reader_that_stops_reading_does_not_keep_its_place() {
    let host = Host::with(|config| (config.stream.write_ms, config.stream.per_user) = (50, 1)).await;
    let ada = host.user("ada").await;
    let user: UserId = ada.user_id.parse().unwrap();
    let stalled = Stream::open(&ada, "").await;
    for _ in 0..40 {
        publish(
            &host,
            user,
            JournalEvent::NotRouted { order: OrderId::from_uuid(uuid::Uuid::nil()), decision: large() },
        );
    }
    eventually("there is room again", || async {
        Stream::with_ticket(&ada, &ticket(&ada).await).await.ok().map(drop)
    })
    .await;
    drop(stalled);
}

/// A decision of a megabyte: a few of them fill every buffer on the way.
fn large() -> RouteDecision {
    RouteDecision {
        symbol: Symbol::new("BTC-USD").unwrap(),
        side: Side::Buy,
        policy: "weighted".into(),
        venue: None,
        reason: "x".repeat(1 << 20),
        candidates: Vec::new(),
        decided_at: Timestamp::from_micros(0),
        split: Vec::new(),
        incomplete: None,
    }
}

#[tokio::test]
async fn a_stream_tells_nothing_more_once_its_session_was_ended() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let user: UserId = ada.user_id.parse().unwrap();
    let mut stream = Stream::open(&ada, "").await;
    assert_eq!(stream.next().await.unwrap()["type"], "hello");
    ada.post("/v1/auth/logout", &json!({ "refresh_token": ada.refresh })).await.ok();
    publish(&host, user, paused());
    let last = stream.next().await.unwrap();
    assert_eq!(last["type"], "closing", "{last}");
    assert!(last["data"]["reason"].as_str().unwrap().contains("session was ended"), "{last}");
    stream.closed().await;
}
