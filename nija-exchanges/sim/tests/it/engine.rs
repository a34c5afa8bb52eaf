//! The engine's two promises: money is conserved, and price comes before time, time before all else.

use nija_sim::engine::{
    Engine, FeeAsset, FeeSchedule, HouseProfile, LINKED, MarketSpec, NewOrder, OrderType, Reject, Side,
    Status, TimeInForce,
};
use rust_decimal::Decimal;

mod properties;

fn engine(levels: usize, accounts: usize) -> Engine {
    engine_with(FeeAsset::Quote, levels, accounts)
}

fn engine_with(fee_asset: FeeAsset, levels: usize, accounts: usize) -> Engine {
    let spec = MarketSpec {
        symbol: "BTC-USD".into(),
        base: "BTC".into(),
        quote: "USD".into(),
        tick: Decimal::new(1, 1),
        price_decimals: 1,
        lot_decimals: 8,
        cost_decimals: 5,
        min_qty: Decimal::new(1, 5),
        min_cost: Decimal::new(5, 1),
    };
    let mut fees = FeeSchedule::from_hundredths(&[(0, 25, 40), (10_000, 20, 35), (50_000, 14, 24)]);
    fees.asset = fee_asset;
    let house = HouseProfile {
        levels,
        half_spread_cbp: 60,
        step_cbp: 90,
        top_notional: Decimal::from(5_000),
        seed: 1,
    };
    let mut engine = Engine::new(vec![spec], fees, house, 0);
    for _ in 0..accounts {
        let account = engine.open_account();
        engine.deposit(account, "USD", Decimal::from(20_000));
        engine.deposit(account, "BTC", Decimal::ONE);
    }
    engine
}

fn limit(account: usize, side: Side, price: Decimal, qty: Decimal) -> NewOrder {
    NewOrder {
        account,
        market: 0,
        side,
        order_type: OrderType::Limit,
        qty,
        in_quote: false,
        limit: Some(price),
        trigger: None,
        tif: TimeInForce::Gtc,
        post_only: false,
        expires_ns: None,
        client_id: None,
        userref: None,
        take_fraction: None,
    }
}

fn bracket(account: usize, side: Side, qty: Decimal, price: Decimal, trigger: Decimal) -> Vec<NewOrder> {
    let stop = NewOrder {
        order_type: OrderType::StopLoss,
        limit: None,
        trigger: Some(trigger),
        ..limit(account, side, price, qty)
    };
    vec![limit(account, side, price, qty), stop]
}

#[test]
fn an_account_never_trades_with_itself() {
    let mut engine = engine(0, 1);
    engine.place(limit(0, Side::Sell, Decimal::from(30_000), Decimal::new(1, 1)), 1).unwrap();
    let id = engine.place(limit(0, Side::Buy, Decimal::from(30_000), Decimal::new(1, 1)), 2).unwrap();
    assert_eq!(engine.order(id).unwrap().reason, Some("Self trade prevented"));
    assert_eq!(engine.fills(0).count(), 0);
}

#[test]
fn an_amended_order_keeps_its_place_where_its_quantity_alone_falls() {
    let price = Decimal::from(30_000);
    let half = Decimal::new(5, 1);
    for (qty, limit_price, first) in
        [(Some(half), None, 0), (Some(Decimal::ONE), Some(price), 0), (None, Some(price), 0)]
    {
        let (mut engine, ids) = two_offers(price);
        engine.amend(0, ids[0], qty, limit_price, 3).unwrap();
        assert_eq!(who_sells_first(&mut engine, price), first, "{qty:?} {limit_price:?}");
    }
    let (mut engine, ids) = two_offers(price);
    engine.deposit(0, "BTC", Decimal::ONE);
    engine.amend(0, ids[0], Some(Decimal::TWO), None, 3).unwrap();
    assert_eq!(engine.balance(0, "BTC").held, Decimal::TWO);
    assert_eq!(who_sells_first(&mut engine, price), 1, "a larger one queues anew");
    let (mut engine, ids) = two_offers(price);
    assert_eq!(engine.amend(0, ids[0], Some(Decimal::TWO), None, 3), Err(Reject::InsufficientFunds));
    assert_eq!(engine.amend(1, ids[0], Some(half), None, 3), Err(Reject::UnknownOrder));
    assert_eq!(
        engine.amend(0, ids[0], None, Some(Decimal::new(3_000_005, 2)), 3),
        Err(Reject::PriceDecimals)
    );
    assert_eq!(who_sells_first(&mut engine, price), 0, "nothing changed");
}

