//! What the journal says against what the venues know.

use nija::core::{
    ExecutionId, Fill, JournalEvent, JournalRecord, Order, OrderId, OrderState, PageRequest, Side, UserId,
    VenueClientId, VenueId,
};
use nija_sim::{OrderView, TradeView, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    load::Log,
    settle::waits_for_a_person,
    world::{Trader, World, id},
};

/// As many attempts as an order may have.
const ATTEMPTS: u32 = 21;
const KRAKEN_COST_DECIMALS: u32 = 5;
/// 0.25 % for takers and 0.15 % for makers.
const ALPACA_MAKER_TO_TAKER: Decimal = Decimal::from_parts(1, 0, 0, false, 3);

/// Figures of a run, all of them counted from the journal and the venues.
#[derive(Default)]
pub(crate) struct Truth {
    pub(crate) ends: BTreeMap<String, u64>,
    pub(crate) exits: BTreeMap<String, u64>,
    pub(crate) kinds: BTreeMap<&'static str, u64>,
    pub(crate) fills: BTreeMap<String, u64>,
    pub(crate) venue_orders: BTreeMap<String, u64>,
    /// Orders that were in doubt, by venue and how they ended.
    pub(crate) doubts: BTreeMap<String, u64>,
    pub(crate) failovers: u64,
    pub(crate) for_a_person: u64,
    pub(crate) events: u64,
}

/// What a user's journal says.
struct Book {
    records: Vec<JournalRecord>,
    orders: HashMap<OrderId, Order>,
    fills: Vec<Fill>,
    names: HashMap<VenueClientId, OrderId>,
}

/// Panics, with everything that is wrong, where the two differ.
pub(crate) async fn compare(world: &World, logs: &[Log]) -> Truth {
    let (mut truth, mut wrong) = (Truth::default(), Vec::new());
    for log in logs {
        let trader = world.users.iter().find(|user| user.id == log.user).unwrap();
        let book = Book::read(world, log.user).await;
        for (venue, account) in world.sim.venues().iter().zip(&trader.accounts) {
            let orders = venue.orders(&account.key);
            let trades = venue.trades(&account.key);
            *truth.venue_orders.entry(venue.name.clone()).or_default() += orders.len() as u64;
            *truth.fills.entry(venue.name.clone()).or_default() += trades.len() as u64;
            book.compare_orders(venue, &orders, &mut wrong);
            book.compare_fills(venue, &trades, &mut wrong);
        }
        book.compare_balances(world, trader, &mut wrong);
        book.at_most_one_order_an_intent(world, trader, &mut wrong);
        book.compare_positions(world, &mut wrong).await;
        book.count(world, log, &mut truth, &mut wrong);
    }
    wrong.extend(world.platform.ledger().verify_projections().await.unwrap());
    for line in &wrong {
        println!("WRONG: {line}");
    }
    assert!(wrong.is_empty(), "the journal and the venues differ in {} things", wrong.len());
    truth
}

/// Which client id of ours an order at a venue bears. A bracket of two orders there has a name made from it for each.
pub(crate) fn named(client_id: &str) -> Option<VenueClientId> {
    client_id.split(':').next()?.parse().ok()
}

impl Book {
    async fn read(world: &World, user: UserId) -> Self {
        let ledger = world.platform.ledger();
        let mut records = Vec::new();
        let mut before = None;
        loop {
            let page = ledger.journal(user, PageRequest { before, limit: 1_000 }).await.unwrap();
            before = page.rows.last().map(|(place, _)| *place);
            records.extend(page.rows.into_iter().map(|(_, record)| record));
            if !page.more {
                break;
            }
        }
        records.reverse();
        // Folded here from the journal alone: what the ledger makes of it is compared with this.
        let mut orders: HashMap<OrderId, Order> = HashMap::new();
        let (mut fills, mut names) = (Vec::new(), HashMap::new());
        let mut executions: HashSet<(VenueId, ExecutionId)> = HashSet::new();
        for record in &records {
            match &record.event {
                JournalEvent::IntentAccepted { intent } => {
                    orders.insert(intent.id, Order::new(intent.clone()));
                    for attempt in 0..ATTEMPTS {
                        names.insert(VenueClientId::derive(intent.id, attempt), intent.id);
                    }
                }
                JournalEvent::Filled(fill) => {
                    let name = (fill.execution.venue.clone(), fill.execution.execution_id.clone());
                    assert!(executions.insert(name), "an execution is on record twice: {fill:?}");
                    fills.push(fill.clone());
                }
                _ => {}
            }
            if let Some(order) = record.event.order().and_then(|id| orders.get_mut(&id)) {
                order.apply(&record.event, record.at).unwrap();
            }
        }
        for (id, order) in &orders {
            assert_eq!(ledger.order(user, *id).await.unwrap().as_ref(), Some(order));
        }
        Self { records, orders, fills, names }
    }

    fn of(&self, client_id: Option<&str>) -> Option<&Order> {
        self.orders.get(self.names.get(&named(client_id?)?)?)
    }

