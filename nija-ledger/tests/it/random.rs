//! Random events, possible and impossible ones, against the slow ledger that is obviously right.

use nija_core::{
    JournalEvent, Ledger, LedgerError, OrderIntent, OrderState, PageRequest, Side, Timestamp, VenueId,
};
use nija_ledger::testing::{Events, ReferenceLedger};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::store::Store;

const SYMBOLS: [&str; 3] = ["BTC-USD", "ETH-USD", "BTC-EUR"];
const VENUES: [&str; 2] = ["kraken", "paper"];
const ALL: PageRequest = PageRequest { before: None, limit: usize::MAX };

/// One event, by small numbers that are mapped to what exists.
#[derive(Debug, Clone)]
enum Step {
    Accept {
        user: usize,
        client_id: u8,
        symbol: usize,
    },
    Route {
        user: usize,
        order: usize,
        venue: usize,
        quantity: u32,
    },
    State {
        user: usize,
        order: usize,
        state: usize,
    },
    Fill {
        user: usize,
        order: Option<usize>,
        venue: usize,
        symbol: usize,
        execution: u8,
        buy: bool,
        quantity: u32,
        price: u32,
        fee: i16,
        days: i64,
    },
    Pause {
        user: usize,
        paused: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let user = 0..2_usize;
    let order = 0..12_usize;
    prop_oneof![
        3 => (user.clone(), 0..20_u8, 0..3_usize).prop_map(|(user, client_id, symbol)| Step::Accept { user, client_id, symbol }),
        3 => (user.clone(), order.clone(), 0..2_usize, 1..100_000_u32)
            .prop_map(|(user, order, venue, quantity)| Step::Route { user, order, venue, quantity }),
        4 => (user.clone(), order.clone(), 0..OrderState::ALL.len())
            .prop_map(|(user, order, state)| Step::State { user, order, state }),
        6 => ((user.clone(), prop::option::of(order), 0..2_usize, 0..3_usize, any::<u8>()),
              (any::<bool>(), 0..100_000_u32, 1..u32::MAX, any::<i16>(), -2..2_i64))
            .prop_map(|((user, order, venue, symbol, execution), (buy, quantity, price, fee, days))|
                Step::Fill { user, order, venue, symbol, execution, buy, quantity, price, fee, days }),
        1 => (user, any::<bool>()).prop_map(|(user, paused)| Step::Pause { user, paused }),
    ]
}

fn event(users: &[Events], known: &mut Vec<OrderIntent>, step: &Step) -> (usize, JournalEvent) {
    let pick = |known: &[OrderIntent], order: usize| known.get(order % known.len().max(1)).cloned();
    match step {
        Step::Accept { user, client_id, symbol } => {
            let intent = users[*user].intent(&format!("c-{client_id}"), SYMBOLS[*symbol]);
            known.push(intent.clone());
            (*user, Events::accepted(&intent))
        }
        Step::Route { user, order, venue, quantity } => {
            let Some(intent) = pick(known, *order) else {
                return (*user, JournalEvent::Paused { paused: true });
            };
            let quantity = Decimal::new(i64::from(*quantity), 4).to_string();
            (*user, Events::routed(&intent, VENUES[*venue], 0, &quantity))
        }
        Step::State { user, order, state } => match pick(known, *order) {
            Some(intent) => (*user, Events::state(intent.id, OrderState::ALL[*state])),
            None => (*user, JournalEvent::Paused { paused: false }),
        },
        Step::Fill { user, order, venue, symbol, execution, buy, quantity, price, fee, days } => {
            let order = order.and_then(|order| pick(known, order)).map(|intent| intent.id);
            let side = if *buy { Side::Buy } else { Side::Sell };
            let texts = [
                Decimal::new(i64::from(*quantity), 4),
                Decimal::new(i64::from(*price), 3),
                Decimal::new(i64::from(*fee), 4),
            ]
            .map(|amount| amount.to_string());
            let place = (VENUES[*venue], SYMBOLS[*symbol], &*format!("E{execution}"));
            let mut fill = users[*user].fill(order, place, (side, &texts[0], &texts[1], &texts[2]));
            let moved = fill.execution.at.micros() + days * 50_000_000_000;
            fill.execution.at = Timestamp::from_micros(moved);
            (*user, JournalEvent::Filled(fill))
        }
        Step::Pause { user, paused } => (*user, JournalEvent::Paused { paused: *paused }),
    }
}

/// Everything that a ledger can be asked, as text that shows every digit.
async fn answers(
    ledger: &impl Ledger,
    users: &[Events],
    known: &[OrderIntent],
) -> Result<Vec<String>, LedgerError> {
    let mut all = vec![
        format!("{:#?}", ledger.unsettled_orders().await?),
        format!("{:#?}", ledger.open_positions(None).await?),
        format!("{:#?}", ledger.active_symbols().await?),
    ];
    for venue in VENUES {
        all.push(format!("{:#?}", ledger.fills_at_venue(&VenueId::new(venue).unwrap()).await?));
    }
    for events in users {
        let user = events.user;
        for state in [None, Some(OrderState::Filled), Some(OrderState::Queued)] {
            all.push(format!("{:#?}", ledger.orders(user, state, ALL).await?));
        }
        all.push(format!("{:#?}", ledger.open_positions(Some(user)).await?));
        all.push(format!("{:#?}", ledger.closed_positions(user, ALL).await?));
        all.push(format!("{:#?}", ledger.fills(user, ALL).await?));
        all.push(format!("{:#?}", ledger.decisions(user, ALL).await?));
        all.push(format!("{:#?}", ledger.journal(user, ALL).await?));
        all.push(format!("{:#?}", ledger.paused(user).await?));
        for venue in VENUES {
            all.push(format!("{:#?}", ledger.last_fill_at(user, &VenueId::new(venue).unwrap()).await?));
        }
        let now = 1_700_000_060_000_000;
        for hours in [0_i64, 1, 13, 24, 30, 10_000] {
            let since = Timestamp::from_micros(now - hours * 3_600_000_000);
            all.push(format!("{since} {:#?}", ledger.realised_since(user, since).await?));
        }
        for intent in known {
            all.push(format!("{:#?}", ledger.order(user, intent.id).await?));
        }
    }
    Ok(all)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_the_reference_does(batches in prop::collection::vec(prop::collection::vec(step(), 1..4), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Store::new();
            let (mut ledger, reference) = (store.open(), ReferenceLedger::default());
            let users = [Events::new(1), Events::new(2)];
            let mut known = Vec::new();
            for (number, steps) in batches.iter().enumerate() {
                let made: Vec<_> = steps.iter().map(|step| event(&users, &mut known, step)).collect();
                let user = made[0].0;
                let batch = users[user].batch(made.into_iter().map(|(_, event)| event).collect());
                let by_id = |mut appended: nija_core::Appended| {
                    appended.positions.sort_by(|a, b| a.id.cmp(&b.id));
                    appended
                };
                let (is, should) = (ledger.append(batch.clone()).await, reference.append(batch).await);
                prop_assert_eq!(format!("{:#?}", is.map(by_id)), format!("{:#?}", should.map(by_id)));
                if number == batches.len() / 2 {
                    // Positions and orders read back from the file go on as those in memory do.
                    drop(ledger);
                    ledger = store.open();
                }
            }
            let is = answers(&ledger, &users, &known).await.unwrap();
            let should = answers(&reference, &users, &known).await.unwrap();
            prop_assert_eq!(is.len(), should.len());
            for (is, should) in is.iter().zip(&should) {
                prop_assert_eq!(is, should);
            }
            prop_assert_eq!(ledger.verify_projections().await.unwrap(), Vec::<String>::new());
            Ok(())
        })?;
    }
}
