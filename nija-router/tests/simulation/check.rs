//! The seven invariants of `execution.md`, once everything has come to rest.

use nija_core::{
    AmbiguityBound, Clock, HitCause, JournalEvent, Ledger, Order, OrderKind, OrderSize, OrderState,
    PageRequest, Price, Protection, ProtectionPart, Side, UserId, VenueClientId,
};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    client::Promises,
    exits,
    fees::{FEE, FEE_ASSET, FEE_ASSET_PRICE, FeesFrom},
    platform::{Platform, usd},
    record::{check_exits_on_record, check_flat},
    resting::{Resting, Trades},
    schedule,
    world::by_hand,
};
use crate::{Engine, support::symbol};

/// The end of a run in which nothing is made any more: as long as anything that failed waits for its next try.
const AT_REST: Duration = Duration::from_secs(32);

/// The journal as it was written.
pub(crate) fn bytes(platform: &Platform) -> Vec<u8> {
    let records = platform.ledger.records();
    records.iter().flat_map(|record| [serde_json::to_vec(record).unwrap(), b"\n".to_vec()].concat()).collect()
}

fn is_attempt(order: &Order, client: Option<VenueClientId>) -> bool {
    client.is_some_and(|id| (0..40).any(|attempt| VenueClientId::derive(order.id(), attempt) == id))
}

/// What the venues have of an order.
fn at_venues(platform: &Platform, order: &Order) -> Vec<Resting> {
    let user = order.intent.signal.user;
    let mut found = Vec::new();
    for venue in &platform.venues {
        let mut exchange = venue.exchange();
        let orders = &exchange.account(user).orders;
        found.extend(orders.iter().filter(|known| is_attempt(order, known.client)).cloned());
    }
    found
}

/// Whether a bracket got what its profit was to get. A stop that went off and waits does too, where the market comes back first: nothing that
/// the venue tells says then which of the two it was.
fn gained(platform: &Platform, user: UserId, there: &Resting) -> bool {
    let Some(profit) = there.kind.take_profit() else { return false };
    platform.venues.iter().any(|venue| {
        let mut exchange = venue.exchange();
        let mut own = exchange.account(user).fills.iter().filter(|fill| fill.venue_order_id == there.id);
        own.any(|fill| match there.side {
            Side::Sell => fill.price >= profit,
            Side::Buy => fill.price <= profit,
        })
    })
}

/// The orders by which an order is carried out.
fn children(platform: &Platform, parent: &Order) -> Vec<Arc<Order>> {
    let mut mine = platform.ledger.orders_of(parent.intent.signal.user);
    mine.retain(|order| order.intent.parent == Some(parent.id()));
    mine
}

/// An order ends with its children, and one of those may be in doubt for ever.
pub(crate) fn waits_for_a_doubt(platform: &Platform, parent: &Order) -> bool {
    let children = children(platform, parent);
    children.iter().any(|child| child.state == OrderState::Unknown && may_stay_unknown(platform, child))
}

/// 1, 2 and 6: an order that is carried out by others is what they came to, never more than was asked for, and ends with them.
fn parent(platform: &Platform, order: &Order) {
    let note = |invariant, what: String| {
        platform.witness.note(invariant, format!("{what}: {order:?}"));
    };
    let children = children(platform, order);
    if !at_venues(platform, order).is_empty() {
        note(1, format!("{} is carried out by others and is at a venue itself", order.id()));
    }
    let sum = |of: fn(&Order) -> Decimal| children.iter().map(|child| of(child)).sum::<Decimal>();
    let made = order.schedule.as_ref().map(|schedule| schedule.children as usize);
    let (filled, spent) = (sum(|child| child.filled.get()), sum(|child| child.filled_notional));
    if filled != order.filled.get() || spent != order.filled_notional || made != Some(children.len()) {
        note(2, format!("{} has {} children, which filled {filled}", order.id(), children.len()));
    }
    let too_much = match order.intent.signal.size {
        OrderSize::Base(size) => filled > size.get(),
        // The last may meet prices up to its collar, and its fees. A sell that meets a better price than it was measured by brings more.
        OrderSize::Quote(size) => {
            let buys = order.intent.signal.side == Side::Buy;
            spent > size.get() * Decimal::new(if buys { 101 } else { 110 }, 2)
        }
    };
    if too_much {
        note(6, format!("{} is larger than it was asked for: {filled} for {spent}", order.id()));
    }
    let alive = children.iter().any(|child| !child.state.is_final());
    if order.state.is_final() && alive {
        note(2, format!("{} ended before its children", order.id()));
    }
    if !order.state.is_final() && !waits_for_a_doubt(platform, order) {
        note(2, format!("{} is {} for ever", order.id(), order.state));
    }
}