    /// Every order there is one here, filled as much and as over as there.
    fn compare_orders(&self, venue: &VenueHandle, orders: &[OrderView], wrong: &mut Vec<String>) {
        // A bracket of two orders there is open as long as one of them is: a target that fills in parts ends its stop at once.
        let is_open = |it: &&OrderView| it.status == "open";
        let open: HashSet<_> =
            orders.iter().filter(is_open).filter_map(|it| named(it.client_id.as_deref()?)).collect();
        for there in orders {
            let Some(here) = self.of(there.client_id.as_deref()) else {
                wrong.push(format!("{}: an order that nobody asked for: {there:?}", venue.name));
                continue;
            };
            let name = there.client_id.as_deref().and_then(named);
            if name.is_some_and(|name| open.contains(&name)) == here.state.is_final() {
                wrong.push(format!("{}: {there:?} is {} here", venue.name, here.state));
            }
        }
        for here in self.orders.values() {
            let Some(leg) = here.leg.as_ref().filter(|leg| leg.venue == id(venue)) else { continue };
            let there: Vec<_> = orders
                .iter()
                .filter(|it| it.client_id.as_deref().and_then(named) == Some(leg.client_id))
                .collect();
            let filled: Decimal = there.iter().map(|it| it.filled).sum();
            if filled != here.filled.get() {
                let (name, filled_here) = (&venue.name, here.filled);
                wrong.push(format!("{name}: {filled} filled there, {filled_here} here: {here:?} {there:?}"));
            }
            let taken =
                matches!(here.state, OrderState::Working | OrderState::PartialFill | OrderState::Filled);
            if there.is_empty() && (taken || leg.venue_order_id.is_some()) {
                wrong.push(format!("{}: never had {here:?}", venue.name));
            }
        }
    }

    /// Every execution there is one here, to the last digit, and the other way round.
    fn compare_fills(&self, venue: &VenueHandle, trades: &[TradeView], wrong: &mut Vec<String>) {
        type Facts = (Option<OrderId>, String, bool, Decimal, Decimal, Decimal, String);
        // Alpaca books fees at the end of the day: what is on record meanwhile is reckoned, and compared in `compare_balances`.
        let fee =
            |fee: Decimal| if venue.kind == VenueKind::Alpaca { Decimal::ZERO } else { fee.normalize() };
        let mut there: Vec<Facts> = trades
            .iter()
            .map(|trade| {
                let order = self.of(trade.client_id.as_deref()).map(Order::id);
                let buy = trade.side == "buy";
                let (price, qty) = (trade.price.normalize(), trade.qty.normalize());
                (order, trade.symbol.clone(), buy, price, qty, fee(trade.fee), trade.fee_asset.clone())
            })
            .collect();
        let mut here: Vec<Facts> = self
            .fills
            .iter()
            .filter(|fill| fill.execution.venue == id(venue))
            .map(|fill| {
                let it = &fill.execution;
                let (price, qty) = (it.price.get().normalize(), it.quantity.get().normalize());
                let symbol = it.symbol.as_str().to_owned();
                let buy = it.side == Side::Buy;
                (fill.order, symbol, buy, price, qty, fee(it.fee), it.fee_asset.clone())
            })
            .collect();
        there.sort();
        here.sort();
        for lost in minus(&there, &here) {
            wrong.push(format!("{}: a fill that is not on record: {lost:?}", venue.name));
        }
        for made_up in minus(&here, &there) {
            wrong.push(format!("{}: a fill that never was: {made_up:?}", venue.name));
        }
    }

    /// What the user had, and every fill on record, is what the venue says that the user has.
    fn compare_balances(&self, world: &World, trader: &Trader, wrong: &mut Vec<String>) {
        for (venue, account) in world.sim.venues().iter().zip(&trader.accounts) {
            let mut expected = account.balances.clone();
            let mut slack: BTreeMap<String, Decimal> = BTreeMap::new();
            for fill in self.fills.iter().filter(|fill| fill.execution.venue == id(venue)) {
                let it = &fill.execution;
                let sign = if it.side == Side::Buy { Decimal::ONE } else { -Decimal::ONE };
                let mut cost = it.quantity.get() * it.price.get();
                if venue.kind == VenueKind::Kraken {
                    // It settles money in whole units of its `cost_decimals`.
                    cost = cost.trunc_with_scale(KRAKEN_COST_DECIMALS);
                }
                *expected.entry(it.symbol.base().to_owned()).or_default() += sign * it.quantity.get();
                *expected.entry(it.symbol.quote().to_owned()).or_default() -= sign * cost;
                *expected.entry(it.fee_asset.clone()).or_default() -= it.fee;
                if venue.kind == VenueKind::Alpaca {
                    // A fee is reckoned to nine digits, as a maker's or a taker's: the venue does not say which it was.
                    let received = if it.side == Side::Buy { it.quantity.get() } else { cost };
                    *slack.entry(it.fee_asset.clone()).or_default() +=
                        received * ALPACA_MAKER_TO_TAKER + Decimal::new(1, 9);
                }
            }
            for (asset, real) in venue.balances(&account.key) {
                let expected = expected.get(&asset).copied().unwrap_or_default();
                if (expected - real.total).abs() > slack.get(&asset).copied().unwrap_or_default() {
                    wrong.push(format!(
                        "{} {asset}: {} there, {expected} by the journal",
                        venue.name, real.total
                    ));
                }
            }
        }
    }

