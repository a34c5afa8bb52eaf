//! Whether an entry can be guarded as soon as it fills: looked at by the router, and once more before it is sent.

use nija_core::{Ineligible, Quantity, Reason, TimeInForce, TradeSignal};
use rust_decimal::Decimal;
use std::sync::Arc;

use crate::{
    engine::{conn::Conn, inner::Inner, protection::resting_kind, send::Job, venue::Venue},
    planted::{Bug, planted},
};

/// What the venue may take as a fee out of what was bought: the stop must still be a whole order.
const LEFT_AFTER_FEES: Decimal = Decimal::from_parts(98, 0, 0, false, 2);

impl Inner {
    /// Why an entry must not go to an account, whatever its size: its key signs only while its user is present.
    pub(in crate::engine) fn unguardable(
        &self,
        conn: &Arc<Conn>,
        signal: &TradeSignal,
    ) -> Option<Ineligible> {
        if !conn.is_attended() {
            return None;
        }
        if conn.is_closing() {
            return Some(Ineligible::KeyClosing);
        }
        let key = (conn.venue.id.clone(), signal.symbol.clone());
        let takes = self.market.instrument(&key).is_some_and(|rules| rules.resting.stop_limit);
        let stops = signal.protection.as_ref().is_some_and(|plan| plan.stop.is_some());
        if !takes || !stops {
            return Some(Ineligible::StopMustRest);
        }
        let waits = signal.time_in_force != TimeInForce::Ioc || signal.kind.waits();
        let waits = waits && !planted(Bug::LetsEntriesRest);
        waits.then_some(Ineligible::MustFillAtOnce)
    }

    /// Whether the stop of an entry that is about to be sent would be taken by its venue: what the venue would refuse is found out before there
    /// is something to guard. The user's order policy needs no look: it lets a sell through wherever it lets a buy of the same pair.
    pub(in crate::engine) async fn guard_would_hold(&self, venue: &Venue, job: &Job) -> Result<(), Reason> {
        let signal = &job.approved.get().signal;
        let Some(conn) = job.user.conn(&venue.id).filter(|conn| conn.is_attended()) else {
            return Ok(());
        };
        if let Some(why) = self.unguardable(&conn, signal) {
            return Err(Reason::new(why.as_str(), why.words()));
        }
        let refused = |words: String| {
            let words = format!("nothing was sent, since its stop would not rest at {}: {words}", venue.id);
            Err(Reason::new(Ineligible::StopMustRest.as_str(), words))
        };
        let key = (venue.id.clone(), signal.symbol.clone());
        let plan = signal.protection.as_deref();
        let (Some(plan), Some(rules)) = (plan, self.market.instrument(&key)) else {
            return refused("its rules are not known".to_owned());
        };
        let Some(stop) = plan.stop else {
            return refused("there is none".to_owned());
        };
        let market = self.fresh_quote(&key).map(|quote| quote.taker_price(signal.side.opposite()));
        if let Err(error) = plan.check(signal.side, market) {
            return refused(error.to_string());
        }
        let held = {
            let state = job.user.state.lock().await;
            let open = state.positions.get(&key).filter(|open| open.side() == signal.side);
            open.map(|open| open.quantity.abs()).unwrap_or_default()
        };
        let gap = self.config.protection.stop_limit_gap;
        let Some(kind) = resting_kind(plan, true, &rules, (signal.side.opposite(), stop), gap) else {
            return refused("no such price".to_owned());
        };
        // The least that may be there to guard, and the most.
        for bought in [job.leg.quantity.get() * LEFT_AFTER_FEES, job.leg.quantity.get() + held] {
            let fits =
                Quantity::new(bought).map(|whole| rules.fit(signal.side.opposite(), kind, whole, stop));
            match fits {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return refused(error.to_string()),
                Err(error) => return refused(error.to_string()),
            }
        }
        Ok(())
    }
}