/// One bitcoin each of two accounts, on offer at a price with nobody else there.
fn two_offers(price: Decimal) -> (Engine, [u64; 2]) {
    let mut engine = engine(0, 3);
    engine.deposit(2, "USD", Decimal::from(1_000_000));
    let ids = [0, 1].map(|account| engine.place(limit(account, Side::Sell, price, Decimal::ONE), 2).unwrap());
    (engine, ids)
}

fn who_sells_first(engine: &mut Engine, price: Decimal) -> usize {
    engine.place(limit(2, Side::Buy, price, Decimal::new(1, 1)), 9).unwrap();
    (0..2).find(|account| engine.fills(*account).next().is_some()).unwrap()
}

#[test]
fn a_stop_sells_when_the_last_price_falls_to_it_and_not_before() {
    let mut engine = engine(8, 1);
    engine.set_mid(0, Decimal::from(30_000), 1);
    let stop = NewOrder {
        order_type: OrderType::StopLoss,
        limit: None,
        trigger: Some(Decimal::from(29_000)),
        ..limit(0, Side::Sell, Decimal::ONE, Decimal::new(1, 1))
    };
    let id = engine.place(stop, 2).unwrap();
    for price in [29_500, 29_100] {
        engine.set_mid(0, Decimal::from(price), 3);
        engine.print_at(0, Decimal::from(price), 3);
        assert!(engine.order(id).unwrap().status.is_open(), "at {price}");
    }
    engine.set_mid(0, Decimal::from(28_990), 4);
    engine.print_at(0, Decimal::from(28_990), 4);
    let order = engine.order(id).unwrap();
    assert_eq!(order.filled, Decimal::new(1, 1));
    assert!(order.avg_price() < Decimal::from(28_990) && order.avg_price() > Decimal::from(28_000));
}

#[test]
fn the_fee_tier_follows_the_volume() {
    let mut engine = engine(8, 1);
    engine.set_mid(0, Decimal::from(30_000), 1);
    let market = |side| NewOrder {
        order_type: OrderType::Market,
        limit: None,
        ..limit(0, side, Decimal::ONE, Decimal::new(5, 2))
    };
    let rates: Vec<Decimal> = (0..10)
        .map(|index| {
            engine.set_mid(0, Decimal::from(30_000), index);
            let id =
                engine.place(market(if index % 2 == 0 { Side::Sell } else { Side::Buy }), index).unwrap();
            let order = engine.order(id).unwrap();
            (order.fee / order.cost * Decimal::ONE_HUNDRED).round_dp(2)
        })
        .collect();
    assert_eq!(rates.first(), Some(&Decimal::new(40, 2)));
    assert_eq!(rates.last(), Some(&Decimal::new(35, 2)), "past 10,000 of volume: {rates:?}");
}

#[test]
fn a_fee_in_what_is_received_costs_a_buyer_base_and_a_seller_quote() {
    let mut engine = engine_with(FeeAsset::Received { base_decimals: 8 }, 0, 2);
    engine.place(limit(0, Side::Sell, Decimal::from(10_000), Decimal::ONE), 1).unwrap();
    // All of the buyer's 20,000 can be spent: nothing is added to the cost.
    let bid = engine.place(limit(1, Side::Buy, Decimal::from(10_000), Decimal::from(2)), 2).unwrap();
    assert_eq!(engine.balance(1, "USD").available(), Decimal::ZERO);
    let (bought, sold) = (engine.fills(1).next().unwrap(), engine.fills(0).next().unwrap());
    assert_eq!((bought.fee_asset.as_str(), bought.fee), ("BTC", Decimal::new(4, 3)));
    assert_eq!((sold.fee_asset.as_str(), sold.fee), ("USD", Decimal::from(25)));
    assert_eq!(engine.balance(1, "BTC").total, Decimal::new(1_996, 3));
    assert_eq!(engine.balance(0, "USD").total, Decimal::from(29_975));
    assert_eq!(engine.order(bid).unwrap().fee, Decimal::new(4, 3));
}

