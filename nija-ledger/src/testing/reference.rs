//! A ledger that keeps only the journal and answers every question by reading all of it.

use async_trait::async_trait;
use nija_core::{
    Appended, ClientOrderId, CredentialId, EquityKeep, EquitySample, Fill, JournalBatch, JournalEvent,
    JournalRecord, KillSwitch, Ledger, LedgerError, LedgerPage, Order, OrderId, OrderState, PageRequest,
    PnlBy, PnlPage, PnlQuery, Position, PositionId, Protection, RealisedPnl, RiskStanding, RouteDecision,
    RoutingPreference, SettledFill, Symbol, Timestamp, UserId, VenueBan, VenueId, thin_samples,
};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::replay::{book, fills, follows, group, of_user, orders, pnl_row};
use crate::exact::ExactSum;

/// Slow and in memory, for comparison with real ledgers.
#[derive(Debug, Default)]
pub struct ReferenceLedger {
    records: Mutex<Vec<JournalRecord>>,
    nonces: Mutex<HashMap<CredentialId, u64>>,
    samples: Mutex<Samples>,
    bans: Mutex<BTreeMap<VenueId, VenueBan>>,
}

/// Samples of accounts' worth as they are kept.
#[derive(Debug, Default)]
struct Samples {
    all: BTreeMap<(UserId, Timestamp), EquitySample>,
    /// By the first moment of their day.
    days: BTreeMap<(UserId, Timestamp), EquitySample>,
}

fn page<T>(mut oldest_first: Vec<(u64, T)>, page: PageRequest) -> LedgerPage<T> {
    oldest_first.retain(|(place, _)| page.before.is_none_or(|before| *place < before));
    oldest_first.reverse();
    let more = oldest_first.len() > page.limit;
    oldest_first.truncate(page.limit);
    LedgerPage { rows: oldest_first, more }
}

#[async_trait]
impl Ledger for ReferenceLedger {
    async fn append(&self, batch: JournalBatch) -> Result<Appended, LedgerError> {
        let mut stored = self.records.lock();
        let mut records = stored.clone();
        let first = records.len();
        for event in batch.events {
            let record =
                JournalRecord { seq: records.len() as u64 + 1, user: batch.user, at: batch.at, event };
            if follows(&records, &record)? {
                records.push(record);
            }
        }
        *stored = records;
        let before = book(&stored[..first]);
        let after = book(&stored);
        let is_new = |position: &Position| {
            !before.open.values().any(|(_, known)| known == position)
                && !before.closed.iter().any(|(_, known)| known == position)
        };
        let changed = after.closed.into_iter().chain(after.open.into_values());
        Ok(Appended {
            records: stored[first..].to_vec(),
            positions: changed.map(|(_, position)| position).filter(is_new).collect(),
        })
    }

    async fn order(&self, user: UserId, order: OrderId) -> Result<Option<Order>, LedgerError> {
        let mut orders = of_user(orders(&self.records.lock()), user).into_iter();
        Ok(orders.find(|(_, o)| o.id() == order).map(|(_, order)| order))
    }

    async fn order_by_client_id(
        &self,
        user: UserId,
        id: &ClientOrderId,
    ) -> Result<Option<Order>, LedgerError> {
        let mut orders = of_user(orders(&self.records.lock()), user).into_iter();
        let found = orders.find(|(_, order)| order.intent.signal.client_order_id == *id);
        Ok(found.map(|(_, order)| order))
    }

    async fn orders(
        &self,
        user: UserId,
        state: Option<OrderState>,
        request: PageRequest,
    ) -> Result<LedgerPage<Order>, LedgerError> {
        let mut orders = of_user(orders(&self.records.lock()), user);
        orders.retain(|(_, order)| state.is_none_or(|state| order.state == state));
        Ok(page(orders, request))
    }

    async fn children(&self, user: UserId, parent: OrderId) -> Result<Vec<Order>, LedgerError> {
        let orders = of_user(orders(&self.records.lock()), user).into_iter().map(|(_, order)| order);
        Ok(orders.filter(|order| order.intent.parent == Some(parent)).collect())
    }

    async fn unsettled_orders(&self) -> Result<Vec<Order>, LedgerError> {
        let orders = orders(&self.records.lock()).into_iter().map(|(_, order)| order);
        Ok(orders.filter(|order| !order.state.is_final()).collect())
    }

