//! What is written is read back the same, and readers tolerate fields from the future.

use nija_client::wire::{Activity, NewOrder, Order, Page, PnlUpdate, Position, StreamBody, StreamEvent};
use proptest::option::of;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0u32..=18).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn text() -> impl Strategy<Value = String> {
    // Any characters, quotes and control characters among them.
    prop::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

prop_compose! {
    fn new_order()(
        symbol in text(), side in text(), size in decimal(), prices in prop::array::uniform3(of(decimal())),
        words in prop::collection::vec(of(text()), 7),
    ) -> NewOrder {
        let mut words = words.into_iter();
        let mut word = || words.next().flatten();
        NewOrder {
            client_order_id: word(), symbol, side, size, size_type: word(), order_type: word(),
            limit_price: prices[0], stop_price: prices[1], take_profit_price: prices[2],
            time_in_force: word(), venue: word(), signal_type: word(), strategy: word(), protection: None,
        }
    }
}

prop_compose! {
    fn order()(
        words in prop::collection::vec(text(), 10), maybe in prop::collection::vec(of(text()), 5),
        decimals in prop::collection::vec(decimal(), 3), prices in prop::collection::vec(of(decimal()), 4),
    ) -> Order {
        let mut words = words.into_iter();
        let mut word = || words.next().unwrap_or_default();
        Order {
            id: word(), client_order_id: word(), symbol: word(), side: word(), order_type: word(),
            size: decimals[0], size_type: word(), limit_price: prices[0], stop_price: prices[2],
            take_profit_price: prices[3], state: word(),
            reason: maybe[0].clone(), reason_code: maybe[1].clone(), venue: maybe[2].clone(),
            venue_order_id: maybe[3].clone(), filled: decimals[1], average_price: prices[1], fees: decimals[2],
            signal_type: word(), strategy: maybe[4].clone(), method: maybe[1].clone(),
            children: maybe[2].as_ref().and_then(|text| u32::try_from(text.len()).ok()), parent: maybe[0].clone(), created_at: word(), updated_at: word(),
        }
    }
}

prop_compose! {
    fn position()(
        words in prop::collection::vec(text(), 6), decimals in prop::collection::vec(decimal(), 4),
        maybe in prop::collection::vec(of(decimal()), 4), closed_at in of(text()),
    ) -> Position {
        let mut words = words.into_iter();
        let mut word = || words.next().unwrap_or_default();
        Position {
            id: word(), venue: word(), symbol: word(), side: word(), quantity: decimals[0],
            entry_price: decimals[1], current_price: maybe[0], market_value: maybe[1], usd_rate: maybe[3], unrealised_pnl: maybe[2],
            unrealised_pnl_pct: maybe[3], realised_pnl: decimals[2], fees: decimals[3], opened_at: word(),
            updated_at: word(), closed_at, dust: maybe[0].is_some(),
        }
    }
}

fn activity() -> impl Strategy<Value = Activity> {
    (text(), text(), of(text()), of(decimal())).prop_map(|(id, title, detail, price)| Activity {
        id,
        kind: "trade".to_owned(),
        title,
        detail,
        symbol: None,
        venue: None,
        side: None,
        quantity: price,
        price,
        fee: None,
        realised_pnl: None,
        order_id: None,
        at: String::new(),
    })
}

fn body() -> impl Strategy<Value = StreamBody> {
    prop_oneof![
        (text(), any::<u64>()).prop_map(|(stream, last_seq)| StreamBody::Hello { stream, last_seq }),
        text().prop_map(|reason| StreamBody::Reload { reason }),
        text().prop_map(|reason| StreamBody::Closing { reason }),
        position().prop_map(StreamBody::PositionUpdate),
        order().prop_map(StreamBody::OrderUpdate),
        activity().prop_map(StreamBody::TradeExecuted),
        (decimal(), prop::collection::vec(position(), 0..3)).prop_map(|(equity, positions)| {
            StreamBody::PnlUpdate(PnlUpdate {
                equity,
                cash: equity,
                pnl_today: equity,
                pnl_total: equity,
                positions,
            })
        }),
    ]
}

fn through<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("writes");
    serde_json::from_str(&text).expect("reads")
}

fn with_news<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let mut json = serde_json::to_value(value).expect("writes");
    json["from_the_future"] = json!({"deep": [1, 2]});
    serde_json::from_value(json).expect("reads")
}

proptest! {
    #[test]
    fn requests_come_back_the_same(order in new_order()) {
        prop_assert_eq!(through(&order), order);
    }

    #[test]
    fn answers_come_back_the_same_and_may_gain_fields(order in order(), position in position()) {
        prop_assert_eq!(&through(&order), &order);
        prop_assert_eq!(with_news(&order), order);
        let page = Page { items: vec![position], next_cursor: None };
        prop_assert_eq!(&through(&page), &page);
        prop_assert_eq!(with_news(&page), page);
    }

    #[test]
    fn stream_events_come_back_the_same(seq: u64, at in text(), body in body()) {
        let event = StreamEvent { seq, at, body };
        prop_assert_eq!(&through(&event), &event);
        prop_assert_eq!(with_news(&event), event);
    }

    #[test]
    fn decimals_are_text_to_the_last_digit(size in decimal()) {
        let order = NewOrder { size, ..serde_json::from_value(json!({
            "symbol": "BTC-USD", "side": "buy", "size": "1"
        })).expect("reads") };
        let json = serde_json::to_value(&order).expect("writes");
        prop_assert_eq!(&json["size"], &Value::String(size.to_string()));
    }
}

#[test]
fn requests_with_unknown_fields_are_refused() {
    let order = json!({"symbol": "BTC-USD", "side": "buy", "size": "1", "sizetype": "base"});
    let error = serde_json::from_value::<NewOrder>(order).expect_err("refused");
    assert!(error.to_string().contains("sizetype"), "{error}");
}
