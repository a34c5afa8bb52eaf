//! The workers of a lane: each sends one order at a time, once.

use futures::FutureExt;
use nija_core::{
    Approved, Effect, LedgerError, Notional, OpenPurpose, OrderId, OrderIntent, OrderLeg, OrderState,
    Placement, PolicyRefusal, Reason, SignError, Symbol, TimeInForce, Timestamp, VaultError, VenueError,
    VenueOrder,
};
use std::sync::Arc;
use tokio::time::Instant;

use crate::{
    lane::{Heard, LaneJob, Sending},
    planted::{Bug, planted},
};

use super::{
    conn::Ask, draft::Draft, fitting::still_fits, inner::Inner, live::SentAt, news::News, reroute::Dead,
    state::UserState, user::User, venue::Venue,
};

/// The codes of attempts that came to nothing through the venue's own doing.
pub(super) const UNAVAILABLE: &str = "venue_unavailable";
pub(super) const NOT_SENT: &str = "not_sent";
/// The code of an order that the user's own order policy forbids: the signer did not sign it.
pub(super) const AGAINST_POLICY: &str = "order_policy";
/// The code of an order whose placement was not answered.
pub(super) const ANSWER_LOST: &str = "answer_lost";

/// An order to send: risk let it through, and this leg of it is on record.
pub(crate) struct Job {
    pub(super) user: Arc<User>,
    pub(super) order: OrderId,
    pub(super) approved: Approved<OrderIntent>,
    pub(super) leg: OrderLeg,
    pub(super) sent: Arc<SentAt>,
}

impl LaneJob for Job {
    fn symbol(&self) -> &Symbol {
        &self.approved.get().signal.symbol
    }

    fn is_late(&self, now: Timestamp) -> bool {
        now >= self.leg.deadline
    }
}

impl Inner {
    /// One worker of a venue; never ends.
    pub(super) async fn work(self: Arc<Self>, venue: Arc<Venue>) {
        loop {
            let taken = venue.lane.next(false).await;
            self.send(&venue, &taken.job).await;
        }
    }

    /// Sends a venue's exits, each in a task of its own: no worker that waits for a slow answer holds one up. The positions that
    /// they reduce bound their number. Never ends.
    pub(super) async fn work_on_exits(self: Arc<Self>, venue: Arc<Venue>) {
        loop {
            let taken = venue.lane.next(true).await;
            let (inner, venue) = (self.clone(), venue.clone());
            self.tasks.spawn(async move { inner.send(&venue, &taken.job).await });
        }
    }

    async fn send(self: &Arc<Self>, venue: &Arc<Venue>, job: &Job) {
        let exit = job.approved.get().signal.signal_type.is_exit();
        let banned = venue.lane.banned();
        if self.clock.now() >= job.leg.deadline {
            return self.not_sent(job, Dead::expired()).await;
        }
        if (!exit || planted(Bug::BreakerHoldsExits)) && !venue.lane.admit_entry(job.user.id) {
            return self.not_sent(job, Dead::breaker_open(&venue.id)).await;
        }
        if job.leg.attempt == 0 {
            venue.lane.retries.earn();
        }
        let account = match self.account(job.user.id, venue, OpenPurpose::Trade).await {
            Ok(account) => account,
            Err(error) => return self.not_sent(job, Dead::from_vault(&venue.id, &error)).await,
        };
        let (quantity, price) = (job.leg.quantity, job.leg.reference_price);
        // The router fitted this size to the venue's limits at this price.
        let notional = quantity.at(price).unwrap_or(Notional::ZERO);
        let order = VenueOrder::from_approved(
            &job.approved,
            job.leg.client_id,
            job.leg.kind,
            quantity,
            job.leg.deadline,
        );
        if !exit && let Err(reason) = self.guard_would_hold(venue, job).await {
            return self.not_sent(job, Dead::refused(reason)).await;
        }
        // Nobody else is waited for from here on.
        if exit && !still_fits(job).await {
            return self.size_anew(job).await;
        }
        let now = self.clock.now();
        if now >= job.leg.deadline {
            return self.not_sent(job, Dead::expired()).await;
        }
        // Looked at last, with no wait between it and the sending: whoever threw the switch was told that nothing is opened from then on.
        if !exit && self.kills.stops(job.user.id, &venue.id) && !planted(Bug::SendsWhenKilled) {
            return self.not_sent(job, Dead::killed()).await;
        }
        // Nor a ban that came while the key was opened.
        if banned.now_or_never().is_some() {
            let wait = venue.lane.held(job.user.id, Sending::order(exit)).unwrap_or_default();
            return self.not_sent(job, Dead::from_venue(&venue.silent_for(wait))).await;
        }
        job.sent.set(now);
        let began = Instant::now();
        let placing = venue.executor.place(&account, &order, notional);
        let outcome = tokio::time::timeout(self.config.place_timeout, placing).await.unwrap_or_else(|_| {
            Err(VenueError::AnswerLost {
                venue: venue.id.clone(),
                message: format!("no answer within {} s", self.config.place_timeout.as_secs()),
            })
        });
        self.note_outcome(venue, job, &outcome, began);
        match outcome {
            Ok(placement) => self.placed(venue, job, placement).await,
            Err(error) => match error.effect() {
                Effect::Unknown if planted(Bug::TakesLostForRefused) => {
                    self.not_sent(job, Dead::elsewhere(&venue.id, Reason::new("planted", "planted"))).await;
                }
                Effect::Unknown => self.answer_lost(job, &error).await,
                Effect::None => {
                    if matches!(error, VenueError::InsufficientFunds { .. })
                        && let Some(conn) = job.user.conn(&venue.id)
                    {
                        // The venue knows better what the user has.
                        conn.ask(Ask::RECONCILE);
                    }
                    if exit && let VenueError::Sign(SignError::Policy(refusal)) = &error {
                        Self::tell_shut_in(venue, job, refusal);
                    }
                    self.not_sent(job, Dead::from_venue(&error)).await;
                }
            },
        }
    }