/// Without a bound and without a trace nobody ever knows.
pub(crate) fn may_stay_unknown(platform: &Platform, order: &Order) -> bool {
    let Some(leg) = &order.leg else {
        return false;
    };
    let venue = platform.venues.iter().find(|venue| venue.id == leg.venue);
    let unbounded =
        venue.is_some_and(|venue| venue.exchange().contract.ambiguity_bound == AmbiguityBound::Unbounded);
    unbounded && at_venues(platform, order).is_empty()
}

/// Whether the venue has it as the journal does.
pub(crate) fn rests_as_known(platform: &Platform, order: &Order) -> bool {
    let there = at_venues(platform, order);
    there.iter().all(|there| there.is_open() && there.filled == order.filled)
}

/// Everything, at the end of a run.
pub(crate) async fn all(platform: &Arc<Platform>, engine: &Engine, promises: &Promises) {
    for panic in schedule::panics() {
        platform.witness.note(7, format!("the engine panicked: {panic}"));
    }
    orders(platform);
    acknowledged(platform, engine, promises).await;
    check_exits_on_record(platform);
    for user in &platform.users {
        fills(platform, *user).await;
        money(platform, engine, *user).await;
        externals(platform, *user).await;
    }
    audit(platform, engine).await;
    kills(platform, engine);
    stops(platform, engine);
    brackets(platform);
    exits::say_what_they_leave(platform);
    reach(platform);
    super::attended::check(platform);
    at_rest(platform);
    if !platform.ledger.replay_agrees() {
        platform.witness.note(7, "replaying the journal gives something else than its projections");
    }
}

/// 1 and 2: each order is at its venues once at most, and stands here as it does there.
fn orders(platform: &Platform) {
    for order in platform.ledger.all_orders() {
        if order.schedule.is_some() {
            parent(platform, &order);
            continue;
        }
        let there = at_venues(platform, &order);
        if there.len() > 1 {
            platform.witness.note(1, format!("{} is at its venues {} times", order.id(), there.len()));
        }
        let filled: Decimal = there.iter().map(|there| there.filled.get()).sum();
        if order.filled.get() != filled {
            let what = format!("{} filled {} and {filled} at its venue: {order:?}", order.id(), order.filled);
            platform.witness.note(2, what);
        }
        let alive = there.iter().any(Resting::is_open);
        if alive && order.state.is_final() {
            let what = format!("{} is {} and lives at its venue", order.id(), order.state);
            platform.witness.note(1, what);
        }
        let waits = match order.state {
            OrderState::Working | OrderState::PartialFill => !alive,
            OrderState::Unknown => !may_stay_unknown(platform, &order),
            state => !state.is_final(),
        };
        if waits {
            platform.witness.note(2, format!("{} is {} for ever: {there:?}", order.id(), order.state));
        }
    }
}

/// 2: whatever was acknowledged is there, and still is the same.
async fn acknowledged(platform: &Platform, engine: &Engine, promises: &Promises) {
    let all = promises.acknowledged.lock().clone();
    for (signal, order) in all {
        let user = signal.user;
        let known = platform.ledger.order_by_client_id(user, &signal.client_order_id).await.unwrap();
        if known.as_ref().map(Order::id) != Some(order) {
            platform.witness.note(2, format!("{order} was acknowledged and is lost"));
            continue;
        }
        let again = engine.submit(signal).await;
        if !again.as_ref().is_ok_and(|again| again.replayed && again.order.id() == order) {
            platform.witness.note(2, format!("{order} asked for again gave {again:?}"));
        }
    }
}