    async fn open_positions(&self, user: Option<UserId>) -> Result<Vec<Position>, LedgerError> {
        let mut open: Vec<_> = book(&self.records.lock()).open.into_values().collect();
        open.retain(|(_, position)| user.is_none_or(|user| position.user == user));
        open.sort_by_key(|(opened, _)| *opened);
        Ok(open.into_iter().map(|(_, position)| position).collect())
    }

    async fn closed_positions(
        &self,
        user: UserId,
        request: PageRequest,
    ) -> Result<LedgerPage<Position>, LedgerError> {
        let mut closed = book(&self.records.lock()).closed;
        closed.retain(|(_, position)| position.user == user);
        Ok(page(closed, request))
    }

    async fn position(&self, user: UserId, id: &PositionId) -> Result<Option<Position>, LedgerError> {
        let book = book(&self.records.lock());
        let mut all = book.closed.into_iter().chain(book.open.into_values());
        let found = all.find(|(_, position)| position.user == user && position.id == *id);
        Ok(found.map(|(_, position)| position))
    }

    async fn fills(
        &self,
        user: UserId,
        request: PageRequest,
    ) -> Result<LedgerPage<SettledFill>, LedgerError> {
        let mut settled = book(&self.records.lock()).settled;
        settled.retain(|(_, settled)| settled.fill.user == user);
        Ok(page(settled, request))
    }

    async fn last_fill_at(&self, user: UserId, venue: &VenueId) -> Result<Option<Timestamp>, LedgerError> {
        let records = self.records.lock();
        let mine = fills(&records).filter(|(_, f)| f.user == user && f.execution.venue == *venue);
        Ok(mine.map(|(_, fill)| fill.execution.at).max())
    }

    async fn fills_at_venue(&self, venue: &VenueId) -> Result<Vec<Fill>, LedgerError> {
        let records = self.records.lock();
        let there = fills(&records).filter(|(_, fill)| fill.execution.venue == *venue);
        Ok(there.map(|(_, fill)| fill.clone()).collect())
    }

    async fn unvalued_fees(&self, user: UserId, most: usize) -> Result<Vec<Fill>, LedgerError> {
        let settled = book(&self.records.lock()).settled.into_iter().map(|(_, settled)| settled.fill);
        Ok(settled.filter(|fill| fill.user == user && fill.lacks_fee()).take(most).collect())
    }

    async fn realised_since(&self, user: UserId, since: Timestamp) -> Result<Vec<RealisedPnl>, LedgerError> {
        let mut sums = BTreeMap::<String, (ExactSum, ExactSum)>::new();
        for (_, SettledFill { fill, realised_pnl }) in book(&self.records.lock()).settled {
            if fill.user == user && fill.execution.at >= since {
                let sum = sums.entry(fill.execution.symbol.quote().to_owned()).or_default();
                sum.0 = sum.0.add(realised_pnl).unwrap();
                sum.1 = sum.1.add(fill.fee_in_quote).unwrap();
            }
        }
        let one = |(currency, (realised, fees)): (String, (ExactSum, ExactSum))| RealisedPnl {
            currency,
            realised: realised.to_decimal().unwrap(),
            fees: fees.to_decimal().unwrap(),
        };
        Ok(sums.into_iter().map(one).collect())
    }

    async fn decisions(
        &self,
        user: UserId,
        request: PageRequest,
    ) -> Result<LedgerPage<(OrderId, RouteDecision)>, LedgerError> {
        let records = self.records.lock();
        let mine = records.iter().filter(|record| record.user == user);
        let decisions = mine.filter_map(|record| {
            let (order, decision) = record.event.decision()?;
            Some((record.seq, (order, decision.clone())))
        });
        Ok(page(decisions.collect(), request))
    }

    async fn journal(
        &self,
        user: UserId,
        request: PageRequest,
    ) -> Result<LedgerPage<JournalRecord>, LedgerError> {
        let records = self.records.lock();
        let mine = records.iter().filter(|record| record.user == user);
        Ok(page(mine.map(|record| (record.seq, record.clone())).collect(), request))
    }

    async fn order_journal(&self, user: UserId, order: OrderId) -> Result<Vec<JournalRecord>, LedgerError> {
        let records = self.records.lock();
        let of_it =
            records.iter().filter(|record| record.user == user && record.event.order() == Some(order));
        Ok(of_it.cloned().collect())
    }

