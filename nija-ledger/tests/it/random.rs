//! Random events, possible and impossible ones, against the slow ledger that is obviously right.

use nija_core::{
    Appended, Fill, HitCause, JournalEvent, KillId, KillScope, Ledger, LedgerError, Order, OrderState,
    PageRequest, PnlBy, PnlQuery, Price, ProtectionId, ProtectionPart, ProtectionPlan, Reason, Side,
    Timestamp, UserId, VenueId,
};
use nija_ledger::testing::{Events, ReferenceLedger};
use nija_test_services::Database;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::store::{Place, Store};

const SYMBOLS: [&str; 3] = ["BTC-USD", "ETH-USD", "BTC-EUR"];
const VENUES: [&str; 2] = ["kraken", "paper"];
const ALL: PageRequest = PageRequest { before: None, limit: usize::MAX };

/// One event, by small numbers that are mapped to what exists.
#[derive(Debug, Clone)]
enum Step {
    Accept { client_id: u8, symbol: usize, parent: Option<usize> },
    Schedule { order: usize, stop: bool },
    Route { order: usize, venue: usize, quantity: u32 },
    State { order: usize, choice: usize, legal: bool },
    Fill(FillStep),
    Value { choice: usize, worth: i16, unvalued: bool },
    Pause(bool),
    Kill { scope: usize, id: u8, choice: u8 },
    Protect { venue: usize, symbol: usize, id: u8, choice: u8 },
}

#[derive(Debug, Clone)]
struct FillStep {
    order: Option<usize>,
    venue: usize,
    symbol: usize,
    execution: u16,
    buy: bool,
    quantity: u32,
    price: u32,
    fee: i16,
    fee_in: FeeIn,
    hours: i64,
}

/// What the venue takes its fee in.
#[derive(Debug, Clone, Copy)]
enum FeeIn {
    Quote,
    Base,
    Other,
    /// In something that nobody quotes.
    Unpriced,
}

/// A user's batch; some reach for what is another user's.
#[derive(Debug, Clone)]
struct Batch {
    user: usize,
    steps: Vec<(bool, Step)>,
}