/// 2: the executions on record are the venues', each once.
async fn fills(platform: &Platform, user: UserId) {
    let newest = PageRequest { before: None, limit: usize::MAX - 1 };
    let known = platform.ledger.fills(user, newest).await.unwrap();
    let mut ours: BTreeMap<_, usize> = BTreeMap::new();
    for (_, settled) in &known.rows {
        let execution = &settled.fill.execution;
        *ours.entry((execution.venue.clone(), execution.execution_id.clone())).or_default() += 1;
    }
    for venue in &platform.venues {
        for fill in &venue.exchange().account(user).fills {
            if ours.remove(&(fill.venue.clone(), fill.execution_id.clone())) != Some(1) {
                let what =
                    format!("execution {} of {} is not on record once", fill.execution_id, fill.symbol);
                platform.witness.note(2, what);
            }
        }
    }
    if !ours.is_empty() {
        platform.witness.note(2, format!("executions that never were: {ours:?}"));
    }
}

/// 3: positions are the sum of fills, and money is conserved to the last digit.
async fn money(platform: &Platform, engine: &Engine, user: UserId) {
    let account = engine.account(user).await.unwrap();
    let (mut cash, mut free, mut goods) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    // What the third asset for fees is worth now, and was in the beginning.
    let (mut third, mut deposits) = (Decimal::ZERO, Decimal::ZERO);
    let mut held = BTreeMap::new();
    for venue in &platform.venues {
        let mut exchange = venue.exchange();
        let balance = exchange.balance(user, platform.money, nija_core::Timestamp::default());
        cash += balance.total;
        free += balance.available;
        deposits += platform.deposit;
        for (asset, total) in exchange.account(user).totals.clone() {
            if asset == FEE_ASSET {
                third += total * Decimal::from(FEE_ASSET_PRICE);
                deposits += venue.fee_deposit * Decimal::from(FEE_ASSET_PRICE);
                continue;
            }
            // What was there in the beginning is no position.
            let total = total - platform.goods(&asset);
            if asset != platform.money && !total.is_zero() {
                let traded = symbol(&format!("{asset}-{}", platform.money));
                held.insert((venue.id.clone(), traded.clone()), total);
                goods += total * last_price(engine, &venue.id, &traded);
            }
        }
    }
    let positions = platform.ledger.positions_of(user);
    let known: BTreeMap<_, _> =
        positions.iter().map(|open| ((open.venue.clone(), open.symbol.clone()), open.quantity)).collect();
    if known != held {
        platform.witness.note(3, format!("positions are {known:?} and the venues have {held:?}"));
    }
    // The account is measured in USD.
    let rate = usd(platform.money);
    if account.equity != (cash + goods) * rate {
        let what = format!("equity is {} and the venues have {}", account.equity, (cash + goods) * rate);
        platform.witness.note(3, what);
    }
    let won = (cash + goods + third - deposits) * rate;
    // An average price may have digits without end, so profit is told to a trillionth.
    if (account.pnl_total - won).abs() > Decimal::new(1, 12) {
        platform.witness.note(3, format!("profit is {} and {won} was won", account.pnl_total));
    }
    let doubted: Decimal = platform
        .ledger
        .orders_of(user)
        .iter()
        .filter(|order| order.state == OrderState::Unknown)
        .filter_map(|order| Some(order.remaining().get() * order.leg.as_ref()?.worst_price().get()))
        .sum();
    let doubted = doubted * Decimal::new(10_027, 4);
    // What is free is what the venues say, less what is in doubt, and less what live buys hold here alone: fees that a venue takes from something
    // else, and limits that it brings nearer; their own holds round up a little.
    let not_held = not_held_there(platform, user);
    let told = account.cash / rate;
    if told > free || told < free - doubted - not_held - Decimal::new(1, 6) {
        let what = format!(
            "{told} is free, the venues say {free}, {doubted} is in doubt, {not_held} is held here alone"
        );
        platform.witness.note(3, what);
    }
}