#[test]
fn of_two_linked_orders_the_one_that_trades_cancels_the_other() {
    let mut engine = engine(8, 1);
    engine.set_mid(0, Decimal::from(30_000), 1);
    engine.print_at(0, Decimal::from(30_000), 1);
    let pair = || bracket(0, Side::Sell, Decimal::ONE, Decimal::from(31_000), Decimal::from(29_000));
    for (moves_to, winner) in [(31_100, 0), (28_900, 1)] {
        engine.set_mid(0, Decimal::from(30_000), 2);
        engine.print_at(0, Decimal::from(30_000), 2);
        let balance = engine.balance(0, "BTC");
        let missing = Decimal::ONE - balance.total;
        engine.deposit(0, "BTC", missing);
        // One bitcoin backs both.
        let link = engine.place_linked(pair(), 3).unwrap();
        assert_eq!(engine.balance(0, "BTC").held, Decimal::ONE);
        assert_eq!(engine.place_linked(pair(), 3), Err(Reject::InsufficientFunds));
        engine.set_mid(0, Decimal::from(moves_to), 4);
        engine.print_at(0, Decimal::from(moves_to), 4);
        let group: Vec<_> = engine.linked(link).collect();
        assert!(!group[winner].filled.is_zero(), "{group:?}");
        assert_eq!((group[1 - winner].status, group[1 - winner].reason), (Status::Canceled, Some(LINKED)));
        let open: Vec<_> = engine.open_orders(0).map(|order| order.id).collect();
        for id in open {
            engine.cancel(0, id, 5).unwrap();
        }
        assert_eq!(engine.balance(0, "BTC").held, Decimal::ZERO);
    }
}

#[test]
fn cancelling_one_linked_order_cancels_the_other() {
    let mut engine = engine(8, 1);
    engine.set_mid(0, Decimal::from(30_000), 1);
    let pair = bracket(0, Side::Sell, Decimal::ONE, Decimal::from(31_000), Decimal::from(29_000));
    let link = engine.place_linked(pair, 2).unwrap();
    let first = engine.linked(link).next().unwrap().id;
    engine.cancel(0, first, 3).unwrap();
    assert!(engine.linked(link).all(|order| order.status == Status::Canceled));
    assert_eq!(engine.balance(0, "BTC").held, Decimal::ZERO);
}

#[test]
fn a_linked_order_that_gives_way_to_its_owners_own_cancels_the_other() {
    let mut engine = engine(0, 1);
    engine.set_self_trade_cancels_maker(true);
    let price = Decimal::from(30_000);
    let link =
        engine.place_linked(bracket(0, Side::Sell, Decimal::ONE, price, Decimal::from(29_000)), 1).unwrap();
    engine.place(limit(0, Side::Buy, price, Decimal::new(1, 1)), 2).unwrap();
    assert!(
        engine.linked(link).all(|order| order.status == Status::Canceled),
        "none of them has money behind it"
    );
    assert_eq!(engine.balance(0, "BTC").held, Decimal::ZERO);
    assert_eq!(engine.fills(0).count(), 0);
}

/// A stop of this account that sells one unit below a price.
fn stop_loss(account: usize, trigger: Decimal, qty: Decimal) -> NewOrder {
    NewOrder {
        order_type: OrderType::StopLoss,
        limit: None,
        trigger: Some(trigger),
        ..limit(account, Side::Sell, trigger, qty)
    }
}

