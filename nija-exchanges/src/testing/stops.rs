//! Rules of orders that wait for a price. Whatever the venue makes of them, they are one order under one client id to us.

use nija_core::{
    Effect, ExecutionReport, FilterError, Lookup, OrderKind, OrderRef, OrderState, Price, Quantity, Side,
    TimeInForce, VenueError, VenueFill,
};
use rust_decimal::Decimal;
use std::time::Duration;

use super::{Harness, Trader, eventually, orders::ended};

/// A stop below the market is open, trades nothing, holds what it would sell where the venue does that, and lets go of it when
/// cancelled.
pub async fn a_stop_rests_holds_the_goods_and_is_cancelled(harness: &dyn Harness) {
    let Some(owner) = Owner::of(harness, stop_limit).await else { return };
    owner.rests_and_is_cancelled(stop_limit(&owner), harness.stops_hold_goods()).await;
}

/// The market falls to the stop: it sells, at its limit or better, and everything is told under its client id.
pub async fn a_stop_sells_when_the_market_falls_to_it(harness: &dyn Harness) {
    let Some(owner) = Owner::of(harness, stop_limit).await else { return };
    let near = OrderKind::StopLimit { stop: owner.at(999), price: owner.lowest() };
    let (order, kind) = owner.place(near).await;
    harness.reach(Side::Buy, kind.stop().unwrap()).await;
    owner.sold(&order, kind).await;
}

/// Both legs are one open order, and cancelling it ends both.
pub async fn a_bracket_rests_as_one_order_and_is_cancelled_whole(harness: &dyn Harness) {
    let Some(owner) = Owner::of(harness, bracket).await else { return };
    owner.rests_and_is_cancelled(bracket(&owner), harness.stops_hold_goods()).await;
}

/// The market rises to the take-profit: it sells there, once, and no leg is left.
pub async fn a_bracket_wins_at_its_take_profit_and_its_stop_is_gone(harness: &dyn Harness) {
    let Some(owner) = Owner::of(harness, bracket).await else { return };
    let near = OrderKind::Bracket { take_profit: owner.at(1001), stop: owner.at(900), price: owner.at(800) };
    let (order, kind) = owner.place(near).await;
    harness.reach(Side::Sell, kind.take_profit().unwrap()).await;
    let fills = owner.sold(&order, kind).await;
    assert!(fills.iter().all(|fill| Some(fill.price) >= kind.take_profit()), "{fills:?}");
}

/// The market falls to the stop: it sells, once, and no leg is left.
pub async fn a_bracket_sells_at_its_stop_and_its_take_profit_is_gone(harness: &dyn Harness) {
    let Some(owner) = Owner::of(harness, bracket).await else { return };
    let near = OrderKind::Bracket { take_profit: owner.at(1100), stop: owner.at(999), price: owner.lowest() };
    let (order, kind) = owner.place(near).await;
    harness.reach(Side::Buy, kind.stop().unwrap()).await;
    owner.sold(&order, kind).await;
}

/// What the instrument does not have is refused here, in words.
pub async fn a_kind_that_the_instrument_lacks_is_refused_before_sending(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let contract = trader.executor.contract().resting;
    let (quantity, market) = (trader.quantity().await, market(&trader).await);
    let owner = Owner { quantity, market, band: harness.price_band(), trader };
    for kind in [stop_limit(&owner), bracket(&owner)] {
        if owner.trader.instrument.resting.takes(kind) {
            assert!(contract.takes(kind), "the contract promises less than the instrument");
            continue;
        }
        let (_, placed) = owner.trader.place(Side::Sell, kind, owner.quantity, TimeInForce::Gtc).await;
        let error = placed.unwrap_err();
        assert!(matches!(error, VenueError::Filter(FilterError::KindNotSupported { .. })), "{error}");
    }
}

/// A sell whose limit stands above its stop could never do what it is for.
pub async fn prices_on_the_wrong_sides_are_refused_before_sending(harness: &dyn Harness) {
    let Some(owner) = Owner::of(harness, stop_limit).await else { return };
    let kind = OrderKind::StopLimit { stop: owner.at(800), price: owner.at(850) };
    let (order, placed) = owner.trader.place(Side::Sell, kind, owner.quantity, TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(error, VenueError::Filter(FilterError::PricesOutOfOrder { .. })), "{error}");
    assert_eq!(error.effect(), Effect::None);
    super::orders::assert_absent(&owner.trader, &order).await;
}

/// A user who owns something that a stop can sell.
struct Owner {
    trader: Trader,
    /// What there is to sell, on the lot.
    quantity: Quantity,
    /// The bid, before anything moved.
    market: Price,
    /// How far below it a limit may stand.
    band: i64,
}

