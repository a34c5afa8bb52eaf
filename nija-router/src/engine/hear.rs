//! Taking up what a venue says: reports, fills and balances become journal events.

use nija_core::{
    ExecutionReport, Fill, JournalEvent, LedgerError, OrderId, OrderLeg, OrderState, Reason, TimeInForce,
    VenueFill,
};
use std::sync::Arc;

use crate::planted::{Bug, planted};

use super::{
    conn::Ask,
    draft::Draft,
    inner::Inner,
    live::LiveOrder,
    money,
    news::News,
    owner::{Named, Owner},
    state::UserState,
    user::User,
    venue::Venue,
};

impl Inner {
    /// Takes up what a venue said, in one commit.
    pub(super) async fn hear(
        self: &Arc<Self>,
        user: &Arc<User>,
        venue: &Arc<Venue>,
        news: Vec<News>,
    ) -> Result<(), LedgerError> {
        self.price_fees(venue, news.iter().filter_map(News::fill)).await;
        let mut state = user.state.lock().await;
        let wished: Vec<OrderId> = unheard_wishes(&state);
        self.put_on_record(user, &mut state, venue, news, |_, _| {}).await?;
        for order in wished {
            self.cancel_if_open(user, &state, order);
        }
        let mut ask = Ask::NOTHING;
        if state.misses_fills_at(&venue.id) {
            ask = ask.and(Ask::FILLS);
        }
        if !state.held.is_empty() {
            ask = ask.and(Ask::CHECK);
        }
        if state.wants_balances_of(&venue.id) {
            ask = ask.and(Ask::BALANCES);
        }
        drop(state);
        if ask != Ask::NOTHING
            && let Some(conn) = user.conn(&venue.id)
        {
            conn.ask(ask);
        }
        Ok(())
    }

    /// A wish to cancel that came while nobody knew of the order is carried out once it is known.
    pub(super) fn cancel_if_open(self: &Arc<Self>, user: &Arc<User>, state: &UserState, order: OrderId) {
        let open = |live: &LiveOrder| {
            live.cancel_requested && matches!(live.order.state, OrderState::Working | OrderState::PartialFill)
        };
        if state.orders.get(&order).is_some_and(open) {
            let (inner, user) = (self.clone(), user.clone());
            self.tasks.spawn(async move {
                if let Err(error) = inner.cancel_at_venue(&user, order).await {
                    tracing::warn!(%order, %error, "a cancel did not reach the venue");
                }
            });
        }
    }

    /// Looks again at what was held, once the user's lock is free.
    pub(super) fn look_at_held_later(self: &Arc<Self>, user: &Arc<User>) {
        let (inner, user) = (self.clone(), user.clone());
        self.tasks.spawn(async move { inner.look_at_held(&user).await });
    }

    async fn look_at_held(self: &Arc<Self>, user: &Arc<User>) {
        for venue in &self.venues {
            let held = user.state.lock().await.held.is_of(&venue.id);
            if held && let Err(error) = self.hear(user, venue, Vec::new()).await {
                tracing::error!(user = %user.id, %error, "news could not be put on record");
                if let Some(conn) = user.conn(&venue.id) {
                    conn.ask(Ask::RECONCILE);
                }
            }
        }
    }

    /// Takes up what is held of a venue and is not in doubt any more; what still is stays held. The caller holds the user's lock.
    pub(super) async fn tell_apart(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        venue: &Venue,
    ) -> Result<(), LedgerError> {
        if !state.held.is_of(&venue.id) {
            return Ok(());
        }
        self.put_on_record(user, state, venue, Vec::new(), |_, _| {}).await
    }

    /// Puts on record what is held of a venue and not in doubt any more and what is new, and what `more` adds, in one commit. Where that fails,
    /// what was held stays held: nobody knows when it is told again, and exits must not forget it until then.
    pub(super) async fn put_on_record(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        venue: &Venue,
        news: Vec<News>,
        more: impl FnOnce(&UserState, &mut Draft) + Send,
    ) -> Result<(), LedgerError> {
        let before = state.held.take();
        let all = before.iter().cloned().chain(news).collect();
        let mut draft = Draft::new(self.clock.now());
        let recorded = match self.draft_news(user, venue, state, &mut draft, all).await {
            Ok(()) => {
                more(state, &mut draft);
                self.record(user, state, draft.events).await.map(drop)
            }
            Err(error) => Err(error),
        };
        if recorded.is_err() {
            state.held.put_back(before, self.clock.now());
        }
        state.held.looked_at();
        recorded
    }

