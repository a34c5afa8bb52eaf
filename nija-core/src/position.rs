//! Positions, folded from fills alone.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Fill, PositionId, Price, Side, Symbol, Timestamp, UserId, VenueId};

/// What a user holds of a symbol at a venue through fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Made from the venue, the symbol and the execution that opened it.
    pub id: PositionId,
    /// Whose.
    pub user: UserId,
    /// Where.
    pub venue: VenueId,
    /// What.
    pub symbol: Symbol,
    /// Base units; below zero is short.
    pub quantity: Decimal,
    /// Quote units that the open quantity was bought (or sold short) for; the sign is the quantity's.
    pub cost: Decimal,
    /// Quote units won by what was closed, fees not counted.
    pub realised_pnl: Decimal,
    /// Quote units of fees on its fills.
    pub fees: Decimal,
    /// Time of the first fill.
    pub opened_at: Timestamp,
    /// Time of the last fill.
    pub updated_at: Timestamp,
    /// When the quantity came back to zero.
    pub closed_at: Option<Timestamp>,
}

/// What a fill did to a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionChange {
    /// The position that the fill ended, as it ended.
    pub closed: Option<Position>,
    /// The position that is open afterwards.
    pub open: Option<Position>,
    /// Quote units that the fill won or lost, fees not counted.
    pub realised_pnl: Decimal,
}

impl Position {
    /// Average entry price; zero when closed.
    #[must_use]
    pub fn entry_price(&self) -> Decimal {
        self.cost.checked_div(self.quantity).unwrap_or(Decimal::ZERO)
    }

    /// `Buy` when long, `Sell` when short.
    #[must_use]
    pub fn side(&self) -> Side {
        if self.quantity.is_sign_negative() { Side::Sell } else { Side::Buy }
    }

    /// Quote units that closing at this price would win, fees not counted.
    #[must_use]
    pub fn unrealised_pnl(&self, price: Price) -> Decimal {
        self.quantity * price.get() - self.cost
    }

    /// Folds one fill into the open position of its user, venue and symbol. A fill larger than an opposite position
    /// closes it and opens one the other way; its fee is then shared by quantity.
    ///
    /// A fee taken in the base asset leaves that much less (or sells that much more) at the fill's price, and counts as a fee of that
    /// worth: what the position says is there is there.
    #[must_use]
    pub fn fold(open: Option<Self>, fill: &Fill) -> PositionChange {
        let signed = fill.execution.base_change();
        let position = open.unwrap_or_else(|| Self::flat(fill));
        let opposite = !position.quantity.is_zero()
            && !signed.is_zero()
            && position.quantity.is_sign_negative() != signed.is_sign_negative();
        if !opposite {
            let grown = position.grown(signed, fill.fee_in_quote, fill);
            // A fee that took all that was bought leaves nothing open.
            let (closed, open) = if grown.quantity.is_zero() {
                (Some(Self { closed_at: Some(fill.execution.at), ..grown }), None)
            } else {
                (None, Some(grown))
            };
            return PositionChange { closed, open, realised_pnl: Decimal::ZERO };
        }
        if signed.abs() <= position.quantity.abs() {
            let (reduced, realised_pnl) = position.reduced(signed, fill.fee_in_quote, fill);
            let done = reduced.closed_at.is_some();
            return if done {
                PositionChange { closed: Some(reduced), open: None, realised_pnl }
            } else {
                PositionChange { closed: None, open: Some(reduced), realised_pnl }
            };
        }
        let closing = -position.quantity;
        let closing_fee = fill.fee_in_quote * closing / signed;
        let (closed, realised_pnl) = position.reduced(closing, closing_fee, fill);
        let reopened = Self::flat(fill).grown(signed - closing, fill.fee_in_quote - closing_fee, fill);
        PositionChange { closed: Some(closed), open: Some(reopened), realised_pnl }
    }