    async fn paused(&self, user: UserId) -> Result<Option<Timestamp>, LedgerError> {
        let mut since = None;
        for record in self.records.lock().iter().filter(|record| record.user == user) {
            if let JournalEvent::Paused { paused } = record.event {
                since = paused.then(|| since.unwrap_or(record.at));
            }
        }
        Ok(since)
    }

    async fn kill_switches(&self) -> Result<Vec<KillSwitch>, LedgerError> {
        let mut on = BTreeMap::new();
        for record in self.records.lock().iter() {
            if let Some(scope) = record.event.kill_scope() {
                let key = (record.user, scope.name());
                let folded = KillSwitch::fold(on.remove(&key), record.user, record.at, &record.event);
                on.extend(folded.map(|switch| (key, switch)));
            }
        }
        Ok(on.into_values().collect())
    }

    async fn routing_preference(&self, user: UserId) -> Result<RoutingPreference, LedgerError> {
        let records = self.records.lock();
        let mine = records.iter().rev().filter(|record| record.user == user);
        let newest = mine.filter_map(|record| match record.event {
            JournalEvent::RoutingPreferred { preference } => Some(preference),
            _ => None,
        });
        Ok(newest.take(1).next().unwrap_or_default())
    }

    async fn protections(&self) -> Result<Vec<Protection>, LedgerError> {
        let records = self.records.lock();
        let (mut guarded, mut open) = (BTreeMap::new(), BTreeMap::new());
        for record in records.iter() {
            let key = |venue: &VenueId, symbol: &Symbol| (record.user, venue.clone(), symbol.clone());
            if let Some((venue, symbol)) = record.event.protected() {
                let key = key(venue, symbol);
                let folded = Protection::fold(guarded.remove(&key), record.user, record.at, &record.event);
                guarded.extend(folded.map(|protection| (key, protection)));
            }
            if let JournalEvent::Filled(fill) = &record.event {
                let key = key(&fill.execution.venue, &fill.execution.symbol);
                let change = Position::fold(open.remove(&key), fill);
                let left = change.open.as_ref().map(|open| open.quantity);
                let followed = Protection::follow(guarded.remove(&key), change.closed.is_some(), left);
                guarded.extend(followed.map(|protection| (key.clone(), protection)));
                open.extend(change.open.map(|position| (key, position)));
            }
        }
        Ok(guarded.into_values().collect())
    }

    async fn risk_settings(&self, user: UserId) -> Result<RiskStanding, LedgerError> {
        let records = self.records.lock();
        let changes = records.iter().rev().filter(|record| record.user == user);
        let mut standings = changes.filter_map(|record| match &record.event {
            JournalEvent::RiskSettingsChanged { standing } => Some(standing.clone()),
            _ => None,
        });
        Ok(standings.next().unwrap_or_default())
    }

    async fn realised_by_day(&self, user: UserId) -> Result<Vec<(Timestamp, RealisedPnl)>, LedgerError> {
        let mut days = BTreeMap::<(Timestamp, String), (ExactSum, ExactSum)>::new();
        for (_, SettledFill { fill, realised_pnl }) in book(&self.records.lock()).settled {
            if fill.user == user {
                let day = (fill.execution.at.day_start(), fill.execution.symbol.quote().to_owned());
                let sum = days.entry(day).or_default();
                sum.0 = sum.0.add(realised_pnl).unwrap();
                sum.1 = sum.1.add(fill.fee_in_quote).unwrap();
            }
        }
        let one = |((day, currency), (realised, fees)): ((Timestamp, String), (ExactSum, ExactSum))| {
            let (realised, fees) = (realised.to_decimal().unwrap(), fees.to_decimal().unwrap());
            (day, RealisedPnl { currency, realised, fees })
        };
        Ok(days.into_iter().map(one).collect())
    }