    fn note_outcome(
        &self,
        venue: &Venue,
        job: &Job,
        outcome: &Result<Placement, VenueError>,
        began: Instant,
    ) {
        let blamed = outcome.is_err() && planted(Bug::BlamesVenueForUsers);
        let heard = if blamed { Heard::Failure } else { venue.heard(outcome) };
        venue.lane.note_call(job.user.id, heard, began, &venue.limits_used(Some(job.user.id)));
        venue.stats.note_answer(outcome.is_ok(), began.elapsed());
    }

    /// The venue took the order. The journal says by `Queued` already that it may have been sent, so one commit before the sending
    /// and one after are enough.
    async fn placed(self: &Arc<Self>, venue: &Arc<Venue>, job: &Job, placement: Placement) {
        self.price_fees(venue, placement.fills.iter()).await;
        let user = &job.user;
        let mut state = user.state.lock().await;
        state.names.note_venue(job.order, &venue.id, &placement.venue_order_id);
        if job.approved.get().signal.signal_type.is_exit() {
            venue.clear_alarm(shut_in(user, job.symbol()));
        }
        if let Some(live) = state.orders.get_mut(&job.order) {
            live.in_hand = false;
        }
        let name = placement.venue_order_id.clone();
        let reported = placement.report.is_some();
        let mut news: Vec<News> = placement.report.map(News::Report).into_iter().collect();
        news.extend(placement.fills.into_iter().map(News::Fill));
        // Whatever was heard of it meanwhile goes into the same commit.
        let worked = |state: &UserState, draft: &mut Draft| {
            let standing = draft.order(state, job.order).map(|order| order.state);
            if !reported && standing == Some(OrderState::Queued) {
                draft.change(state, job.order, OrderState::Working, None, Some(name));
            }
        };
        if let Err(error) = self.put_on_record(user, &mut state, venue, news, worked).await {
            return self.not_recorded(job, &error);
        }
        let Some(live) = state.orders.get(&job.order) else {
            return;
        };
        let signal = &live.order.intent.signal;
        let brief = signal.time_in_force == TimeInForce::Ioc;
        let mut ask = if live.misses_fills() { Ask::FILLS } else { Ask::NOTHING };
        if brief {
            ask = ask.and(Ask::CHECK);
        }
        if state.wants_balances_of(&venue.id) {
            ask = ask.and(Ask::BALANCES);
        }
        // A wish to cancel may have come while the order was on its way.
        self.cancel_if_open(user, &state, job.order);
        drop(state);
        if let Some(conn) = user.conn(&venue.id) {
            conn.ask(ask);
        }
    }

