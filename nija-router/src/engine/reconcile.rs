//! Reconciliation: what the venue has is compared with the journal, at every start and every reconnect.

use nija_core::{
    JournalEvent, LedgerError, OpenPurpose, OrderId, OrderLeg, PageRequest, Symbol, Timestamp, VenueAccount,
    VenueBalance,
};
use std::{collections::HashSet, sync::Arc, time::Duration};

use crate::{
    lane::Sending,
    planted::{Bug, planted},
};

use super::{
    EngineError,
    conn::{Ask, Conn},
    inner::Inner,
    news::News,
    resolve::Found,
    state::UserState,
    user::User,
    venue::Venue,
};

/// Fills are asked for from this much before the last one known: clocks differ, and fills arrive out of order.
const OVERLAP: Duration = Duration::from_secs(60);
/// Journal records searched for external orders that are on record already.
const RECENT_RECORDS: usize = 2000;

impl Inner {
    /// Balances, open orders, fills, and then every order of ours that the venue did not speak of.
    pub(super) async fn reconcile(
        self: &Arc<Self>,
        user: &Arc<User>,
        conn: &Arc<Conn>,
    ) -> Result<(), EngineError> {
        let venue = &conn.venue;
        let account = self.account(user.id, venue, OpenPurpose::Reconcile).await?;
        self.read_balances(user, venue, &account, Sending::Read).await?;
        // Orders of ours that the next answer must know of; whatever is sent from now on, it need not.
        let expected = self.unsettled_at(user, conn).await;
        let open =
            self.ask(venue, Some(user.id), Sending::Read, venue.executor.open_orders(&account)).await?;
        let spoken: HashSet<_> = open.iter().map(|report| report.venue_order_id.clone()).collect();
        let spoken_clients: HashSet<_> = open.iter().filter_map(|report| report.client_id).collect();
        self.hear(user, venue, open.into_iter().map(News::Report).collect()).await?;
        user.state.lock().await.forget_external(&venue.id, &spoken);
        self.fetch_fills(user, conn, Sending::Read).await?;
        let mut gone = Vec::new();
        for (order, leg, symbol) in expected {
            let told = leg.venue_order_id.as_ref().is_some_and(|id| spoken.contains(id));
            if told || spoken_clients.contains(&leg.client_id) {
                continue;
            }
            let found = self.look_up(user, venue, order, &symbol, &leg).await;
            if matches!(found, Found::Open) {
                // Neither open nor found, which is no proof yet: the venue's look-ups lag behind, or failed. It is asked about again.
                conn.ask(Ask::CHECK);
            }
            gone.extend(matches!(found, Found::ProvenAbsent).then_some((order, leg.attempt)));
            self.doubt(user, order).await;
        }
        // What the look-ups found may have been filled.
        if user.state.lock().await.misses_fills() {
            self.fetch_fills(user, conn, Sending::Read).await?;
        }
        for (order, attempt) in gone {
            self.gone(user, venue, order, attempt).await;
        }
        Ok(())
    }

    /// All that the user has there.
    pub(super) async fn read_balances(
        self: &Arc<Self>,
        user: &Arc<User>,
        venue: &Arc<Venue>,
        account: &VenueAccount,
        what: Sending,
    ) -> Result<(), EngineError> {
        let asked_at = self.clock.now();
        let balances = self.ask(venue, Some(user.id), what, venue.executor.balances(account)).await?;
        let mut state = user.state.lock().await;
        // Read whole: what was not named is gone, unless it was heard of since.
        let named: HashSet<_> = balances.iter().map(|balance| balance.asset.clone()).collect();
        let heard = |known: &VenueBalance| named.contains(&known.asset) || known.at >= asked_at;
        state.balances.retain_at(&venue.id, heard);
        for balance in balances {
            state.take_balance(balance, asked_at);
        }
        state.balances_read.insert(venue.id.clone());
        Ok(())
    }

    /// An order that is still in doubt gets a task of its own.
    async fn doubt(self: &Arc<Self>, user: &Arc<User>, order: OrderId) {
        let in_doubt = {
            let state = user.state.lock().await;
            state.orders.get(&order).is_some_and(super::live::LiveOrder::in_doubt)
        };
        if in_doubt {
            self.resolve_later(user, order);
        }
    }