    /// Adds what a fee is worth that counted as nothing in the fold of its fill; see [`JournalEvent::FeeValued`](crate::JournalEvent::FeeValued).
    /// One of before the position, by the venue's clock, is none of its: what is closed stays as it was closed.
    pub fn value_fee(&mut self, fill: &Fill) -> bool {
        let own = fill.execution.at >= self.opened_at;
        if own {
            self.fees += fill.fee_in_quote;
        }
        own
    }

    fn flat(fill: &Fill) -> Self {
        let execution = &fill.execution;
        Self {
            id: PositionId::opened_by(execution),
            user: fill.user,
            venue: execution.venue.clone(),
            symbol: execution.symbol.clone(),
            quantity: Decimal::ZERO,
            cost: Decimal::ZERO,
            realised_pnl: Decimal::ZERO,
            fees: Decimal::ZERO,
            opened_at: execution.at,
            updated_at: execution.at,
            closed_at: None,
        }
    }

    fn grown(mut self, signed: Decimal, fee: Decimal, fill: &Fill) -> Self {
        self.quantity += signed;
        self.cost += signed * fill.execution.price.get();
        self.fees += fee;
        self.updated_at = fill.execution.at;
        self
    }

    fn reduced(mut self, signed: Decimal, fee: Decimal, fill: &Fill) -> (Self, Decimal) {
        let whole = signed.abs() == self.quantity.abs();
        // The last reduction takes all the cost that is left, so that rounding never strands a digit.
        let cost = if whole { self.cost } else { self.cost * -signed / self.quantity };
        let realised = -signed * fill.execution.price.get() - cost;
        self.quantity += signed;
        self.cost -= cost;
        self.realised_pnl += realised;
        self.fees += fee;
        self.updated_at = fill.execution.at;
        self.closed_at = whole.then_some(fill.execution.at);
        (self, realised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ExecutionId, Liquidity, Quantity, SeededEntropy, VenueFill, VenueOrderId};
    use proptest::prelude::*;

    fn fill(n: usize, side: Side, quantity: Decimal, price: Decimal, fee: Decimal) -> Fill {
        Fill {
            user: UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(1)),
            order: None,
            fee_in_quote: fee,
            execution: VenueFill {
                venue: VenueId::new("kraken").unwrap(),
                execution_id: ExecutionId::new(&format!("e{n}")).unwrap(),
                venue_order_id: VenueOrderId::new("o1").unwrap(),
                client_id: None,
                symbol: Symbol::new("BTC-USD").unwrap(),
                side,
                quantity: Quantity::new(quantity).unwrap(),
                price: Price::new(price).unwrap(),
                fee_asset: "USD".into(),
                fee,
                liquidity: Liquidity::Taker,
                at: Timestamp::from_micros(i64::try_from(n).unwrap()),
            },
        }
    }

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_fill_beyond_the_position_closes_it_and_opens_the_other_way_with_its_share_of_the_fee() {
        let long = Position::fold(None, &fill(1, Side::Buy, dec("2"), dec("100"), dec("1"))).open;
        let change = Position::fold(long, &fill(2, Side::Sell, dec("5"), dec("110"), dec("5")));
        let closed = change.closed.unwrap();
        let open = change.open.unwrap();
        assert_eq!((change.realised_pnl, closed.realised_pnl, closed.fees), (dec("20"), dec("20"), dec("3")));
        assert_eq!((open.quantity, open.entry_price(), open.fees), (dec("-3"), dec("110"), dec("3")));
        assert_eq!((open.side(), closed.closed_at.is_some()), (Side::Sell, true));
        assert_ne!(open.id, closed.id);
    }

    #[test]
    fn a_fee_taken_out_of_what_was_bought_is_not_in_the_position_and_the_exit_closes_it_whole() {
        let mut bought = fill(1, Side::Buy, dec("1"), dec("100"), dec("0.1"));
        (bought.execution.fee_asset, bought.execution.fee) = ("BTC".into(), dec("0.001"));
        let open = Position::fold(None, &bought).open.unwrap();
        assert_eq!((open.quantity, open.cost, open.entry_price()), (dec("0.999"), dec("99.9"), dec("100")));
        let change = Position::fold(Some(open), &fill(2, Side::Sell, dec("0.999"), dec("110"), dec("0")));
        let closed = change.closed.unwrap();
        assert!(change.open.is_none());
        // Paid 100, received 109.89: what was won less the fees is the cash that moved.
        assert_eq!(
            (closed.realised_pnl, closed.fees, closed.realised_pnl - closed.fees),
            (dec("9.99"), dec("0.1"), dec("9.89"))
        );
    }

