//! The two promises against whatever comes.

use nija_sim::engine::{Engine, FeeAsset, NewOrder, OrderType, Side, TimeInForce};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{bracket, engine, engine_with, limit};

#[derive(Debug, Clone)]
enum Step {
    Place {
        account: usize,
        side: Side,
        kind: OrderType,
        tif: TimeInForce,
        qty: i64,
        offset: i64,
        part: Option<u8>,
    },
    Spend {
        account: usize,
        quote: i64,
    },
    /// A limit order and a stop of which one cancels the other.
    Linked {
        account: usize,
        side: Side,
        qty: i64,
        limit: i64,
        trigger: i64,
    },
    Cancel {
        account: usize,
        nth: usize,
    },
    Amend {
        account: usize,
        nth: usize,
        qty: Option<i64>,
        offset: Option<i64>,
    },
    Mid {
        offset: i64,
    },
    Crowd {
        side: Side,
        qty: i64,
    },
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        3 => Just(OrderType::Limit),
        2 => Just(OrderType::Market),
        1 => Just(OrderType::StopLoss),
        1 => Just(OrderType::StopLossLimit),
        1 => Just(OrderType::TakeProfit),
    ];
    let tif =
        prop_oneof![3 => Just(TimeInForce::Gtc), 1 => Just(TimeInForce::Ioc), 1 => Just(TimeInForce::Fok)];
    let part = prop_oneof![4 => Just(None), 1 => (0_u8..=10).prop_map(Some)];
    prop_oneof![
        6 => (0..4_usize, side(), kind, tif, 1_i64..60_000_000, -900_i64..900, part).prop_map(
            |(account, side, kind, tif, qty, offset, part)| Step::Place { account, side, kind, tif, qty, offset, part }
        ),
        1 => (0..4_usize, 1_i64..2_000_000_000).prop_map(|(account, quote)| Step::Spend { account, quote }),
        2 => (0..4_usize, side(), 1_i64..60_000_000, -900_i64..900, -900_i64..900).prop_map(
            |(account, side, qty, limit, trigger)| Step::Linked { account, side, qty, limit, trigger }
        ),
        2 => (0..4_usize, 0..8_usize).prop_map(|(account, nth)| Step::Cancel { account, nth }),
        2 => (0..4_usize, 0..8_usize, prop::option::of(1_i64..60_000_000), prop::option::of(-900_i64..900)).prop_map(
            |(account, nth, qty, offset)| Step::Amend { account, nth, qty, offset }
        ),
        3 => (-900_i64..900).prop_map(|offset| Step::Mid { offset }),
        2 => (side(), 1_i64..50_000_000).prop_map(|(side, qty)| Step::Crowd { side, qty }),
    ]
}