    async fn unsettled_at(&self, user: &User, conn: &Conn) -> Vec<(OrderId, OrderLeg, Symbol)> {
        let state = user.state.lock().await;
        state
            .orders
            .values()
            .filter(|live| live.at(&conn.venue.id) && !live.in_hand)
            .filter_map(|live| {
                let leg = live.order.leg.clone()?;
                Some((live.order.id(), leg, live.order.intent.signal.symbol.clone()))
            })
            .collect()
    }

    /// Executions since the last one known, or since the oldest order that is not settled.
    pub(super) async fn fetch_fills(
        self: &Arc<Self>,
        user: &Arc<User>,
        conn: &Conn,
        what: Sending,
    ) -> Result<(), EngineError> {
        if planted(Bug::SkipsMissedFills) {
            return Ok(());
        }
        let venue = &conn.venue;
        let last = self.ledger.last_fill_at(user.id, &venue.id).await?;
        let oldest = {
            let state = user.state.lock().await;
            let at_venue = state.orders.values().filter(|live| live.at(&venue.id));
            at_venue.map(|live| live.order.intent.received_at).min()
        };
        // An account that is new here has no history that is ours: nothing before it was connected, by the venue's clock, which may be behind.
        let since = match (last, oldest) {
            (None, None) => conn.since.minus(self.config.clock_margin),
            (last, oldest) => last.into_iter().chain(oldest).min().unwrap_or(conn.since).minus(OVERLAP),
        };
        let (gap, asked_at, up) = (conn.gap.seen(), self.clock.now(), conn.is_up());
        let since = gap.since.map_or(since, |gap| gap.min(since));
        let account = self.account(user.id, venue, OpenPurpose::Reconcile).await?;
        let fills = self
            .ask(
                venue,
                Some(user.id),
                what,
                venue.executor.fills_since(&account, since.max(Timestamp::from_micros(0))),
            )
            .await?;
        self.hear(user, venue, fills.into_iter().map(News::Fill).collect()).await?;
        let told = up && conn.is_up();
        conn.gap.closes(gap, (!told).then(|| asked_at.minus(OVERLAP)));
        Ok(())
    }

    /// Whatever happened since an account's stream last told something may have been missed; before it ever did, since the newest execution on
    /// record or, where there is none, since the account is here.
    pub(super) async fn note_gap(&self, user: &User, conn: &Conn) {
        let connected = conn.since.minus(self.config.clock_margin);
        let since = match conn.gap.heard_at() {
            Some(heard) => heard.minus(OVERLAP).max(connected),
            None => match self.ledger.last_fill_at(user.id, &conn.venue.id).await {
                Ok(last) => last.map_or(connected, |last| last.minus(OVERLAP)),
                Err(error) => {
                    tracing::warn!(user = %user.id, venue = %conn.venue.id, %error, "the newest execution could not be read");
                    connected
                }
            },
        };
        conn.gap.opens(since);
    }

    /// The user's own fees, as far as the venue tells them.
    pub(super) async fn read_fees(&self, user: &User, conn: &Conn) {
        let told = async {
            let account = self.account(user.id, &conn.venue, OpenPurpose::Reconcile).await?;
            let listed = self.market.instruments();
            let symbols = listed.iter().filter(|rules| rules.venue == conn.venue.id);
            for symbol in symbols.map(|rules| rules.symbol.clone()) {
                let fees = conn.venue.executor.fees(&account, &symbol);
                let fees = self.ask(&conn.venue, Some(user.id), Sending::Read, fees).await?;
                conn.set_fee(symbol, fees);
            }
            Ok::<_, EngineError>(())
        };
        if let Err(error) = told.await {
            tracing::warn!(user = %user.id, venue = %conn.venue.id, %error, "a user's fees could not be read");
        }
    }

    /// Finds out which external orders are on record, once.
    pub(super) async fn read_external(&self, user: &User, state: &mut UserState) -> Result<(), LedgerError> {
        if state.external_read {
            return Ok(());
        }
        let newest = PageRequest { before: None, limit: RECENT_RECORDS };
        for (_, record) in self.ledger.journal(user.id, newest).await?.rows {
            if let JournalEvent::ExternalOrder { report } = record.event {
                state.external_recorded.insert((report.venue, report.venue_order_id));
            }
        }
        state.external_read = true;
        Ok(())
    }
}