/// What live buys hold here and not at their venues.
fn not_held_there(platform: &Platform, user: UserId) -> Decimal {
    let live = platform.ledger.orders_of(user);
    let buys = live.iter().filter(|order| order.intent.signal.side == Side::Buy);
    let fees = buys.filter(|order| !order.state.is_final()).filter_map(|order| {
        let leg = order.leg.as_ref()?;
        let venue = platform.venues.iter().find(|venue| venue.id == leg.venue)?;
        let elsewhere = venue.exchange().fees != FeesFrom::Quote;
        let ours = leg.worst_price().get();
        // A venue that sets a bracket's limit itself holds no more than that.
        let theirs = at_venues(platform, order).iter().find_map(|there| there.kind.worst_price());
        let nearer = (ours - theirs.map_or(ours, Price::get)).max(Decimal::ZERO) * (Decimal::ONE + FEE);
        let fee = if elsewhere { ours * FEE } else { Decimal::ZERO };
        Some(order.remaining().get() * (fee + nearer))
    });
    fees.sum()
}

fn last_price(engine: &Engine, venue: &nija_core::VenueId, symbol: &nija_core::Symbol) -> Decimal {
    let market = engine.market();
    let view = market.markets.get(&(venue.clone(), symbol.clone()));
    view.and_then(|view| view.quote).map(|quote| quote.bid.get()).unwrap_or_default()
}

/// 6 and 7: kill switches stand as the journal says, their work ends, and what they say of the venues is so.
fn kills(platform: &Platform, engine: &Engine) {
    let reports = engine.kill_switches(None);
    let mut on: Vec<_> = reports.iter().map(|report| report.switch.clone()).collect();
    on.sort_by_key(|on| (on.user, on.scope.name()));
    if on != platform.ledger.kills() {
        platform.witness.note(7, format!("memory has {on:?} and the journal {:?}", platform.ledger.kills()));
    }
    for report in &reports {
        check_flat(platform, report);
        if !report.done && !never_confirmed(platform) {
            platform.witness.note(6, format!("a kill switch is at work for ever: {report:?}"));
        }
    }
}

/// Stops that went off and whose position is open still, though an order could close it.
pub(crate) fn stops_at_work(platform: &Platform) -> impl Iterator<Item = Protection> {
    let at_work = |standing: &Protection| {
        if standing.hit(ProtectionPart::Stop).is_none() {
            return false;
        }
        let doubtful = platform.ledger.orders_of(standing.user).iter().any(|order| {
            order.state == OrderState::Unknown
                && order.intent.signal.symbol == standing.symbol
                && may_stay_unknown(platform, order)
        });
        let positions = platform.ledger.positions_of(standing.user);
        let open =
            positions.iter().find(|open| open.venue == standing.venue && open.symbol == standing.symbol);
        let venue = platform.venues.iter().find(|venue| venue.id == standing.venue).unwrap();
        let price = venue.exchange().prices[&standing.symbol];
        let sellable = open.is_some_and(|open| open.quantity.abs() * price >= Decimal::new(101, 2));
        sellable && !doubtful
    };
    platform.ledger.guarded().into_iter().filter(at_work).collect::<Vec<_>>().into_iter()
}

/// 6: a stop that went off ends in an exit; what is guarded is known as the journal has it; what rests for it is no more than it.
fn stops(platform: &Platform, engine: &Engine) {
    for stop in stops_at_work(platform) {
        let alarms: Vec<_> = engine.venues().into_iter().filter_map(|venue| venue.detail).collect();
        let (symbol, venue) = (&stop.symbol, &stop.venue);
        let what =
            format!("the stop of {symbol} at {venue} went off and nothing came of it: {stop:?}, {alarms:?}");
        platform.witness.note(6, what);
    }
}

/// 2: of a bracket's two legs the one that the venue executed is the one that went off, and no other.
fn brackets(platform: &Platform) {
    for record in platform.ledger.records() {
        let JournalEvent::ProtectionHit { id, part, price: None, cause: HitCause::Price, .. } = &record.event
        else {
            continue;
        };
        let rests = format!("nija:p{}r:", id.as_uuid().simple());
        let orders = platform.ledger.orders_of(record.user);
        let rested =
            orders.iter().filter(|order| order.intent.signal.client_order_id.as_str().starts_with(&rests));
        let legs: Vec<_> = rested
            .flat_map(|order| at_venues(platform, order))
            .filter(|there| !there.filled.is_zero())
            .map(|there| (there.trades, there.kind, gained(platform, record.user, &there)))
            .collect();
        let profit = |(trades, kind, _): &(Trades, OrderKind, bool)| {
            kind.take_profit().is_some_and(|profit| *trades == Trades::At(profit))
        };
        let executed = match part {
            ProtectionPart::Stop => legs.iter().any(|leg| !profit(leg)),
            ProtectionPart::TakeProfit(_) => legs.iter().any(|leg| profit(leg) || leg.2),
        };
        if !executed {
            platform
                .witness
                .note(2, format!("{part:?} of {id} went off at its venue, which executed {legs:?}"));
        }
    }
}