impl Owner {
    /// One whose instrument has such orders; elsewhere the rule says nothing.
    async fn of(harness: &dyn Harness, kind: fn(&Self) -> OrderKind) -> Option<Self> {
        let trader = Trader::new(harness).await;
        let market = market(&trader).await;
        let mut owner = Self { quantity: Quantity::ZERO, market, band: harness.price_band(), trader };
        if !owner.trader.instrument.resting.takes(kind(&owner)) {
            return None;
        }
        // Twice, so that what is left after a fee in base is no smaller than an order may be.
        let bought = owner.trader.quantity().await.plus(owner.trader.quantity().await);
        let order = owner.trader.trade(Side::Buy, bought).await;
        ended(&owner.trader, &order).await;
        let base = owner.trader.symbol().base().to_owned();
        let free = owner.trader.balance(&base).await.1;
        owner.quantity = Quantity::new(free).unwrap().floor_to(owner.trader.instrument.lot_size);
        Some(owner)
    }

    /// The lowest limit that the venue takes near the market: a market may jump over a stop.
    fn lowest(&self) -> Price {
        self.at(1000 - self.band)
    }

    /// Thousandths of the market's price, on the tick.
    fn at(&self, thousandths: i64) -> Price {
        let price = self.market.get() * Decimal::new(thousandths, 3);
        Price::new(price).unwrap().floor_to(self.trader.instrument.tick_size).unwrap()
    }

    async fn place(&self, kind: OrderKind) -> (OrderRef, OrderKind) {
        let (order, placed) = self.trader.place(Side::Sell, kind, self.quantity, TimeInForce::Gtc).await;
        placed.unwrap();
        (order, kind)
    }

    async fn rests_and_is_cancelled(&self, kind: OrderKind, holds: bool) {
        let (trader, base) = (&self.trader, self.trader.symbol().base().to_owned());
        let before = trader.balance(&base).await;
        let (order, kind) = self.place(kind).await;
        let open = trader.executor.open_orders(&trader.account).await.unwrap();
        assert!(
            matches!(&open[..], [report] if report.client_id == Some(order.client_id)
                && report.state == OrderState::Working
                && (report.quantity, report.filled) == (self.quantity, Quantity::ZERO)
                && report.kind.keeps(kind, Side::Sell)),
            "{open:?}"
        );
        let held = trader.balance(&base).await;
        assert_eq!(held.0, before.0);
        let free = if holds { before.1 - self.quantity.get() } else { before.1 };
        assert!(held.1 <= free, "{held:?} of {before:?}");
        let by_client_id = OrderRef { venue_order_id: None, ..order.clone() };
        let report = self.found(&by_client_id).await;
        assert_eq!(report.client_id, Some(order.client_id));
        assert!(report.kind.keeps(kind, Side::Sell), "{report:?}");
        for attempt in [&by_client_id, &order] {
            trader.executor.cancel(&trader.account, attempt).await.unwrap();
        }
        let report = ended(trader, &by_client_id).await;
        assert_eq!((report.state, report.filled), (OrderState::Cancelled, Quantity::ZERO));
        assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
        assert_eq!(trader.balance(&base).await, before);
    }

    /// The order ends filled, its executions are told under its client id, and nothing of it is left.
    async fn sold(&self, order: &OrderRef, kind: OrderKind) -> Vec<VenueFill> {
        let trader = &self.trader;
        let report = ended(trader, order).await;
        assert_eq!((report.state, report.filled), (OrderState::Filled, self.quantity), "{report:?}");
        assert_eq!((report.client_id, report.side), (Some(order.client_id), Side::Sell));
        assert!(report.average_price >= kind.worst_price(), "{report:?}");
        let since = trader.now().minus(Duration::from_secs(60));
        let fills = eventually("the fills are told", || async {
            let mut fills = trader.executor.fills_since(&trader.account, since).await.unwrap();
            fills.retain(|fill| fill.client_id == Some(order.client_id));
            let sold: Decimal = fills.iter().map(|fill| fill.quantity.get()).sum();
            (sold == self.quantity.get()).then_some(fills)
        })
        .await;
        assert!(fills.iter().all(|fill| fill.side == Side::Sell && Some(fill.price) >= kind.worst_price()));
        assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
        let (total, free) = trader.balance(trader.symbol().base()).await;
        assert_eq!(total, free);
        assert!(total < trader.instrument.lot_size.max(self.quantity.get()), "{total} is left");
        fills
    }

    async fn found(&self, order: &OrderRef) -> ExecutionReport {
        let since = self.trader.now().minus(Duration::from_secs(60));
        match self.trader.executor.find(&self.trader.account, order, since).await.unwrap() {
            Lookup::Found(report) => report,
            Lookup::Absent => panic!("the order is not found"),
        }
    }
}

async fn market(trader: &Trader) -> Price {
    trader.executor.quote(trader.symbol()).await.unwrap().bid
}

/// Far below the market: it does not come there by itself. The limit is well below the stop, since a market may jump over it.
fn stop_limit(owner: &Owner) -> OrderKind {
    OrderKind::StopLimit { stop: owner.at(900), price: owner.at(800) }
}

/// Far on both sides.
fn bracket(owner: &Owner) -> OrderKind {
    OrderKind::Bracket { take_profit: owner.at(1100), stop: owner.at(900), price: owner.at(800) }
}