fn fill() -> impl Strategy<Value = FillStep> {
    let place = (prop::option::of(0..30_usize), 0..2_usize, 0..3_usize, 0..300_u16);
    // Few quantities, so that positions come back to nothing now and then.
    let what = (any::<bool>(), 0..6_u32, 1..u32::MAX, -60..60_i64);
    let fee_in = prop_oneof![3 => Just(FeeIn::Quote), 2 => Just(FeeIn::Base), 1 => Just(FeeIn::Other), 1 => Just(FeeIn::Unpriced)];
    (place, what, (any::<i16>(), fee_in)).prop_map(
        |((order, venue, symbol, execution), (buy, quantity, price, hours), (fee, fee_in))| FillStep {
            order,
            venue,
            symbol,
            execution,
            buy,
            quantity,
            price,
            fee,
            fee_in,
            hours,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let order = 0..30_usize;
    prop_oneof![
        3 => (0..40_u8, 0..3_usize, prop::option::weighted(0.3, 0..30_usize))
            .prop_map(|(client_id, symbol, parent)| Step::Accept { client_id, symbol, parent }),
        1 => (order.clone(), any::<bool>()).prop_map(|(order, stop)| Step::Schedule { order, stop }),
        3 => (order.clone(), 0..2_usize, 1..8_u32)
            .prop_map(|(order, venue, quantity)| Step::Route { order, venue, quantity }),
        4 => (order, any::<usize>(), prop::bool::weighted(0.85))
            .prop_map(|(order, choice, legal)| Step::State { order, choice, legal }),
        6 => fill().prop_map(Step::Fill),
        2 => (any::<usize>(), any::<i16>(), prop::bool::weighted(0.9))
            .prop_map(|(choice, worth, unvalued)| Step::Value { choice, worth, unvalued }),
        1 => any::<bool>().prop_map(Step::Pause),
        3 => (0..2_usize, 0..3_usize, 0..2_u8, 0..6_u8)
            .prop_map(|(venue, symbol, id, choice)| Step::Protect { venue, symbol, id, choice }),
        1 => (0..4_usize, 0..3_u8, 0..3_u8).prop_map(|(scope, id, choice)| Step::Kill { scope, id, choice }),
    ]
}

fn batch() -> impl Strategy<Value = Batch> {
    let steps = prop::collection::vec((prop::bool::weighted(0.04), step()), 1..4);
    (0..2_usize, steps).prop_map(|(user, steps)| Batch { user, steps })
}

/// The event of a step. `orders` are the orders that exist, as they stand.
fn event(owner: &Events, (orders, fills): &(Vec<Order>, Vec<Fill>), step: &Step) -> JournalEvent {
    let pick = |order: usize| {
        let mine: Vec<_> = orders.iter().filter(|order| order.intent.signal.user == owner.user).collect();
        mine.get(order % mine.len().max(1)).copied()
    };
    let nothing = JournalEvent::Paused { paused: false };
    match step {
        Step::Accept { client_id, symbol, parent } => {
            let (name, symbol) = (format!("c-{client_id}"), SYMBOLS[*symbol]);
            let child = parent.and_then(pick).map(|parent| owner.child(&parent.intent, &name));
            Events::accepted(&child.unwrap_or_else(|| owner.intent(&name, symbol)))
        }
        Step::Schedule { order, stop } => pick(*order).map_or(nothing, |order| {
            let reason = Reason::new("cancelled", "cancelled at your request");
            if *stop {
                JournalEvent::Stopped { order: order.id(), reason }
            } else {
                Events::scheduled(&order.intent)
            }
        }),
        Step::Route { order, venue, quantity } => pick(*order).map_or(nothing, |order| {
            Events::routed(
                &order.intent,
                VENUES[*venue],
                0,
                &Decimal::new(i64::from(*quantity), 1).to_string(),
            )
        }),
        Step::State { order, choice, legal } => pick(*order).map_or(nothing, |order| {
            let (all, next) = (OrderState::ALL.as_slice(), order.state.successors());
            let states = if *legal && !next.is_empty() { next } else { all };
            Events::state(order.id(), states[choice % states.len()])
        }),
        Step::Fill(step) => {
            let order = step.order.and_then(pick).map(Order::id);
            let side = if step.buy { Side::Buy } else { Side::Sell };
            let quantity = Decimal::new(i64::from(step.quantity), 1).to_string();
            let price = Decimal::new(i64::from(step.price), 3).to_string();
            let fee = Decimal::new(i64::from(step.fee), 4).to_string();
            let execution = format!("E{}", step.execution);
            let place = (VENUES[step.venue], SYMBOLS[step.symbol], execution.as_str());
            let mut fill = owner.fill(order, place, (side, &quantity, &price, &fee));
            let at = fill.execution.at.micros() + step.hours * 3_600_000_000;
            fill.execution.at = Timestamp::from_micros(at);
            match step.fee_in {
                FeeIn::Quote => fill.execution.fee_asset = fill.execution.symbol.quote().to_owned(),
                FeeIn::Base => {
                    // At most a third of a unit either way: less than most fills, and more than the smallest.
                    fill.execution.fee_asset = fill.execution.symbol.base().to_owned();
                    fill.execution.fee = Decimal::new(i64::from(step.fee), 5);
                    fill.fee_in_quote = fill.execution.fee * fill.execution.price.get();
                }
                FeeIn::Unpriced => {
                    fill.execution.fee_asset = "GAS".to_owned();
                    fill.fee_in_quote = Decimal::ZERO;
                }
                FeeIn::Other => {
                    fill.execution.fee_asset = "BNB".to_owned();
                    fill.fee_in_quote = fill.execution.fee * Decimal::new(61_237, 2);
                }
            }
            JournalEvent::Filled(fill)
        }
        Step::Value { choice, worth, unvalued } => {
            let mine = |fill: &&Fill| fill.user == owner.user && (!unvalued || fill.lacks_fee());
            let mine: Vec<_> = fills.iter().filter(mine).collect();
            let unknown = || owner.fill(None, (VENUES[0], SYMBOLS[0], "E-none"), (Side::Buy, "1", "1", "1"));
            let mut fill =
                mine.get(choice % mine.len().max(1)).map_or_else(unknown, |fill| Fill::clone(fill));
            fill.fee_in_quote = Decimal::new(i64::from(*worth), 5);
            JournalEvent::FeeValued { fill }
        }
        Step::Pause(paused) => JournalEvent::Paused { paused: *paused },
        Step::Protect { venue, symbol, id, choice } => {
            let (venue, symbol) = (VenueId::new(VENUES[*venue]).unwrap(), SYMBOLS[*symbol].parse().unwrap());
            let id = ProtectionId::from_uuid(uuid::Uuid::from_u128(u128::from(*id)));
            let price: Price = "100".parse().unwrap();
            let plan = ProtectionPlan { stop: Some(price), ..ProtectionPlan::default() };
            match choice {
                0..=2 => JournalEvent::ProtectionSet {
                    id,
                    venue,
                    symbol,
                    plan,
                    order: None,
                    held: Decimal::from(*choice),
                },
                3 => JournalEvent::ProtectionMoved { id, venue, symbol, mark: price },
                4 => {
                    let (part, price) = (ProtectionPart::TakeProfit(1), Some(price));
                    JournalEvent::ProtectionHit { id, venue, symbol, part, price, cause: HitCause::Price }
                }
                _ => JournalEvent::ProtectionRemoved { id, venue, symbol },
            }
        }
        Step::Kill { scope, id, choice } => {
            let venue = |n: usize| KillScope::Venue(VenueId::new(VENUES[n]).unwrap());
            let scope = [KillScope::User, KillScope::Platform, venue(0), venue(1)][*scope].clone();
            let id = KillId::from_uuid(uuid::Uuid::from_u128(u128::from(*id)));
            match choice {
                0 => JournalEvent::KillSwitchOn { id, scope, flatten: true },
                1 => {
                    JournalEvent::KillSwitchDone { id, scope, flat: true, left: Vec::new(), dust: Vec::new() }
                }
                _ => JournalEvent::KillSwitchOff { scope },
            }
        }
    }
}

/// Everything that a ledger can be asked, as text that shows every digit.
async fn answers(
    ledger: &impl Ledger,
    users: &[Events],
    known: &[Order],
) -> Result<Vec<String>, LedgerError> {
    let mut all = vec![
        format!("{:#?}", ledger.unsettled_orders().await?),
        format!("{:#?}", ledger.open_positions(None).await?),
        format!("{:#?}", ledger.active_symbols().await?),
        format!("{:#?}", ledger.kill_switches().await?),
        format!("{:#?}", ledger.protections().await?),
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
        all.push(format!(
            "{:#?}",
            [ledger.unvalued_fees(user, usize::MAX).await?, ledger.unvalued_fees(user, 1).await?]
        ));
        all.push(format!("{:#?}", ledger.decisions(user, ALL).await?));
        all.push(format!("{:#?}", ledger.journal(user, ALL).await?));
        all.push(format!("{:#?}", ledger.realised_by_day(user).await?));
        all.push(format!("{:#?}", ledger.paused(user).await?));
        for venue in VENUES {
            all.push(format!("{:#?}", ledger.last_fill_at(user, &VenueId::new(venue).unwrap()).await?));
        }
        let now = 1_700_000_060_000_000;
        for hours in [0_i64, 1, 13, 24, 30, 10_000] {
            let since = Timestamp::from_micros(now - hours * 3_600_000_000);
            all.push(format!("{since} {:#?}", ledger.realised_since(user, since).await?));
        }
        all.extend(profits(ledger, user).await?);
        for order in known {
            all.push(format!("{:#?}", ledger.order(user, order.id()).await?));
            all.push(format!("{:#?}", ledger.children(user, order.id()).await?));
        }
    }
    Ok(all)
}

/// What was won by day, pair and venue: of all days, of some, and page by page.
async fn profits(ledger: &impl Ledger, user: UserId) -> Result<Vec<String>, LedgerError> {
    let mut all = Vec::new();
    let day = |hours: i64| Timestamp::from_micros(1_700_000_060_000_000 + hours * 3_600_000_000).day_start();
    for by in [PnlBy::Day, PnlBy::Pair, PnlBy::Venue] {
        for (from, until) in
            [(None, None), (Some(-24), None), (None, Some(24)), (Some(-30), Some(30)), (Some(9), Some(9))]
        {
            let whole =
                PnlQuery { by, from: from.map(day), until: until.map(day), after: None, limit: usize::MAX };
            let told = ledger.pnl(user, whole.clone()).await?;
            let first = ledger.pnl(user, PnlQuery { limit: 1, ..whole.clone() }).await?;
            let after = first.rows.last().map(|row| row.group.clone());
            let rest = ledger.pnl(user, PnlQuery { after, ..whole }).await?;
            all.push(format!("{by:?} {from:?} {until:?} {told:#?} {first:#?} {rest:#?}"));
        }
    }
    Ok(all)
}

/// All orders and fills of all users.
async fn existing(ledger: &impl Ledger, users: &[Events]) -> (Vec<Order>, Vec<Fill>) {
    let (mut orders, mut fills) = (Vec::new(), Vec::new());
    for events in users {
        let page = ledger.orders(events.user, None, ALL).await.unwrap();
        orders.extend(page.rows.into_iter().map(|(_, order)| order));
        let page = ledger.fills(events.user, ALL).await.unwrap();
        fills.extend(page.rows.into_iter().map(|(_, settled)| settled.fill));
    }
    (orders, fills)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_the_reference_does(batches in prop::collection::vec(batch(), 1..100)) {
        let store = Store::new();
        answers_as_the_reference_does(&|| store.open(), &batches)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn postgres_answers_as_the_reference_does(batches in prop::collection::vec(batch(), 1..100)) {
        if let Some(database) = Database::make() {
            answers_as_the_reference_does(&|| database.open(), &batches)?;
        }
    }
}

fn answers_as_the_reference_does<L: Ledger>(
    open: &dyn Fn() -> L,
    batches: &[Batch],
) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (mut ledger, reference) = (open(), ReferenceLedger::default());
        let users = [Events::new(1), Events::new(2)];
        for (number, Batch { user, steps }) in batches.iter().enumerate() {
            let existing = existing(&reference, &users).await;
            let one = |(foreign, step): &(bool, Step)| {
                event(&users[if *foreign { 1 - user } else { *user }], &existing, step)
            };
            let batch = users[*user].batch(steps.iter().map(one).collect());
            let by_id = |mut appended: Appended| {
                appended.positions.sort_by(|a, b| a.id.cmp(&b.id));
                appended
            };
            let (is, should) = (ledger.append(batch.clone()).await, reference.append(batch).await);
            prop_assert_eq!(format!("{:#?}", is.map(by_id)), format!("{:#?}", should.map(by_id)));
            if number == batches.len() / 2 {
                // Positions and orders read back from the file go on as those in memory do.
                drop(ledger);
                ledger = open();
            }
        }
        let (orders, _) = existing(&reference, &users).await;
        let is = answers(&ledger, &users, &orders).await.unwrap();
        let should = answers(&reference, &users, &orders).await.unwrap();
        prop_assert_eq!(is.len(), should.len());
        for (is, should) in is.iter().zip(&should) {
            prop_assert_eq!(is, should);
        }
        prop_assert_eq!(ledger.verify_projections().await.unwrap(), Vec::<String>::new());
        Ok(())
    })
}