    /// No intent has a second order at any venue: a further attempt is made only where there is provably none.
    fn at_most_one_order_an_intent(&self, world: &World, trader: &Trader, wrong: &mut Vec<String>) {
        let mut names: HashMap<OrderId, HashSet<VenueClientId>> = HashMap::new();
        for (venue, account) in world.sim.venues().iter().zip(&trader.accounts) {
            for there in venue.orders(&account.key) {
                let name = there.client_id.as_deref().and_then(named);
                if let Some((name, order)) = name.and_then(|name| Some((name, *self.names.get(&name)?))) {
                    names.entry(order).or_default().insert(name);
                }
            }
        }
        for (order, names) in names.iter().filter(|(_, names)| names.len() > 1) {
            wrong.push(format!("{order} was sent {} times: {:?}", names.len(), self.orders.get(order)));
        }
    }

    /// Open positions are the sums of the fills.
    async fn compare_positions(&self, world: &World, wrong: &mut Vec<String>) {
        let mut sums: BTreeMap<_, Decimal> = BTreeMap::new();
        for fill in &self.fills {
            let it = &fill.execution;
            *sums.entry((it.venue.clone(), it.symbol.clone())).or_default() += it.base_change();
        }
        sums.retain(|_, sum| !sum.is_zero());
        let Some(user) = self.records.first().map(|record| record.user) else { return };
        let open = world.platform.ledger().open_positions(Some(user)).await.unwrap();
        let open: BTreeMap<_, _> = open.into_iter().map(|it| ((it.venue, it.symbol), it.quantity)).collect();
        if open != sums {
            wrong.push(format!("positions {open:?}, and the fills add up to {sums:?}"));
        }
    }

    fn count(&self, world: &World, log: &Log, truth: &mut Truth, wrong: &mut Vec<String>) {
        truth.events += self.records.len() as u64;
        if log.orders.len() != self.orders.len() {
            wrong.push(format!("{} orders acknowledged, {} on record", log.orders.len(), self.orders.len()));
        }
        for sent in &log.orders {
            let Some(order) = self.orders.get(&sent.id) else {
                wrong.push(format!("an acknowledged order is not on record: {}", sent.id));
                continue;
            };
            let why = order.reason.as_ref().map_or("", |reason| reason.code.as_str());
            let end = format!("{} {why}", order.state);
            *truth.kinds.entry(sent.kind).or_default() += 1;
            if sent.is_exit {
                let found = self.found_against(order).unwrap_or_default();
                *truth.exits.entry(format!("{end} {found}")).or_default() += 1;
            }
            *truth.ends.entry(end).or_default() += 1;
            truth.for_a_person += u64::from(waits_for_a_person(world, order));
            if let (true, Some(leg)) = (self.was_in_doubt(sent.id), &order.leg) {
                *truth.doubts.entry(format!("{} {}", leg.venue, order.state)).or_default() += 1;
            }
        }
        let again = |record: &&JournalRecord| matches!(&record.event, JournalEvent::Routed { leg, .. } if leg.attempt > 0);
        truth.failovers += self.records.iter().filter(again).count() as u64;
    }

    /// What the router had against the venue that an order was meant for.
    fn found_against(&self, order: &Order) -> Option<String> {
        let decision = self.records.iter().find_map(|record| match &record.event {
            JournalEvent::NotRouted { order: of, decision } if *of == order.id() => Some(decision),
            _ => None,
        })?;
        let meant = order.intent.signal.venue.as_ref();
        let candidate = decision.candidates.iter().find(|candidate| Some(&candidate.venue) == meant)?;
        let reasons: Vec<_> = candidate.rejections.iter().map(|reason| reason.as_str()).collect();
        Some(format!("({} {})", order.intent.signal.kind.as_str(), reasons.join(" ")))
    }

    fn was_in_doubt(&self, id: OrderId) -> bool {
        self.records.iter().any(|record| {
            matches!(&record.event, JournalEvent::StateChanged { order, state: OrderState::Unknown, .. } if *order == id)
        })
    }
}

/// What is in one sorted list and not in the other, as often as it is more often there.
fn minus<T: Ord + Clone>(a: &[T], b: &[T]) -> Vec<T> {
    let mut left = b.iter().peekable();
    let mut rest = Vec::new();
    for one in a {
        while left.peek().is_some_and(|other| *other < one) {
            left.next();
        }
        if left.peek() == Some(&one) {
            left.next();
        } else {
            rest.push(one.clone());
        }
    }
    rest
}