    async fn pnl(&self, user: UserId, query: PnlQuery) -> Result<PnlPage, LedgerError> {
        if query.after.as_ref().is_some_and(|after| after.by() != query.by) {
            return Err(LedgerError::Invalid("the page goes on after a group of another kind".into()));
        }
        let settled = book(&self.records.lock()).settled.into_iter().map(|(_, settled)| settled);
        let mine: Vec<_> = settled
            .filter(|settled| {
                let day = settled.fill.execution.at.day_start();
                settled.fill.user == user
                    && query.from.is_none_or(|from| day >= from)
                    && query.until.is_none_or(|until| day < until)
            })
            .collect();
        let mut groups: Vec<_> = mine.iter().map(|settled| group(query.by, settled)).collect();
        groups.sort();
        groups.dedup();
        if query.by == PnlBy::Day {
            groups.reverse();
        }
        if let Some(after) = &query.after {
            groups.retain(|group| if query.by == PnlBy::Day { group < after } else { group > after });
        }
        let more = groups.len() > query.limit;
        groups.truncate(query.limit);
        let rows = groups.into_iter().flat_map(|of| {
            let of_it: Vec<_> = mine.iter().filter(|settled| group(query.by, settled) == of).collect();
            let quote = |settled: &SettledFill| settled.fill.execution.symbol.quote().to_owned();
            let currencies: BTreeSet<_> = of_it.iter().map(|settled| quote(settled)).collect();
            let row = |currency: String| {
                let in_it: Vec<_> =
                    of_it.iter().copied().filter(|settled| quote(settled) == currency).collect();
                pnl_row(of.clone(), currency, &in_it)
            };
            currencies.into_iter().map(row).collect::<Vec<_>>()
        });
        Ok(PnlPage { rows: rows.collect(), more })
    }

    async fn keep_equity(&self, samples: Vec<EquitySample>, keep: EquityKeep) -> Result<(), LedgerError> {
        let mut kept = self.samples.lock();
        for sample in samples {
            let (user, at) = (sample.user, sample.at);
            let later = |known: &EquitySample| known.at > at;
            if !kept.days.get(&(user, at.day_start())).is_some_and(later) {
                kept.days.insert((user, at.day_start()), sample.clone());
            }
            kept.all.insert((user, at), sample);
            kept.all.retain(|(of, then), _| *of != user || *then >= keep.all_from(at));
            kept.days.retain(|(of, day), _| *of != user || *day >= keep.days_from(at));
        }
        Ok(())
    }

    async fn equity(
        &self,
        user: UserId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        most: usize,
    ) -> Result<Vec<EquitySample>, LedgerError> {
        let kept = self.samples.lock();
        let all: Vec<_> = kept.all.values().filter(|sample| sample.user == user).cloned().collect();
        let before = |sample: &&EquitySample| {
            sample.user == user && all.first().is_none_or(|first| sample.at < first.at)
        };
        let mut curve: Vec<_> = kept.days.values().filter(before).cloned().collect();
        curve.extend(all.iter().cloned());
        curve.retain(|sample| {
            from.is_none_or(|from| sample.at >= from) && until.is_none_or(|until| sample.at < until)
        });
        Ok(thin_samples(curve, most))
    }

    async fn reserve_nonces(&self, key: CredentialId, floor: u64, count: u64) -> Result<u64, LedgerError> {
        let mut nonces = self.nonces.lock();
        let first = nonces.get(&key).map_or(floor, |next| floor.max(*next));
        let refuse = || LedgerError::Invalid("no such nonces".to_owned());
        let after = first.checked_add(count).filter(|_| count > 0).ok_or_else(refuse)?;
        nonces.insert(key, after);
        Ok(first)
    }

    async fn keep_ban(&self, ban: VenueBan) -> Result<(), LedgerError> {
        self.bans.lock().insert(ban.venue.clone(), ban);
        Ok(())
    }

    async fn lift_ban(&self, venue: &VenueId) -> Result<(), LedgerError> {
        self.bans.lock().remove(venue);
        Ok(())
    }

    async fn bans(&self) -> Result<Vec<VenueBan>, LedgerError> {
        Ok(self.bans.lock().values().cloned().collect())
    }

    async fn verify_projections(&self) -> Result<Vec<String>, LedgerError> {
        Ok(Vec::new())
    }

    async fn active_symbols(&self) -> Result<Vec<(VenueId, Symbol)>, LedgerError> {
        let records = self.records.lock();
        let mut active: BTreeSet<(VenueId, Symbol)> =
            book(&records).open.into_keys().map(|(_, venue, symbol)| (venue, symbol)).collect();
        for (_, order) in orders(&records) {
            let signal = &order.intent.signal;
            let venue = order.leg.as_ref().map(|leg| &leg.venue).or(signal.venue.as_ref());
            if let Some(venue) = venue.filter(|_| !order.state.is_final()) {
                active.insert((venue.clone(), signal.symbol.clone()));
            }
        }
        Ok(active.into_iter().collect())
    }
}