#[test]
fn what_follows_an_order_holds_nothing_before_it_is_filled_and_then_one_cancels_the_other() {
    let mut engine = engine_with(FeeAsset::Quote, 10, 1);
    engine.set_mid(0, Decimal::from(10_000), 1);
    engine.print_at(0, Decimal::from(10_000), 1);
    let qty = Decimal::new(1, 1);
    let before = (engine.total_supply("USD"), engine.total_supply("BTC"));
    let entry = limit(0, Side::Buy, Decimal::from(9_900), qty);
    let then =
        vec![limit(0, Side::Sell, Decimal::from(10_200), qty), stop_loss(0, Decimal::from(9_700), qty)];
    let (first, legs) = engine.place_then(entry, then, 2).unwrap();
    assert!(legs.iter().all(|leg| engine.is_held(*leg)));
    assert_eq!(engine.balance(0, "BTC").held, Decimal::ZERO);
    // A price that would fill both does nothing to them while they wait.
    engine.set_mid(0, Decimal::from(10_300), 3);
    engine.print_at(0, Decimal::from(10_300), 3);
    assert!(legs.iter().all(|leg| engine.order(*leg).unwrap().filled.is_zero()));
    engine.set_mid(0, Decimal::from(9_850), 4);
    engine.print_at(0, Decimal::from(9_850), 4);
    assert_eq!(engine.order(first).unwrap().status, Status::Filled);
    assert!(
        legs.iter().all(|leg| engine.order(*leg).unwrap().status == Status::Open && !engine.is_held(*leg))
    );
    assert_eq!(engine.balance(0, "BTC").held, qty, "one holds for both");
    engine.set_mid(0, Decimal::from(10_250), 5);
    assert_eq!(engine.order(legs[0]).unwrap().status, Status::Filled);
    assert_eq!(engine.order(legs[1]).unwrap().reason, Some(LINKED));
    assert_eq!((engine.total_supply("USD"), engine.total_supply("BTC")), before);
    assert_eq!(engine.balance(0, "BTC").held, Decimal::ZERO);
}

#[test]
fn what_follows_an_order_ends_with_it() {
    let mut engine = engine_with(FeeAsset::Quote, 10, 1);
    engine.set_mid(0, Decimal::from(10_000), 1);
    engine.print_at(0, Decimal::from(10_000), 1);
    let qty = Decimal::new(1, 1);
    let entry = limit(0, Side::Buy, Decimal::from(9_000), qty);
    let (first, legs) =
        engine.place_then(entry, vec![limit(0, Side::Sell, Decimal::from(9_500), qty)], 2).unwrap();
    engine.cancel(0, first, 3).unwrap();
    assert_eq!(engine.order(legs[0]).unwrap().status, Status::Canceled);
    assert_eq!(engine.balance(0, "USD").held + engine.balance(0, "BTC").held, Decimal::ZERO);
    // A second that cannot be is refused with the first.
    let bad = limit(0, Side::Sell, Decimal::new(1_000_005, 2), qty);
    let entry = limit(0, Side::Buy, Decimal::from(9_000), qty);
    assert_eq!(engine.place_then(entry, vec![bad], 4), Err(Reject::PriceDecimals));
    assert_eq!(engine.open_orders(0).count(), 0);
}

#[test]
fn a_halted_market_takes_orders_and_matches_them_when_it_opens() {
    let mut engine = engine_with(FeeAsset::Quote, 10, 1);
    engine.set_mid(0, Decimal::from(10_000), 1);
    let qty = Decimal::new(1, 1);
    let resting = engine.place(limit(0, Side::Buy, Decimal::from(9_900), qty), 2).unwrap();
    engine.set_halted(0, true, 3);
    let market =
        NewOrder { order_type: OrderType::Market, limit: None, ..limit(0, Side::Sell, Decimal::ONE, qty) };
    let queued = engine.place(market.clone(), 4).unwrap();
    let cancelled = engine.place(market, 4).unwrap();
    engine.cancel(0, cancelled, 5).unwrap();
    engine.set_mid(0, Decimal::from(9_800), 5);
    engine.crowd_trade(0, Side::Sell, Decimal::TEN, 5);
    assert!([resting, queued].iter().all(|id| engine.order(*id).unwrap().filled.is_zero()));
    assert_eq!(engine.balance(0, "BTC").held, qty);
    engine.set_halted(0, false, 6);
    assert_eq!(engine.order(resting).unwrap().status, Status::Filled, "the market has come to it");
    assert_eq!(engine.order(queued).unwrap().status, Status::Filled);
    assert_eq!(engine.order(cancelled).unwrap().status, Status::Canceled);
}

#[test]
fn nobody_pays_in_a_market_without_fees() {
    let mut engine = engine_with(FeeAsset::Quote, 10, 1);
    engine.set_free_of_fees(0);
    engine.set_mid(0, Decimal::from(10_000), 1);
    let id = engine.place(limit(0, Side::Buy, Decimal::from(10_100), Decimal::new(1, 1)), 2).unwrap();
    let order = engine.order(id).unwrap();
    assert_eq!((order.status, order.fee), (Status::Filled, Decimal::ZERO));
}