    /// Turns news into events. Names first, then fills, then states: an order that ended is not ended before its fills.
    async fn draft_news(
        self: &Arc<Self>,
        user: &Arc<User>,
        venue: &Venue,
        state: &mut UserState,
        draft: &mut Draft,
        news: Vec<News>,
    ) -> Result<(), LedgerError> {
        let (mut reports, mut fills) = (Vec::new(), Vec::new());
        for one in news {
            if *one.venue() != venue.id {
                state.held.hold(one, draft.at);
                continue;
            }
            match one {
                // A stream tells of things in the order in which they happen.
                News::Balance(balance) => state.take_balance(balance, draft.at),
                News::Report(report) => {
                    let ours = report.client_id.and_then(|id| state.names.by_client(id));
                    if let Some(order) = ours {
                        state.names.note_venue(order, &venue.id, &report.venue_order_id);
                    }
                    reports.push(report);
                }
                News::Fill(fill) => fills.push(fill),
            }
        }
        let mut touched = Vec::new();
        for mut fill in fills {
            if planted(Bug::CountsRepeatedFills) && state.has_seen(&fill.venue, &fill.execution_id) {
                let again = format!("{}-again", fill.execution_id);
                fill.execution_id = nija_core::ExecutionId::new(&again).unwrap_or(fill.execution_id);
            }
            if !state.has_seen(&fill.venue, &fill.execution_id) {
                touched.extend(self.draft_fill(user, state, draft, fill).await?);
            }
        }
        for report in reports {
            touched.extend(self.draft_report(user, state, draft, report).await?);
        }
        for order in touched {
            self.draft_end(state, draft, order);
        }
        Ok(())
    }

    async fn draft_fill(
        &self,
        user: &User,
        state: &mut UserState,
        draft: &mut Draft,
        fill: VenueFill,
    ) -> Result<Option<OrderId>, LedgerError> {
        let mut fill = fill;
        if planted(Bug::MissesBaseFees) && fill.fee_asset == fill.symbol.base() {
            fill.fee *= fill.price.get();
            fill.fee_asset = fill.symbol.quote().to_owned();
        }
        let named = Named {
            venue: &fill.venue,
            client: fill.client_id,
            id: &fill.venue_order_id,
            symbol: &fill.symbol,
            side: fill.side,
        };
        let order = match self.owner(user, state, &named).await? {
            Owner::Ours(order) => Some(order),
            Owner::External => None,
            Owner::Perhaps => {
                state.held.hold(News::Fill(fill), draft.at);
                return Ok(None);
            }
        };
        let again = draft.events.iter().any(|event| {
            matches!(event, JournalEvent::Filled(drafted)
                if drafted.execution.venue == fill.venue && drafted.execution.execution_id == fill.execution_id)
        });
        if !again {
            if let Some(order) = order {
                self.draft_first_word(state, draft, order, &fill);
                self.draft_protection(user, state, draft, order, &fill).await?;
            }
            let fill = Fill {
                user: user.id,
                order,
                fee_in_quote: money::fee_in_quote(
                    &fill,
                    &self.market.snapshot(),
                    &self.market.rates(draft.at),
                    &state.paid_fees,
                ),
                execution: fill,
            };
            draft.push(state, JournalEvent::Filled(fill));
        }
        Ok(order)
    }

    /// A fill that is the venue's first word of its attempt acknowledges it, so that the journal tells when it was sent.
    fn draft_first_word(&self, state: &UserState, draft: &mut Draft, order: OrderId, fill: &VenueFill) {
        let of_attempt = |leg: &OrderLeg| {
            leg.venue == fill.venue && fill.client_id.is_none_or(|client| client == leg.client_id)
        };
        let first = draft.order(state, order).is_some_and(|order| {
            order.state == OrderState::Queued && order.leg.as_ref().is_some_and(of_attempt)
        });
        if first {
            let name = Some(fill.venue_order_id.clone());
            draft.change(state, order, OrderState::Working, None, name);
        }
    }

    async fn draft_report(
        &self,
        user: &User,
        state: &mut UserState,
        draft: &mut Draft,
        report: ExecutionReport,
    ) -> Result<Option<OrderId>, LedgerError> {
        let named = Named {
            venue: &report.venue,
            client: report.client_id,
            id: &report.venue_order_id,
            symbol: &report.symbol,
            side: report.side,
        };
        match self.owner(user, state, &named).await? {
            Owner::Ours(order) => {
                self.draft_state(state, draft, order, report);
                Ok(Some(order))
            }
            Owner::Perhaps => {
                state.held.hold(News::Report(report), draft.at);
                Ok(None)
            }
            Owner::External => {
                self.draft_external(user, state, draft, report).await?;
                Ok(None)
            }
        }
    }