fn run(engine: &mut Engine, step: &Step, now: i64) {
    match *step {
        Step::Place { account, side, kind, tif, qty, offset, part } => {
            let price = Decimal::from(30_000) + Decimal::new(offset, 1);
            let waits = !matches!(kind, OrderType::Limit | OrderType::Market);
            let order = NewOrder {
                order_type: kind,
                tif,
                limit: matches!(kind, OrderType::Limit | OrderType::StopLossLimit).then_some(price),
                trigger: waits.then_some(price),
                take_fraction: part.map(|tenths| Decimal::new(i64::from(tenths), 1)),
                ..limit(account, side, price, Decimal::new(qty, 8))
            };
            let _ = engine.place(order, now);
        }
        Step::Spend { account, quote } => {
            let order = NewOrder {
                order_type: OrderType::Market,
                limit: None,
                in_quote: true,
                ..limit(account, Side::Buy, Decimal::ONE, Decimal::new(quote, 5))
            };
            let _ = engine.place(order, now);
        }
        Step::Linked { account, side, qty, limit: at, trigger } => {
            let price = |offset| Decimal::from(30_000) + Decimal::new(offset, 1);
            let _ = engine
                .place_linked(bracket(account, side, Decimal::new(qty, 8), price(at), price(trigger)), now);
        }
        Step::Cancel { account, nth } => {
            let id = engine.open_orders(account).nth(nth).map(|order| order.id);
            if let Some(id) = id {
                engine.cancel(account, id, now).unwrap();
            }
        }
        Step::Amend { account, nth, qty, offset } => {
            let id = engine.open_orders(account).nth(nth).map(|order| order.id);
            let price = offset.map(|offset| Decimal::from(30_000) + Decimal::new(offset, 1));
            if let Some(id) = id {
                let _ = engine.amend(account, id, qty.map(|qty| Decimal::new(qty, 8)), price, now);
            }
        }
        Step::Mid { offset } => engine.set_mid(0, Decimal::from(30_000) + Decimal::new(offset, 1), now),
        Step::Crowd { side, qty } => engine.crowd_trade(0, side, Decimal::new(qty, 8), now),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn money_is_conserved_and_holds_add_up(
        steps in prop::collection::vec(step(), 1..80),
        fees in prop::sample::select(vec![FeeAsset::Quote, FeeAsset::Received { base_decimals: 8 }]),
        cancels_maker in any::<bool>(),
    ) {
        let mut engine = engine_with(fees, 8, 4);
        engine.set_self_trade_cancels_maker(cancels_maker);
        engine.set_mid(0, Decimal::from(30_000), 0);
        let before = (engine.total_supply("USD"), engine.total_supply("BTC"));
        for (now, step) in (1..).zip(&steps) {
            run(&mut engine, step, now);
            prop_assert_eq!((engine.total_supply("USD"), engine.total_supply("BTC")), before, "after {:?}", step);
            for account in 0..4 {
                let (mut usd, mut btc) = (Decimal::ZERO, Decimal::ZERO);
                for order in engine.open_orders(account) {
                    match order.ask.side {
                        Side::Buy => usd += order.held,
                        Side::Sell => btc += order.held,
                    }
                    prop_assert!(order.filled <= order.ask.qty);
                }
                for link in engine.links_of(account) {
                    let group: Vec<_> = engine.linked(link).collect();
                    let open = group.iter().filter(|order| order.status.is_open()).count();
                    let traded = group.iter().filter(|order| !order.filled.is_zero()).count();
                    prop_assert!(traded == 0 || (traded == 1 && open <= 1), "both orders of a pair live after {:?}", step);
                }
                for (asset, held) in [("USD", usd), ("BTC", btc)] {
                    let balance = engine.balance(account, asset);
                    prop_assert_eq!(balance.held, held, "{} held after {:?}", asset, step);
                    prop_assert!(balance.available() >= Decimal::ZERO, "{} overdrawn after {:?}", asset, step);
                }
            }
            let (bids, asks) = engine.depth(0, 1);
            if let (Some(bid), Some(ask)) = (bids.first(), asks.first()) {
                prop_assert!(bid.price < ask.price, "crossed book {} {} after {:?}", bid.price, ask.price, step);
            }
        }
    }

    #[test]
    fn the_better_price_fills_first_and_then_the_earlier_order(
        offers in prop::collection::vec((0_i64..5, 1_i64..20), 1..30),
        wanted in 1_i64..400,
    ) {
        let taker = offers.len();
        let mut engine = engine(0, taker + 1);
        engine.deposit(taker, "USD", Decimal::from(10_000_000));
        for (account, (price, qty)) in offers.iter().enumerate() {
            let price = Decimal::from(30_000 + price);
            engine.place(limit(account, Side::Sell, price, Decimal::new(*qty, 2)), account as i64).unwrap();
        }
        let bid = limit(taker, Side::Buy, Decimal::from(30_010), Decimal::new(wanted, 2));
        engine.place(bid, 1_000).unwrap();

        let mut queue: Vec<(i64, usize, i64)> =
            offers.iter().enumerate().map(|(account, (price, qty))| (*price, account, *qty)).collect();
        queue.sort();
        let (mut left, mut expected) = (wanted, Vec::new());
        for (price, account, qty) in queue {
            let part = qty.min(left);
            if part > 0 {
                expected.push((account, Decimal::from(30_000 + price), Decimal::new(part, 2)));
            }
            left -= part;
        }
        let mut seen: Vec<_> = (0..taker)
            .flat_map(|account| engine.fills(account).map(move |fill| (fill.id, account, fill.price, fill.qty)).collect::<Vec<_>>())
            .collect();
        seen.sort();
        let seen: Vec<_> = seen.into_iter().map(|(_, account, price, qty)| (account, price, qty)).collect();
        prop_assert_eq!(seen, expected);
    }
}