    #[test]
    fn a_fee_that_is_valued_later_counts_where_its_fill_did() {
        let fills = [(1, Side::Buy, "1"), (2, Side::Sell, "3"), (3, Side::Sell, "1")]
            .map(|(n, side, quantity)| fill(n, side, dec(quantity), dec("100"), dec("1")));
        let mut open = None;
        for fill in &fills {
            open = Position::fold(open, &Fill { fee_in_quote: Decimal::ZERO, ..fill.clone() }).open;
        }
        let mut open = open.unwrap();
        let before = open.clone();
        assert_eq!(fills.map(|fill| open.value_fee(&fill)), [false, true, true]);
        assert_eq!(open, Position { fees: dec("2"), ..before });
    }

    #[test]
    fn a_fee_that_takes_all_leaves_nothing_open() {
        let mut bought = fill(1, Side::Buy, dec("1"), dec("100"), dec("100"));
        (bought.execution.fee_asset, bought.execution.fee) = ("BTC".into(), dec("1"));
        let change = Position::fold(None, &bought);
        assert!(change.open.is_none() && change.closed.unwrap().fees == dec("100"));
    }

    proptest! {
        /// Money is conserved: what was won and what is open is worth exactly the cash that moved plus the goods held.
        #[test]
        fn realised_and_unrealised_add_up_to_the_cash_that_moved(
            trades in prop::collection::vec((any::<bool>(), 1i64..1_000_000, 1i64..10_000_000, 0i64..1000), 1..60),
            mark in 1i64..10_000_000,
        ) {
            let (mut open, mut cash, mut held, mut realised, mut fees) = (None, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
            let (mut paid, mut closed_realised) = (Decimal::ZERO, Decimal::ZERO);
            for (n, (buy, quantity, price, fee)) in trades.into_iter().enumerate() {
                let (quantity, price, fee) = (Decimal::new(quantity, 4), Decimal::new(price, 2), Decimal::new(fee, 2));
                let side = if buy { Side::Buy } else { Side::Sell };
                let signed = if buy { quantity } else { -quantity };
                (cash, held, paid) = (cash - signed * price, held + signed, paid + fee);
                let change = Position::fold(open, &fill(n, side, quantity, price, fee));
                realised += change.realised_pnl;
                if let Some(closed) = &change.closed {
                    prop_assert!(closed.quantity.is_zero() && closed.cost.is_zero());
                    fees += closed.fees;
                    closed_realised += closed.realised_pnl;
                }
                open = change.open;
            }
            let mark = Price::new(Decimal::new(mark, 2)).unwrap();
            let (unrealised, quantity, open_fees, open_realised) = open.as_ref().map_or_else(Default::default, |position: &Position| {
                (position.unrealised_pnl(mark), position.quantity, position.fees, position.realised_pnl)
            });
            let tiny = Decimal::new(1, 15);
            prop_assert_eq!(quantity, held);
            prop_assert!((realised + unrealised - (cash + held * mark.get())).abs() < tiny);
            prop_assert!((closed_realised + open_realised - realised).abs() < tiny);
            prop_assert!((fees + open_fees - paid).abs() < tiny);
        }
    }

    /// What was bought (or sold short) and is still open, one entry a fill: slow, and plain enough to be seen to be right.
    #[derive(Default)]
    struct Lots {
        open: Vec<(Decimal, Decimal)>,
        realised: Decimal,
        fees: Decimal,
    }

    impl Lots {
        fn quantity(&self) -> Decimal {
            self.open.iter().map(|(quantity, _)| quantity).sum()
        }

        fn cost(&self) -> Decimal {
            self.open.iter().map(|(quantity, price)| quantity * price).sum()
        }

        fn unrealised(&self, mark: Decimal) -> Decimal {
            self.open.iter().map(|(quantity, paid)| quantity * (mark - paid)).sum()
        }

        /// Closes against the average: the same share of each lot goes.
        fn take(&mut self, change: Decimal, price: Decimal, fee: Decimal) {
            self.fees += fee;
            let held = self.quantity();
            let against = !held.is_zero() && (held > Decimal::ZERO) != (change > Decimal::ZERO);
            let closed = if against { change.abs().min(held.abs()) } else { Decimal::ZERO };
            if against {
                let share = closed / held.abs();
                for (quantity, paid) in &mut self.open {
                    self.realised += *quantity * share * (price - *paid);
                    *quantity -= *quantity * share;
                }
            }
            if closed == held.abs() {
                self.open.clear();
            }
            let rest = change.abs() - closed;
            if !rest.is_zero() {
                self.open.push((if change > Decimal::ZERO { rest } else { -rest }, price));
            }
        }
    }

    proptest! {
        /// Flips, partial closes, rebates, fees in the quote, in the base and in a third asset, against the list of lots.
        #[test]
        fn a_position_is_what_its_lots_are(
            trades in prop::collection::vec((any::<bool>(), 1i64..50, 1i64..1_000_000, -20i64..100, 0..3usize), 1..60),
            mark in 1i64..1_000_000,
        ) {
            let mark = Price::new(Decimal::new(mark, 2)).unwrap();
            let (mut open, mut lots) = (None::<Position>, Lots::default());
            let (mut realised, mut closed_fees) = (Decimal::ZERO, Decimal::ZERO);
            let tiny = Decimal::new(1, 12);
            for (n, (buy, quantity, price, fee, asset)) in trades.into_iter().enumerate() {
                // Few quantities, so that positions come back to nothing now and then.
                let (quantity, price) = (Decimal::new(quantity, 1), Decimal::new(price, 2));
                let side = if buy { Side::Buy } else { Side::Sell };
                let mut one = fill(n, side, quantity, price, Decimal::new(fee, 2));
                match asset {
                    0 => {}
                    1 => {
                        let taken = Decimal::new(fee, 4);
                        (one.execution.fee_asset, one.execution.fee) = ("BTC".into(), taken);
                        one.fee_in_quote = taken * price;
                    }
                    _ => (one.execution.fee_asset, one.execution.fee) = ("BNB".into(), Decimal::new(fee, 5)),
                }
                let in_base = if asset == 1 { one.execution.fee } else { Decimal::ZERO };
                let change = if buy { quantity - in_base } else { -quantity - in_base };
                lots.take(change, price, one.fee_in_quote);
                let folded = Position::fold(open, &one);
                realised += folded.realised_pnl;
                closed_fees += folded.closed.as_ref().map_or(Decimal::ZERO, |closed| closed.fees);
                open = folded.open;
                let (held, cost, fees) = open
                    .as_ref()
                    .map_or_else(Default::default, |open| (open.quantity, open.cost, open.fees));
                prop_assert!((held - lots.quantity()).abs() < tiny, "{held} is {}", lots.quantity());
                prop_assert!((cost - lots.cost()).abs() < tiny, "{cost} is {}", lots.cost());
                prop_assert!((realised - lots.realised).abs() < tiny, "{realised} is {}", lots.realised);
                prop_assert!((closed_fees + fees - lots.fees).abs() < tiny, "fees");
                let unrealised = open.as_ref().map_or(Decimal::ZERO, |open| open.unrealised_pnl(mark));
                prop_assert!((unrealised - lots.unrealised(mark.get())).abs() < tiny, "unrealised");
                let entry = open.as_ref().map_or(Decimal::ZERO, Position::entry_price);
                // What rounding left of a lot has no price that means anything.
                let average = if held.is_zero() { Decimal::ZERO } else { lots.cost() / lots.quantity() };
                prop_assert!((entry - average).abs() < Decimal::new(1, 8), "{entry} is {average}");
            }
        }
    }
}