    /// The answer was lost: the order may be there. Nothing is sent again, nothing moves elsewhere, its money stays bound.
    async fn answer_lost(self: &Arc<Self>, job: &Job, error: &VenueError) {
        let mut state = job.user.state.lock().await;
        if let Some(live) = state.orders.get_mut(&job.order) {
            live.in_hand = false;
        }
        let mut draft = Draft::new(self.clock.now());
        let standing = draft.order(&state, job.order).map(|order| order.state);
        // The account's stream may have told more by now than the lost answer would have.
        if standing == Some(OrderState::Queued) {
            let reason = Reason::new(ANSWER_LOST, format!("{error}; the venue is being asked"));
            draft.change(&state, job.order, OrderState::Unknown, Some(reason), None);
        }
        let recorded = self.record(&job.user, &mut state, draft.events).await;
        drop(state);
        if let Err(error) = recorded {
            tracing::error!(order = %job.order, %error, "an order in doubt could not be put on record");
        }
        self.resolve_later(&job.user, job.order);
    }

    /// The user's own policy keeps the user from getting out: somebody must know at once, not only who looks at the order.
    fn tell_shut_in(venue: &Venue, job: &Job, refusal: &PolicyRefusal) {
        let symbol = job.symbol();
        let what = format!("an exit of {symbol} at {} was not signed: {refusal}", venue.id);
        venue.alarm(shut_in(&job.user, symbol), &what);
    }

    /// The order is provably not at the venue.
    async fn not_sent(self: &Arc<Self>, job: &Job, dead: Dead) {
        self.dead(&job.user, job.order, job.leg.attempt, dead).await;
    }

    /// The ledger failed after the venue took the order. The venue is asked again until both agree.
    pub(super) fn not_recorded(self: &Arc<Self>, job: &Job, error: &LedgerError) {
        tracing::error!(order = %job.order, %error, "an outcome could not be put on record");
        self.resolve_later(&job.user, job.order);
        if let Some(conn) = job.user.conn(&job.leg.venue) {
            conn.ask(Ask::RECONCILE);
        }
    }
}

/// Alarms are kept by orders; this one is of all exits of a pair.
fn shut_in(user: &User, symbol: &Symbol) -> OrderId {
    let pair = symbol.as_str().bytes().fold(0_u128, |sum, byte| sum.rotate_left(8) ^ u128::from(byte));
    OrderId::from_uuid(uuid::Uuid::from_u128(user.id.as_uuid().as_u128() ^ pair))
}

impl Dead {
    fn expired() -> Self {
        Self::movable(Reason::new("expired_before_send", "it waited too long for its venue and was not sent"))
    }

    fn killed() -> Self {
        Self::refused(Reason::new("trading_halted", "a kill switch is on; it was not sent"))
    }

    fn breaker_open(venue: &nija_core::VenueId) -> Self {
        Self::elsewhere(
            venue,
            Reason::new("breaker_open", format!("{venue} fails at the moment; nothing was sent there")),
        )
    }

    fn from_vault(venue: &nija_core::VenueId, error: &VaultError) -> Self {
        let code = match error {
            VaultError::NoCredential { .. } => "no_credentials",
            VaultError::Locked { .. } | VaultError::OnDevice { .. } => "credential_locked",
            _ => "vault_failed",
        };
        Self::elsewhere(venue, Reason::new(code, error.to_string()))
    }

    fn from_venue(error: &VenueError) -> Self {
        let words = error.to_string();
        match error {
            VenueError::Unavailable { venue, .. } => Self::elsewhere(venue, Reason::new(UNAVAILABLE, words)),
            VenueError::RateLimited { venue, retry_after, .. } => {
                let dead = Self::elsewhere(venue, Reason::new("rate_limited", words));
                dead.not_before(*retry_after)
            }
            VenueError::NotSent { venue, .. } => Self::elsewhere(venue, Reason::new(NOT_SENT, words)),
            VenueError::NonceRefused { .. } => Self::movable(Reason::new("nonce_refused", words)),
            // The next attempt opens the credential again.
            VenueError::Sign(SignError::LeaseEnded | SignError::Nonce(_) | SignError::Vault(_)) => {
                Self::movable(Reason::new("not_signed", words))
            }
            VenueError::Sign(SignError::Policy(_)) => Self::refused(Reason::new(AGAINST_POLICY, words)),
            VenueError::Sign(_) => Self::refused(Reason::new("not_signed", words)),
            VenueError::InsufficientFunds { .. } => Self::refused(Reason::new("insufficient_funds", words)),
            VenueError::KeyRefused { .. } => Self::refused(Reason::new("key_refused", words)),
            VenueError::Rejected { .. } => Self::refused(Reason::new("venue_rejected", words)),
            VenueError::NotListed { .. } => Self::refused(Reason::new("pair_not_listed", words)),
            VenueError::Filter(_) => Self::refused(Reason::new("venue_filter", words)),
            _ => Self::refused(Reason::new("venue_refused", words)),
        }
    }
}