/// 5: no exit is refused for a limit that is too far away, and nothing that guards a position for one that is too near.
fn reach(platform: &Platform) {
    let orders = platform.ledger.all_orders();
    for venue in &platform.venues {
        for refused in &venue.exchange().refused_for_price {
            let order = orders.iter().find(|order| is_attempt(order, Some(refused.client)));
            let wrong = order.filter(|order| {
                let signal = &order.intent.signal;
                let guards = signal.client_order_id.as_str().starts_with("nija:p");
                signal.signal_type.is_exit() && (!refused.near || guards)
            });
            if let Some(order) = wrong {
                platform
                    .witness
                    .note(5, format!("{} refused {} for its limit: {order:?}", venue.id, order.id()));
            }
        }
    }
}

/// 2: once nothing happens any more nothing is made any more.
fn at_rest(platform: &Platform) {
    let since = platform.clock.now().minus(AT_REST);
    let orders = platform.ledger.all_orders();
    let made: Vec<_> = orders.iter().filter(|order| order.intent.received_at > since).collect();
    if !made.is_empty() {
        platform.witness.note(2, format!("orders are made for ever: {made:?}"));
    }
}

/// Whether an order is in doubt for ever.
pub(crate) fn never_confirmed(platform: &Platform) -> bool {
    let orders = platform.ledger.all_orders();
    orders.iter().any(|order| order.state == OrderState::Unknown && may_stay_unknown(platform, order))
}

/// Orders made by hand are left alone.
async fn externals(platform: &Platform, user: UserId) {
    for venue in &platform.venues {
        let orders = venue.exchange().account(user).orders.clone();
        for order in by_hand(&orders) {
            if order.state == OrderState::Cancelled && order.filled.is_zero() {
                platform.witness.note(4, format!("{} was made by hand and was cancelled", order.id));
            }
        }
    }
}

/// 3 and 7: memory is what the journal says, at any moment, and holds what the live orders add up to.
pub(crate) async fn audit(platform: &Platform, engine: &Engine) {
    for user in &platform.users {
        let known = engine.inner.users.read().get(user).cloned();
        let Some(known) = known else {
            continue;
        };
        // No append of this user is under way while the lock is held.
        let state = known.state.lock().await;
        if !state.sums_hold() {
            platform.witness.note(3, format!("the reservations of {user} are not those of the live orders"));
        }
        let days = nija_core::Ledger::realised_by_day(platform.ledger.as_ref(), *user).await.unwrap();
        let now = platform.clock.now();
        if !state.realised.agrees(&days, now, &engine.inner.market.rates(now)) {
            platform.witness.note(7, format!("memory has {:?} and the journal {days:?}", state.realised));
        }
        let live: BTreeMap<_, _> = state.orders.iter().map(|(id, live)| (*id, live.order.clone())).collect();
        let recorded: BTreeMap<_, _> = platform
            .ledger
            .orders_of(*user)
            .iter()
            .filter(|order| !order.state.is_final())
            .map(|order| (order.id(), Order::clone(order)))
            .collect();
        if live != recorded {
            platform.witness.note(7, format!("memory has {live:?} and the journal {recorded:?}"));
        }
        let guarded: Vec<_> = state.protections.values().cloned().collect();
        let mut on_record = platform.ledger.guarded();
        on_record.retain(|standing| standing.user == *user);
        if guarded != on_record {
            platform.witness.note(7, format!("memory has {guarded:?} and the journal {on_record:?}"));
        }
        let positions: Vec<_> = state.positions.values().cloned().collect();
        let mut on_record: Vec<_> =
            platform.ledger.positions_of(*user).iter().map(|open| (**open).clone()).collect();
        on_record.sort_by(|a, b| (&a.venue, &a.symbol).cmp(&(&b.venue, &b.symbol)));
        if positions != on_record {
            platform.witness.note(7, format!("memory has {positions:?} and the journal {on_record:?}"));
        }
    }
}
