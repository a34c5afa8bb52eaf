//! A bracket at Binance: a list of two orders of which one ends the other (OCO). To us it is one order under one client id.
//!
//! The list bears our client id, and its two orders (its *legs*) bear ids made from it. So a bracket is found again by its client id alone,
//! with nothing remembered: rest-api.md, "Query order", takes the client id of an order in any state.

use nija_core::{ExecutionReport, OrderKind, OrderState, Quantity, VenueClientId, VenueOrderId};

/// One of the two orders of a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leg {
    TakeProfit,
    Stop,
}

impl Leg {
    const fn suffix(self) -> &'static str {
        match self {
            Self::TakeProfit => "tp",
            Self::Stop => "sl",
        }
    }

    /// The client id of this leg of an order of ours: 35 of the 36 characters that Binance takes.
    pub(super) fn id(self, order: VenueClientId) -> String {
        format!("{}:{}", order.as_uuid().simple(), self.suffix())
    }
}

/// Which order of ours a client id at Binance names, and which leg of it.
pub(super) fn named(text: &str) -> (Option<VenueClientId>, Option<Leg>) {
    for leg in [Leg::TakeProfit, Leg::Stop] {
        if let Some(id) = text.strip_suffix(leg.suffix()).and_then(|rest| rest.strip_suffix(':'))
            && let Ok(id) = id.parse()
        {
            return (Some(id), Some(leg));
        }
    }
    (text.parse().ok(), None)
}

/// What is known of a bracket's legs.
#[derive(Debug, Clone, Default)]
pub(super) struct Legs {
    take_profit: Option<ExecutionReport>,
    stop: Option<ExecutionReport>,
}

impl Legs {
    pub(super) fn tell(&mut self, leg: Leg, report: ExecutionReport) {
        match leg {
            Leg::TakeProfit => self.take_profit = Some(report),
            Leg::Stop => self.stop = Some(report),
        }
    }

    /// The leg of which nothing is known, where one is.
    pub(super) const fn missing(&self) -> Option<Leg> {
        match (&self.take_profit, &self.stop) {
            (None, _) => Some(Leg::TakeProfit),
            (_, None) => Some(Leg::Stop),
            _ => None,
        }
    }

    /// The bracket as one order. `None` as long as what is known does not say how it stands: the end of one leg is no end of the bracket.
    pub(super) fn report(&self, list: VenueOrderId) -> Option<ExecutionReport> {
        let known: Vec<&ExecutionReport> = self.take_profit.iter().chain(&self.stop).collect();
        // As soon as one leg executes the other is over, so the one that executed speaks for the bracket.
        let decisive = known.iter().find(|leg| !leg.filled.is_zero());
        let state = match decisive {
            Some(leg) => leg.state,
            None if self.missing().is_some() => return None,
            None => unfilled(&known),
        };
        let speaker = decisive.or(known.first())?;
        Some(ExecutionReport {
            venue_order_id: list,
            kind: self.kind().unwrap_or(speaker.kind),
            state,
            filled: known.iter().fold(Quantity::ZERO, |sum, leg| sum.plus(leg.filled)),
            reason: known.iter().find_map(|leg| leg.reason.clone()),
            at: known.iter().map(|leg| leg.at).max()?,
            ..(*speaker).clone()
        })
    }

    fn kind(&self) -> Option<OrderKind> {
        match (self.take_profit.as_ref()?.kind, self.stop.as_ref()?.kind) {
            (OrderKind::Limit { price: take_profit }, OrderKind::StopLimit { stop, price }) => {
                Some(OrderKind::Bracket { take_profit, stop, price })
            }
            _ => None,
        }
    }
}