    fn draft_state(&self, state: &mut UserState, draft: &mut Draft, order: OrderId, report: ExecutionReport) {
        let Some(standing) =
            draft.order(state, order).map(|order| (order.state, order.filled, order.leg.clone()))
        else {
            // Ended on our side already.
            return;
        };
        let (standing, filled, leg) = standing;
        let this_attempt = leg.is_some_and(|leg| {
            leg.venue == report.venue
                && report.client_id.is_none_or(|id| id == leg.client_id)
                && leg.venue_order_id.is_none_or(|id| id == report.venue_order_id)
        });
        if !this_attempt {
            // Of an attempt that was given up as dead. A fill of it would count; its state says nothing of this one.
            if matches!(report.state, OrderState::Working | OrderState::PartialFill) {
                tracing::error!(%order, venue = %report.venue, "an attempt proven dead is alive at its venue");
            }
            return;
        }
        state.expect(order, report.filled, draft.at);
        let fresh = matches!(
            standing,
            OrderState::Pending
                | OrderState::Routing
                | OrderState::Queued
                | OrderState::Executing
                | OrderState::Unknown
        );
        let name = Some(report.venue_order_id.clone());
        match report.state {
            OrderState::Rejected if filled.is_zero() && report.filled.is_zero() => {
                let words = report.reason.unwrap_or_else(|| "the venue refused it".to_owned());
                let reason = Some(Reason::new("venue_rejected", words));
                draft.change(state, order, OrderState::Rejected, reason, name);
            }
            OrderState::Working | OrderState::PartialFill | OrderState::Filled
                if fresh && filled < report.quantity =>
            {
                draft.change(state, order, OrderState::Working, None, name);
                note_end(state, order, report);
            }
            _ => note_end(state, order, report),
        }
    }

    /// Ends an order whose venue is done with it, once every fill that the venue counts is on record.
    fn draft_end(&self, state: &mut UserState, draft: &mut Draft, order: OrderId) {
        let Some(live) = state.orders.get(&order) else {
            return;
        };
        let Some(report) = &live.ended else {
            return;
        };
        let Some(standing) = draft.order(state, order) else {
            return;
        };
        if standing.state.is_final() || standing.filled < report.filled {
            return;
        }
        let (end, reason) = match report.state {
            OrderState::Filled => (OrderState::Filled, None),
            OrderState::Expired => (OrderState::Expired, Some(end_reason(live, standing, report))),
            _ => (OrderState::Cancelled, Some(end_reason(live, standing, report))),
        };
        let name = Some(report.venue_order_id.clone());
        draft.change(state, order, end, reason, name);
    }

    /// An open order that was made elsewhere goes on record once and is left alone.
    async fn draft_external(
        &self,
        user: &User,
        state: &mut UserState,
        draft: &mut Draft,
        report: ExecutionReport,
    ) -> Result<(), LedgerError> {
        if !matches!(report.state, OrderState::Working | OrderState::PartialFill) {
            return Ok(());
        }
        let key = (report.venue.clone(), report.venue_order_id.clone());
        self.read_external(user, state).await?;
        let drafted = draft.events.iter().any(|event| {
            matches!(event, JournalEvent::ExternalOrder { report: known } if known.venue_order_id == key.1)
        });
        if !drafted && !state.external_recorded.contains(&key) {
            draft.push(state, JournalEvent::ExternalOrder { report });
        }
        Ok(())
    }
}

/// Orders that are to be cancelled and were not known to be at their venue yet.
fn unheard_wishes(state: &UserState) -> Vec<OrderId> {
    let known = |live: &LiveOrder| matches!(live.order.state, OrderState::Working | OrderState::PartialFill);
    state.wished().filter(|live| !known(live)).map(|live| live.order.id()).collect()
}

fn note_end(state: &mut UserState, order: OrderId, report: ExecutionReport) {
    let over = matches!(
        report.state,
        OrderState::Filled | OrderState::Cancelled | OrderState::Expired | OrderState::Rejected
    );
    if let Some(live) = state.orders.get_mut(&order)
        && over
    {
        live.ended = Some(report);
    }
}

fn end_reason(live: &LiveOrder, order: &nija_core::Order, report: &ExecutionReport) -> Reason {
    let (base, filled) = (order.intent.signal.symbol.base(), order.filled);
    let said = report.reason.as_deref().unwrap_or("no reason given");
    if live.cancel_requested {
        Reason::new("cancelled", live.cancelled_for)
    } else if order.intent.signal.time_in_force == TimeInForce::Ioc {
        let whole = order.leg.as_ref().map_or(filled, |leg| leg.quantity);
        Reason::new(
            "ioc_remainder",
            format!("{filled} of {whole} {base} filled at once within its price; the rest was cancelled"),
        )
    } else {
        Reason::new("ended_by_venue", format!("the venue ended it: {said}"))
    }
}
