//! The phone's own rule: no position without a stop that rests at the venue.

use nija_core::{
    AccountState, Approved, Instrument, OrderIntent, Reason, RiskChain, RiskPolicy, TimeInForce,
    VenueContract, Verdict,
};
use std::sync::Arc;

use crate::error::DeviceError;

/// Refuses what opens a position unless its stop can rest where it is opened.
struct StopAtVenue {
    venue: &'static str,
    stops: bool,
    brackets: bool,
}

impl RiskPolicy for StopAtVenue {
    fn name(&self) -> &'static str {
        "stop_at_venue"
    }

    fn assess(&self, intent: &OrderIntent, _: &AccountState) -> Verdict {
        let signal = &intent.signal;
        if signal.signal_type.is_exit() {
            return Verdict::Allow;
        }
        let refuse = |code: &str, text: String| Verdict::Refuse(Reason::new(code, text));
        let plan = signal.protection.as_deref();
        if plan.is_none_or(|plan| plan.stop.is_none()) {
            return refuse(
                "stop_required",
                "only this phone can close the position, so it is opened with a stop or not at all"
                    .to_owned(),
            );
        }
        if !self.stops {
            return refuse(
                "no_resting_stop",
                format!(
                    "{} keeps no stop order for {}, and nothing would guard the position while your phone is off",
                    self.venue, signal.symbol
                ),
            );
        }
        if plan.is_some_and(|plan| !plan.take_profits.is_empty()) && !self.brackets {
            return refuse(
                "no_resting_bracket",
                format!(
                    "{} keeps a stop or a target for {}, not both: leave the target out",
                    self.venue, signal.symbol
                ),
            );
        }
        if signal.time_in_force != TimeInForce::Ioc {
            return refuse(
                "resting_entry",
                "an entry that waits would fill while nobody can place its stop".to_owned(),
            );
        }
        Verdict::Allow
    }
}

/// Passes an intent by the rule: the one way to an order.
pub(crate) fn approve(
    intent: OrderIntent,
    contract: &VenueContract,
    rules: &Instrument,
) -> Result<Approved<OrderIntent>, DeviceError> {
    let rule = StopAtVenue {
        venue: contract.name,
        stops: rules.resting.stop_limit && contract.resting.stop_limit,
        brackets: rules.resting.bracket && contract.resting.bracket,
    };
    let chain =
        RiskChain::new(vec![Arc::new(rule)]).map_err(|_| DeviceError::Crypto("there are no rules"))?;
    let account = AccountState::empty(intent.signal.user, intent.received_at);
    chain.assess(intent, &account).verdict.map_err(DeviceError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{
        Clock as _, OrderId, OrderSize, ProtectionPlan, RestingOrders, Side, SignalType, SystemClock,
        TradeSignal, UserId, VenueId,
    };
    use nija_exchanges::{VenueAddresses, VenueConfig};

    fn entry() -> OrderIntent {
        let user = UserId::from_uuid(uuid::Uuid::from_u128(1));
        let size = OrderSize::Quote("25".parse().unwrap());
        let symbol = "BTC-USD".parse().unwrap();
        let mut signal = TradeSignal::market(user, "a".parse().unwrap(), symbol, Side::Buy, size);
        signal.protection = Some(Box::new(ProtectionPlan {
            stop: Some("57000".parse().unwrap()),
            trailing: None,
            take_profits: Vec::new(),
        }));
        OrderIntent::new(OrderId::from_uuid(uuid::Uuid::from_u128(2)), SystemClock.now(), signal)
    }

    fn code(intent: OrderIntent, resting: RestingOrders) -> String {
        let venue = VenueId::new("kraken").unwrap();
        let nowhere = || "http://127.0.0.1:1".to_owned();
        let addresses = VenueAddresses {
            rest: nowhere(),
            ws_public: "ws://127.0.0.1:1".into(),
            ws_private: "ws://127.0.0.1:1".into(),
        };
        let clock: Arc<dyn nija_core::Clock> = Arc::new(SystemClock);
        let opened = VenueConfig::at("kraken", venue.clone(), addresses).unwrap().open(&clock).unwrap();
        let rules = Instrument {
            venue,
            symbol: "BTC-USD".parse().unwrap(),
            venue_symbol: "XXBTZUSD".into(),
            lot_size: "0.00000001".parse().unwrap(),
            tick_size: "0.1".parse().unwrap(),
            min_quantity: "0.0001".parse().unwrap(),
            max_quantity: None,
            min_notional: "0.5".parse().unwrap(),
            reach: nija_core::PriceReach::UNBOUNDED,
            tradable: true,
            resting,
        };
        match approve(intent, opened.executor.contract(), &rules) {
            Ok(_) => "approved".to_owned(),
            Err(error) => error.code().to_owned(),
        }
    }

    #[test]
    fn a_position_is_opened_with_a_stop_that_rests_or_not_at_all() {
        let stops = RestingOrders { limit: true, stop_limit: true, bracket: false };
        assert_eq!(code(entry(), stops), "approved");
        assert_eq!(code(entry(), RestingOrders { stop_limit: false, ..stops }), "no_resting_stop");
        let mut bare = entry();
        bare.signal.protection = None;
        assert_eq!(code(bare.clone(), stops), "stop_required");
        let mut waiting = entry();
        waiting.signal.time_in_force = TimeInForce::Gtc;
        assert_eq!(code(waiting, stops), "resting_entry");
        // An exit is never held up.
        bare.signal.signal_type = SignalType::Exit;
        assert_eq!(code(bare, RestingOrders { stop_limit: false, ..stops }), "approved");
    }
}
