//! What comes to a user's mind, drawn by chance: orders, guards, and how much of what is held.

use nija_core::{
    ClientOrderId, Notional, OrderKind, OrderSize, Price, ProtectionPlan, Quantity, Side, Symbol, TakeProfit,
    TimeInForce, TradeSignal, Trail,
};
use rust_decimal::Decimal;
use std::ops::Range;

use super::client::Client;

impl Client {
    pub(super) fn id(&self, what: &str, act: u64) -> ClientOrderId {
        ClientOrderId::new(&format!("u{}-{what}{act}", self.name)).unwrap()
    }

    pub(super) fn entry(&self, id: ClientOrderId) -> TradeSignal {
        let dice = &self.platform.dice;
        let symbols = self.platform.symbols();
        let symbol = dice.pick(&symbols).clone();
        let money = Notional::new(Decimal::from(dice.number(20..160))).unwrap();
        let side = self.platform.opens(&symbol);
        let mut signal = TradeSignal::market(self.user, id, symbol, side, OrderSize::Quote(money));
        if dice.chance(30) {
            let price = self.near(&signal.symbol, 9_950..9_951);
            signal.kind = OrderKind::Limit { price };
            signal.time_in_force = if dice.chance(80) { TimeInForce::Gtc } else { TimeInForce::Ioc };
        } else if dice.chance(12) {
            let stop = self.near(&signal.symbol, 10_005..10_040);
            let price = self.beyond(&signal.symbol, stop, 1_003);
            signal.kind = OrderKind::StopLimit { stop, price };
            signal.time_in_force = TimeInForce::Gtc;
        }
        if dice.chance(35) {
            signal.protection = Some(Box::new(self.plan(&signal.symbol)));
        }
        if self.platform.attended == Some(self.user) {
            // Most of what this user asks for is what such a key can do.
            if dice.chance(75) {
                signal.time_in_force = TimeInForce::Ioc;
                signal.kind = OrderKind::Market;
            }
            let stop = Some(self.near(&signal.symbol, 9_700..9_990));
            signal.protection = Some(Box::new(ProtectionPlan { stop, ..self.plan(&signal.symbol) }));
        }
        if dice.chance(20) {
            signal.venue = Some(dice.pick(&self.platform.venues).id.clone());
        }
        signal
    }

    /// A price this many ten-thousandths of the market's; of what is sold short as far on its other side.
    pub(super) fn near(&self, symbol: &Symbol, range: Range<u64>) -> Price {
        let market = self.platform.venues[0].exchange().prices[symbol];
        let factor = i64::try_from(self.platform.dice.number(range)).unwrap();
        let factor = if self.platform.opens(symbol) == Side::Buy { factor } else { 20_000 - factor };
        Price::new((market * Decimal::new(factor, 4)).round_dp(2)).unwrap()
    }

    /// This many thousandths of a price; of what is sold short as far on its other side.
    pub(super) fn beyond(&self, symbol: &Symbol, price: Price, thousandths: i64) -> Price {
        let long = self.platform.opens(symbol) == Side::Buy;
        let factor = if long { thousandths } else { 2_000 - thousandths };
        Price::new((price.get() * Decimal::new(factor, 3)).round_dp(2)).unwrap()
    }

    /// Something to guard a position by, sometimes on the wrong side of the market.
    pub(super) fn plan(&self, symbol: &Symbol) -> ProtectionPlan {
        let dice = &self.platform.dice;
        let market = self.platform.venues[0].exchange().prices[symbol];
        let at = |range: std::ops::Range<u64>| self.near(symbol, range);
        let shares: &[&[u32]] = &[&[], &[], &[100], &[100], &[50, 50], &[50, 30, 20], &[20, 20]];
        let shares = *dice.pick(shares);
        let profits = shares.iter().zip(0u64..).map(|(share, n)| TakeProfit {
            price: at(10_020 + n * 100..10_100 + n * 100),
            share: Decimal::new(i64::from(*share), 2),
        });
        let take_profits = profits.collect();
        let trailing = match dice.number(0..4) {
            0 => Some(Trail::Share(Decimal::new(i64::try_from(dice.number(5..30)).unwrap(), 3))),
            1 => Some(Trail::Price(Price::new((market * Decimal::new(1, 2)).round_dp(2)).unwrap())),
            _ => None,
        };
        let stop = (trailing.is_none() || dice.chance(50)).then(|| at(9_700..9_990));
        ProtectionPlan { stop, trailing, take_profits }
    }

    /// A position of this user to reduce, and by how much.
    pub(super) fn held(&self) -> Option<(nija_core::Position, Quantity)> {
        let positions = self.platform.ledger.positions_of(self.user);
        if positions.is_empty() {
            return None;
        }
        let open = self.platform.dice.pick(&positions).as_ref().clone();
        let share = Decimal::from(*self.platform.dice.pick(&[100u32, 100, 50, 130])) / Decimal::ONE_HUNDRED;
        let quantity = Quantity::new((open.quantity.abs() * share).round_dp(6)).ok()?;
        (!quantity.is_zero()).then_some((open, quantity))
    }

    /// About this share of all positions in a symbol, wherever they are.
    pub(super) fn everywhere(&self, symbol: &Symbol) -> Option<Quantity> {
        let positions = self.platform.ledger.positions_of(self.user);
        let all: Decimal =
            positions.iter().filter(|open| open.symbol == *symbol).map(|open| open.quantity.abs()).sum();
        let share = Decimal::from(*self.platform.dice.pick(&[100u32, 100, 80, 120])) / Decimal::ONE_HUNDRED;
        Quantity::new((all * share).round_dp(6)).ok().filter(|all| !all.is_zero())
    }
}
