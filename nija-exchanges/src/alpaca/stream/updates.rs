//! Which updates of the account stream are news. The venue repeats some, and may send them out of order.

use nija_core::{ExecutionReport, OrderState, Quantity};
use std::collections::{HashMap, VecDeque};

/// Orders remembered.
const KEPT: usize = 10_000;

/// What was last told of each order.
#[derive(Debug, Default)]
pub(in super::super) struct Told {
    orders: HashMap<String, (OrderState, Quantity)>,
    order: VecDeque<String>,
}

impl Told {
    /// Whether a report says more than was told before.
    pub(in super::super) fn would_be_news(&self, report: &ExecutionReport) -> bool {
        match self.orders.get(report.venue_order_id.as_str()) {
            None => true,
            Some((state, _)) if state.is_final() => false,
            Some((state, filled)) => {
                report.filled > *filled || (report.filled == *filled && report.state != *state)
            }
        }
    }

    /// The same, and it is told with that.
    pub(in super::super) fn is_news(&mut self, report: &ExecutionReport) -> bool {
        let news = self.would_be_news(report);
        if news {
            let id = report.venue_order_id.as_str();
            if self.orders.insert(id.to_owned(), (report.state, report.filled)).is_none() {
                self.order.push_back(id.to_owned());
            }
            while self.order.len() > KEPT {
                if let Some(oldest) = self.order.pop_front() {
                    self.orders.remove(&oldest);
                }
            }
        }
        news
    }
}

impl Told {
    /// Orders that were not over when they were last told of.
    pub(in super::super) fn open(&self) -> Vec<String> {
        let open = self.orders.iter().filter(|(_, (state, _))| !state.is_final());
        open.map(|(id, _)| id.clone()).collect()
    }
}

/// Ids told already, the newest of them.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ids: std::collections::HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    /// Whether an id was not told before; it is from now on.
    pub(super) fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{OrderKind, Side, Symbol, Timestamp, VenueId, VenueOrderId};

    fn report(state: OrderState, filled: i64) -> ExecutionReport {
        ExecutionReport {
            venue: VenueId::new("alpaca").unwrap(),
            venue_order_id: VenueOrderId::new("1").unwrap(),
            client_id: None,
            symbol: Symbol::new("BTC-USD").unwrap(),
            side: Side::Buy,
            kind: OrderKind::Market,
            state,
            quantity: Quantity::new(10.into()).unwrap(),
            filled: Quantity::new(filled.into()).unwrap(),
            average_price: None,
            reason: None,
            at: Timestamp::from_micros(1),
        }
    }

    #[test]
    fn repeats_and_what_comes_late_are_no_news() {
        let mut told = Told::default();
        let steps = [
            (OrderState::Working, 0, true),
            (OrderState::Working, 0, false),
            (OrderState::PartialFill, 4, true),
            (OrderState::PartialFill, 4, false),
            (OrderState::Working, 0, false),
            (OrderState::PartialFill, 7, true),
            (OrderState::PartialFill, 4, false),
            (OrderState::Filled, 10, true),
            (OrderState::Filled, 10, false),
            (OrderState::PartialFill, 7, false),
        ];
        for (state, filled, news) in steps {
            assert_eq!(told.is_news(&report(state, filled)), news, "{state:?} {filled}");
        }
    }
}
