//! Brackets at venues that keep them: found by one who knows nothing, told on the stream as one order that ends once.

use futures::StreamExt;
use nija_core::{
    AccountEvent, Executor, Lookup, OrderKind, OrderRef, OrderState, Price, Quantity, Side, TimeInForce,
    VenueClientId, VenueError,
};
use nija_exchanges::testing::{Harness, Trader, VenueFault, eventually, open_lane, within};
use rust_decimal::Decimal;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// A user who owns something, and what a bracket around the market would sell of it.
pub(crate) struct Holder {
    pub(crate) trader: Trader,
    pub(crate) quantity: Quantity,
    bid: Price,
}

impl Holder {
    pub(crate) async fn of(harness: &dyn Harness) -> Self {
        let trader = Trader::new(harness).await;
        let bid = trader.executor.quote(trader.symbol()).await.unwrap().bid;
        let quantity = trader.quantity().await;
        trader.trade(Side::Buy, quantity.plus(quantity)).await;
        let base = trader.symbol().base().to_owned();
        let free = eventually("it is bought", || async {
            let (total, free) = trader.balance(&base).await;
            (total >= quantity.get() && total == free).then_some(free)
        })
        .await;
        let quantity = Quantity::new(free).unwrap().floor_to(trader.instrument.lot_size);
        Self { trader, quantity, bid }
    }

    /// Prices in thousandths of the market's.
    pub(crate) fn bracket(&self, take_profit: i64, stop: i64, price: i64) -> OrderKind {
        let at = |thousandths: i64| {
            let price = Price::new(self.bid.get() * Decimal::new(thousandths, 3)).unwrap();
            price.floor_to(self.trader.instrument.tick_size).unwrap()
        };
        OrderKind::Bracket { take_profit: at(take_profit), stop: at(stop), price: at(price) }
    }

    pub(crate) async fn sell(&self, kind: OrderKind) -> (OrderRef, Result<(), VenueError>) {
        let (order, placed) = self.trader.place(Side::Sell, kind, self.quantity, TimeInForce::Gtc).await;
        (order, placed.map(|_| ()))
    }
}

/// The answer is lost after the venue took the bracket. One that knows nothing of it finds it by its client id, as one order, and its
/// executions too.
pub(crate) async fn is_found_by_one_who_knows_nothing(harness: &dyn Harness, fresh: Arc<dyn Executor>) {
    let holder = Holder::of(harness).await;
    let (trader, kind) = (&holder.trader, holder.bracket(1_100, 999, 800));
    let since = trader.now().minus(Duration::from_secs(60));
    assert!(harness.fault(VenueFault::LostAfter));
    let (order, placed) = holder.sell(kind).await;
    assert!(matches!(placed, Err(VenueError::AnswerLost { .. })), "{placed:?}");
    let find = async || match fresh.find(&trader.account, &order, since).await.unwrap() {
        Lookup::Found(report) => report,
        Lookup::Absent => panic!("the bracket is not found"),
    };
    let report = find().await;
    assert_eq!((report.client_id, report.state), (Some(order.client_id), OrderState::Working));
    assert!(report.kind.keeps(kind, Side::Sell) && report.quantity == holder.quantity, "{report:?}");
    let open = fresh.open_orders(&trader.account).await.unwrap();
    assert!(matches!(&open[..], [one] if one.client_id == Some(order.client_id)), "{open:?}");
    harness.reach(Side::Buy, kind.stop().unwrap()).await;
    let report = eventually("it is sold", || async {
        let report = find().await;
        report.state.is_final().then_some(report)
    })
    .await;
    assert_eq!((report.state, report.filled), (OrderState::Filled, holder.quantity));
    assert_eq!(report.client_id, Some(order.client_id));
    let fills = fresh.fills_since(&trader.account, since).await.unwrap();
    let sold = fills.iter().filter(|fill| fill.side == Side::Sell);
    assert!(sold.clone().all(|fill| fill.client_id == Some(order.client_id)), "{fills:?}");
    assert_eq!(sold.map(|fill| fill.quantity.get()).sum::<Decimal>(), holder.quantity.get());
    assert!(fresh.open_orders(&trader.account).await.unwrap().is_empty());
}

/// A bracket of which nothing is known here is cancelled whole, by its client id alone.
pub(crate) async fn is_cancelled_by_one_who_knows_nothing(harness: &dyn Harness, fresh: Arc<dyn Executor>) {
    let holder = Holder::of(harness).await;
    let trader = &holder.trader;
    let (order, placed) = holder.sell(holder.bracket(1_100, 900, 800)).await;
    placed.unwrap();
    let by_client_id = OrderRef { venue_order_id: None, ..order };
    fresh.cancel(&trader.account, &by_client_id).await.unwrap();
    eventually("nothing is held any more", || async {
        let (total, free) = trader.balance(trader.symbol().base()).await;
        (total == free).then_some(())
    })
    .await;
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

/// Whichever leg trades, the stream tells of one order that ends once, filled, and of each execution once.
pub(crate) async fn ends_once_on_the_stream(
    harness: &dyn Harness,
    executor: Arc<dyn Executor>,
    by_stop: bool,
) {
    let holder = Holder::of(harness).await;
    let kind = if by_stop { holder.bracket(1_100, 999, 800) } else { holder.bracket(1_001, 900, 800) };
    let mut stream = executor.account_stream(holder.trader.account.clone(), open_lane());
    within(async {
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        let (order, placed) = holder.sell(kind).await;
        placed.unwrap();
        let mine = |id: Option<VenueClientId>| id == Some(order.client_id);
        loop {
            let AccountEvent::Report(report) = stream.next().await.unwrap() else { continue };
            if mine(report.client_id) {
                assert_eq!((report.state, report.quantity), (OrderState::Working, holder.quantity));
                assert!(report.kind.keeps(kind, Side::Sell), "{report:?}");
                break;
            }
        }
        match by_stop {
            true => harness.reach(Side::Buy, kind.stop().unwrap()).await,
            false => harness.reach(Side::Sell, kind.take_profit().unwrap()).await,
        }
        let (mut sold, mut ids, mut ends) = (Decimal::ZERO, BTreeSet::new(), 0);
        // Another order, and money held for it, are told of after all that there is to tell of the first.
        let (mut other, mut shown, mut over) = (None, false, false);
        while !over || sold < holder.quantity.get() {
            match stream.next().await.unwrap() {
                AccountEvent::Fill(fill) if fill.side == Side::Sell => {
                    assert!(mine(fill.client_id), "{fill:?}");
                    assert!(ids.insert(fill.execution_id.clone()), "{fill:?} came twice");
                    sold += fill.quantity.get();
                }
                AccountEvent::Report(report) if mine(report.client_id) && report.state.is_final() => {
                    assert_eq!((report.state, report.filled), (OrderState::Filled, holder.quantity));
                    ends += 1;
                    let after = holder.trader.rest(Side::Buy, holder.trader.quantity().await).await;
                    other = Some(after.client_id);
                }
                AccountEvent::Report(report) if !mine(report.client_id) => {
                    assert_eq!(report.side, Side::Buy, "a leg as an order: {report:?}");
                    shown |= other.is_some() && report.client_id == other;
                }
                AccountEvent::Balance(_) => over |= shown,
                _ => {}
            }
        }
        assert_eq!((ends, sold), (1, holder.quantity.get()));
    })
    .await;
}
