//! Opening with a stop, closing, selling.

use nija_device::core::{OrderSize, OrderState, Quantity, Symbol};
use nija_device::{Opening, Protection, Role, Selling};
use nija_sim::{Fault, FaultKind, VenueKind};
use rust_decimal::Decimal;

use crate::phone::{Phone, btc, opening, price};

/// Buys, and finds the stop of all that was bought at the venue itself; closes, and nothing is left.
async fn opens_and_closes(kind: VenueKind) {
    let phone = Phone::at(kind).await;
    let before = phone.balance("BTC");
    let trade = phone.opened().await;
    assert_eq!((trade.protection(), trade.note.as_ref()), (Protection::Resting, None), "{kind:?} {trade:?}");
    let bought = phone.balance("BTC") - before;
    assert!(bought > Decimal::ZERO);
    assert_eq!(trade.held(), bought, "fees that were taken out of it are not held");
    let [stop] = &phone.open_orders()[..] else { panic!("{:?}", phone.orders()) };
    assert_eq!((stop.side.as_str(), stop.trigger), ("sell", Some(57_000.into())), "{kind:?}");
    assert!(stop.qty <= bought && bought - stop.qty < "0.00001".parse().unwrap(), "{} of {bought}", stop.qty);
    assert_eq!(phone.device.trades(&phone.id()).await.unwrap(), std::slice::from_ref(&trade));

    let closed = phone.device.close(&phone.id(), trade.id).await.unwrap();
    assert!(closed.done && closed.protection() == Protection::NotNeeded, "{closed:?}");
    assert_eq!(phone.open_orders(), []);
    assert!(phone.balance("BTC") - before < "0.00001".parse().unwrap());
    // Each order under an id of its own.
    let mut ids: Vec<_> = closed.legs.iter().map(|leg| leg.client_id).collect();
    assert_eq!(ids.len(), 3);
    ids.dedup();
    assert_eq!(ids.len(), 3);
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn kraken_opens_with_a_resting_stop_and_closes() {
    opens_and_closes(VenueKind::Kraken).await;
}

#[tokio::test]
async fn binance_opens_with_a_resting_stop_and_closes() {
    opens_and_closes(VenueKind::Binance).await;
}

#[tokio::test]
async fn coinbase_opens_with_a_resting_stop_and_closes() {
    opens_and_closes(VenueKind::Coinbase).await;
}

#[tokio::test]
async fn okx_opens_with_a_resting_stop_and_closes() {
    opens_and_closes(VenueKind::Okx).await;
}

#[tokio::test]
async fn alpaca_opens_with_a_resting_stop_and_closes() {
    opens_and_closes(VenueKind::Alpaca).await;
}

fn shares(count: &str) -> Opening {
    Opening {
        symbol: Symbol::new("AAPL-USD").unwrap(),
        size: OrderSize::Base(count.parse().unwrap()),
        stop: price("215"),
        ..opening()
    }
}

/// Alpaca gives prices of stocks to keys alone: the user's own is the only one on a phone.
#[tokio::test]
async fn stocks_are_bought_in_whole_shares_with_a_stop_or_a_stop_and_a_target() {
    let mut phone = Phone::at(VenueKind::Alpaca).await;
    assert!(phone.venue().set_market_open(Some(true)));
    assert!(phone.sim.set_price("AAPL-USD", 230.into()));
    phone.restart();
    let id = phone.id();
    for take_profit in [None, Some(price("260"))] {
        let asked = Opening { take_profit, ..shares("2") };
        let trade = phone.device.open(&id, asked).await.unwrap();
        assert_eq!((trade.protection(), trade.held()), (Protection::Resting, 2.into()), "{trade:?}");
        assert_eq!(phone.balance("AAPL"), 2.into());
        let closed = phone.device.close(&id, trade.id).await.unwrap();
        assert!(closed.done && closed.note.is_none(), "{closed:?}");
        assert_eq!((phone.balance("AAPL"), phone.open_orders().len()), (0.into(), 0));
    }
    // While the market rests nothing would fill at once, and nothing may wait for the morning without its stop.
    assert!(phone.venue().set_market_open(Some(false)));
    phone.restart();
    let before = phone.orders().len();
    let closed = phone.device.open(&id, shares("2")).await.unwrap();
    assert!(closed.done && closed.note.as_ref().unwrap().text.contains("closed"), "{closed:?}");
    assert_eq!(phone.orders().len(), before, "nothing was sent");
    assert!(phone.venue().set_market_open(Some(true)));
    phone.restart();
    // A fraction of a share lives for the day only: neither an entry that fills at once nor a stop that stays.
    let refused = phone.device.open(&id, shares("2.5")).await.unwrap();
    let note = refused.note.unwrap();
    assert!(refused.done && note.text.contains("whole shares"), "{}", note.text);
    assert_eq!(phone.orders().len(), before, "nothing was sent");
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_stop_and_a_target_rest_as_one_where_the_venue_keeps_both() {
    let phone = Phone::at(VenueKind::Coinbase).await;
    let both = Opening { take_profit: Some(price("66000")), ..opening() };
    let trade = phone.device.open(&phone.id(), both).await.unwrap();
    assert_eq!(trade.protection(), Protection::Resting, "{trade:?}");
    let guard = trade.legs.last().unwrap();
    assert_eq!(guard.kind.take_profit(), Some(price("66000")));
    phone.sim.set_price("BTC-USD", 66_500.into());
    let won = phone.device.trade(&phone.id(), trade.id).await.unwrap();
    assert!(won.done, "{won:?}");
    assert_eq!(won.legs.last().unwrap().state, OrderState::Filled);
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_stop_that_went_off_while_the_phone_was_away_is_seen_at_the_next_look() {
    let mut phone = Phone::at(VenueKind::Kraken).await;
    let trade = phone.opened().await;
    phone.sim.set_price("BTC-USD", 56_500.into());
    phone.restart();
    let [after] = &phone.device.settle(&phone.id()).await.unwrap()[..] else { panic!() };
    assert!(after.done && after.held().is_zero(), "{after:?}");
    assert_eq!(after.last_of(Role::Stop), Some(OrderState::Filled));
    assert_eq!(after.id, trade.id);
    assert_eq!(phone.open_orders(), []);
    phone.sim.shutdown().await;
}

/// What a test reads of a trade.
trait Looked {
    fn last_of(&self, role: Role) -> Option<OrderState>;
}

impl Looked for nija_device::Trade {
    fn last_of(&self, role: Role) -> Option<OrderState> {
        self.legs.iter().rev().find(|leg| leg.role == role).map(|leg| leg.state)
    }
}

#[tokio::test]
async fn an_entry_whose_stop_is_refused_is_undone_and_its_owner_told() {
    let phone = Phone::at(VenueKind::Coinbase).await;
    let before = phone.balance("BTC");
    // The market falls below the stop between the fill and the stop's being placed: the venue does not take it any more.
    let handle = phone.venue().clone();
    phone.store.on_set(move |_, text| {
        if text.contains(r#""role":"stop""#) {
            handle.set_price("BTC-USD", 50_000.into());
        }
        Ok(())
    });
    let trade = phone.opened().await;
    assert!(trade.done && trade.protection() == Protection::NotNeeded, "{trade:?}");
    assert_eq!(trade.note.as_ref().unwrap().code, "undone");
    assert_eq!(trade.last_of(Role::Exit), Some(OrderState::Filled));
    assert_eq!(phone.open_orders(), []);
    assert!(phone.balance("BTC") - before < "0.00001".parse().unwrap());
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_position_that_can_neither_be_guarded_nor_sold_is_said_so_at_once_and_guarded_at_the_next_look() {
    let phone = Phone::at(VenueKind::Kraken).await;
    let handle = phone.venue().clone();
    let mut is_broken = false;
    phone.store.on_set(move |_, text| {
        if text.contains(r#""role":"stop""#) && !is_broken {
            is_broken = true;
            // Every order from here on; the refusals are certain, so each is one of a few tries.
            handle.fault(Fault::new(FaultKind::RateLimit).on("/0/private/AddOrder").times(1000));
        }
        Ok(())
    });
    let trade = phone.opened().await;
    assert_eq!(trade.protection(), Protection::Missing, "{trade:?}");
    let note = trade.note.unwrap();
    assert!(note.code == "unprotected" && note.text.contains("NO STOP"), "{}", note.text);
    assert_eq!(phone.orders().len(), 1, "nothing but the entry arrived");
    let refused = phone.device.open(&phone.id(), opening()).await.unwrap_err();
    assert_eq!(refused.code(), "stop_missing");

    phone.venue().clear_faults();
    phone.store.heal();
    let [healed] = &phone.device.settle(&phone.id()).await.unwrap()[..] else { panic!() };
    assert_eq!((healed.protection(), healed.note.as_ref()), (Protection::Resting, None), "{healed:?}");
    assert_eq!(phone.orders().len(), 2);
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn a_close_that_is_refused_puts_the_stop_back() {
    let phone = Phone::at(VenueKind::Kraken).await;
    let trade = phone.opened().await;
    let handle = phone.venue().clone();
    let mut seen = false;
    phone.store.on_set(move |_, text| {
        if text.contains(r#""role":"exit""#) && !seen {
            seen = true;
            // Exactly the tries of the exit: what comes after them is the stop.
            handle.fault(Fault::new(FaultKind::RateLimit).on("/0/private/AddOrder").times(3));
        }
        Ok(())
    });
    let kept = phone.device.close(&phone.id(), trade.id).await.unwrap();
    assert_eq!(kept.protection(), Protection::Resting, "{kept:?}");
    assert_eq!(kept.note.as_ref().unwrap().code, "not_closed");
    assert!(!kept.closing && kept.held() == trade.held());
    let [stop] = &phone.open_orders()[..] else { panic!("{:?}", phone.orders()) };
    assert_eq!(stop.trigger, Some(57_000.into()));
    phone.sim.shutdown().await;
}

#[tokio::test]
async fn what_the_user_has_is_sold_and_a_resting_sale_is_cancelled() {
    let phone = Phone::at(VenueKind::Kraken).await;
    let id = phone.id();
    let quantity: Quantity = "0.01".parse().unwrap();
    let balances = phone.device.balances(&id).await.unwrap();
    let btc_there = balances.iter().find(|balance| balance.asset == "BTC").unwrap().total;
    assert_eq!(btc_there, phone.balance("BTC"));
    let asked = Selling { symbol: btc(), quantity, limit: Some(price("70000")) };
    let resting = phone.device.sell(&id, asked).await.unwrap();
    assert!(!resting.done && resting.legs[0].is_live(), "{resting:?}");
    assert_eq!(phone.open_orders().len(), 1);
    let cancelled = phone.device.cancel(&id, resting.id).await.unwrap();
    assert_eq!((cancelled.done, cancelled.legs[0].state), (true, OrderState::Cancelled));
    assert_eq!(phone.open_orders(), []);

    let sold = phone.device.sell(&id, Selling { symbol: btc(), quantity, limit: None }).await.unwrap();
    assert_eq!((sold.done, sold.legs[0].state), (true, OrderState::Filled), "{sold:?}");
    assert_eq!(phone.balance("BTC"), btc_there - quantity.get());
    phone.sim.shutdown().await;
}