/// How a bracket stands of which nothing is executed.
fn unfilled(legs: &[&ExecutionReport]) -> OrderState {
    let any = |state: OrderState| legs.iter().any(|leg| leg.state == state);
    if legs.iter().any(|leg| !leg.state.is_final()) {
        OrderState::Working
    } else if any(OrderState::Cancelled) {
        OrderState::Cancelled
    } else if any(OrderState::Expired) {
        OrderState::Expired
    } else {
        OrderState::Rejected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{Side, Symbol, Timestamp, VenueId};

    const ID: &str = "7d1c9a52-6c3a-4d65-9a4c-0b9d9a1f7a10";

    fn leg(state: OrderState, filled: &str, kind: OrderKind) -> ExecutionReport {
        ExecutionReport {
            venue: VenueId::new("binance").unwrap(),
            venue_order_id: VenueOrderId::new("BTCUSDT:1").unwrap(),
            client_id: ID.parse().ok(),
            symbol: Symbol::new("BTC-USDT").unwrap(),
            side: Side::Sell,
            kind,
            state,
            quantity: "2".parse().unwrap(),
            filled: filled.parse().unwrap(),
            average_price: None,
            reason: None,
            at: Timestamp::from_micros(1),
        }
    }

    fn profit(state: OrderState, filled: &str) -> ExecutionReport {
        leg(state, filled, OrderKind::Limit { price: "110".parse().unwrap() })
    }

    fn stop(state: OrderState, filled: &str) -> ExecutionReport {
        leg(state, filled, OrderKind::StopLimit { stop: "90".parse().unwrap(), price: "89".parse().unwrap() })
    }

    fn of(profit: Option<ExecutionReport>, stop: Option<ExecutionReport>) -> Option<ExecutionReport> {
        Legs { take_profit: profit, stop }.report(VenueOrderId::new("BTCUSDT:list:7").unwrap())
    }

    #[test]
    fn the_ids_of_legs_fit_and_lead_back_to_the_order() {
        let order: VenueClientId = ID.parse().unwrap();
        for leg in [Leg::TakeProfit, Leg::Stop] {
            let id = leg.id(order);
            assert!(id.len() <= 36 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':'), "{id}");
            assert_eq!(named(&id), (Some(order), Some(leg)));
        }
        assert_ne!(Leg::TakeProfit.id(order), Leg::Stop.id(order));
        assert_eq!(named(ID), (Some(order), None));
        for other in ["", ":tp", "tp", "x:sl", "electron_7d1c9a52", "7d1c9a526c3a4d659a4c0b9d9a1f7a10tp"] {
            assert_eq!(named(other), (None, None), "{other}");
        }
    }

    #[test]
    fn two_legs_are_one_order() {
        use OrderState::{Cancelled, Expired, Filled, PartialFill, Rejected, Working};
        for (legs, state, filled) in [
            ((profit(Working, "0"), stop(Working, "0")), Working, "0"),
            ((profit(Expired, "0"), stop(Working, "0")), Working, "0"),
            ((profit(Working, "0"), stop(Expired, "0")), Working, "0"),
            ((profit(PartialFill, "1"), stop(Expired, "0")), PartialFill, "1"),
            ((profit(Filled, "2"), stop(Expired, "0")), Filled, "2"),
            ((profit(Expired, "0"), stop(Filled, "2")), Filled, "2"),
            ((profit(Cancelled, "0"), stop(Cancelled, "0")), Cancelled, "0"),
            ((profit(Expired, "0"), stop(Cancelled, "0")), Cancelled, "0"),
            ((profit(Expired, "0"), stop(Cancelled, "1")), Cancelled, "1"),
            ((profit(Expired, "0"), stop(Expired, "0")), Expired, "0"),
            ((profit(Rejected, "0"), stop(Rejected, "0")), Rejected, "0"),
        ] {
            let report = of(Some(legs.0.clone()), Some(legs.1.clone())).unwrap();
            assert_eq!((report.state, report.filled.to_string().as_str()), (state, filled), "{legs:?}");
            assert_eq!(report.venue_order_id.as_str(), "BTCUSDT:list:7");
            assert!(matches!(report.kind, OrderKind::Bracket { .. }), "{:?}", report.kind);
        }
    }

    #[test]
    fn one_leg_alone_says_how_the_bracket_stands_only_once_it_executed() {
        use OrderState::{Cancelled, Expired, Filled, Working};
        for state in [Working, Expired, Cancelled] {
            assert_eq!(of(Some(profit(state, "0")), None), None, "{state:?}");
            assert_eq!(of(None, Some(stop(state, "0"))), None, "{state:?}");
        }
        assert_eq!(of(None, None), None);
        let report = of(None, Some(stop(Filled, "2"))).unwrap();
        assert_eq!((report.state, report.kind), (Filled, stop(Filled, "2").kind));
    }
}
