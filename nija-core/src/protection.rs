//! What guards an open position: a stop, take-profits, a trailing stop.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{JournalEvent, OrderId, Price, ProtectionId, Side, Symbol, Timestamp, UserId, VenueId};

/// Take-profits that a position has at most.
pub const MOST_TAKE_PROFITS: usize = 3;

/// Sells (or buys back) a share of the position at a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeProfit {
    /// The price to win at.
    pub price: Price,
    /// Share of the position at its largest, above 0 and at most 1.
    pub share: Decimal,
}

/// How far behind the best price a trailing stop follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trail {
    /// This share of the best price, above 0 and below 1.
    Share(Decimal),
    /// This many quote units.
    Price(Price),
}

impl Trail {
    /// Where the stop stands when the best price was `mark`.
    #[must_use]
    pub fn stop(self, side: Side, mark: Price) -> Option<Price> {
        let distance = match self {
            Self::Share(share) => mark.get() * share,
            Self::Price(distance) => distance.get(),
        };
        let stop = match side {
            Side::Buy => mark.get() - distance,
            Side::Sell => mark.get() + distance,
        };
        Price::new(stop).ok()
    }
}

/// What a user wants a position to be guarded by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionPlan {
    /// Ends the position when the market is at this price or worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Price>,
    /// The same at a distance that follows the best price since it was set, and never goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing: Option<Trail>,
    /// TP1 to TP3, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_profits: Vec<TakeProfit>,
}

/// What is wrong with a plan, in words for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There is nothing in it.
    #[error("a protection needs a stop, a trailing stop or a take-profit")]
    Empty,
    /// More take-profits than there may be.
    #[error("there may be {MOST_TAKE_PROFITS} take-profits at most")]
    TooManyTakeProfits,
    /// A share that is none.
    #[error("the share of a take-profit must be above 0 and their sum at most 1")]
    Shares,
    /// A distance that is none.
    #[error("the distance of a trailing stop must be a share above 0 and below 1, or a price above 0")]
    Distance,
    /// A price on the wrong side.
    #[error("{0}")]
    WrongSide(String),
}

impl ProtectionPlan {
    /// Whether it makes sense for a position of this side; `market` is the price to compare with, where one is known.
    ///
    /// # Errors
    /// [`PlanError`] says what does not fit.
    pub fn check(&self, side: Side, market: Option<Price>) -> Result<(), PlanError> {
        if *self == Self::default() {
            return Err(PlanError::Empty);
        }
        if self.take_profits.len() > MOST_TAKE_PROFITS {
            return Err(PlanError::TooManyTakeProfits);
        }
        let sum: Decimal = self.take_profits.iter().map(|profit| profit.share).sum();
        if sum > Decimal::ONE || self.take_profits.iter().any(|profit| profit.share <= Decimal::ZERO) {
            return Err(PlanError::Shares);
        }
        let distance = match self.trailing {
            Some(Trail::Share(share)) => share > Decimal::ZERO && share < Decimal::ONE,
            Some(Trail::Price(distance)) => !distance.get().is_zero(),
            None => true,
        };
        if !distance {
            return Err(PlanError::Distance);
        }
        let wrong = |what: String| Err(PlanError::WrongSide(what));
        let (losing, winning) = match side {
            Side::Buy => ("below", "above"),
            Side::Sell => ("above", "below"),
        };
        if let (Some(stop), Some(market)) = (self.stop, market)
            && !is_worse(side, stop, market)
        {
            return wrong(format!("a stop at {stop} must be {losing} the market, which is at {market}"));
        }
        if let Some(Trail::Price(distance)) = self.trailing
            && let Some(market) = market.filter(|market| distance >= *market)
        {
            return wrong(format!("a trailing stop {distance} away from {market} never stops anything"));
        }
        let mut last = market.or(self.stop);
        for profit in &self.take_profits {
            if let Some(last) = last
                && !is_worse(side, last, profit.price)
            {
                return wrong(format!("a take-profit at {} must be {winning} {last}", profit.price));
            }
            last = Some(profit.price);
        }
        Ok(())
    }

    /// Whether it has a stop of any kind.
    #[must_use]
    pub const fn stops(&self) -> bool {
        self.stop.is_some() || self.trailing.is_some()
    }
}

/// Whether a position of this side is worse off at `price` than at `than`.
fn is_worse(side: Side, price: Price, than: Price) -> bool {
    match side {
        Side::Buy => price < than,
        Side::Sell => price > than,
    }
}

/// A part of a protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionPart {
    /// The stop, trailing or not.
    Stop,
    /// The n-th take-profit, from 0.
    TakeProfit(usize),
}

/// What sets a part of a protection off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitCause {
    /// The market reached its price.
    #[default]
    Price,
    /// The stop cannot rest at its venue, and nothing here can close the position once its user is away: the entry is undone.
    CannotRest,
}

impl HitCause {
    /// Whether it is what sets off nearly all of them.
    #[must_use]
    pub const fn is_price(&self) -> bool {
        matches!(self, Self::Price)
    }
}

/// A part that went off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Which.
    pub part: ProtectionPart,
    /// When.
    pub at: Timestamp,
    /// The price seen, where it was seen here; `None` when the venue's execution showed it.
    pub price: Option<Price>,
    /// What set it off.
    #[serde(default, skip_serializing_if = "HitCause::is_price")]
    pub cause: HitCause,
}

/// What guards an open position, as it stands. It ends with its position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Names it; another one each time that it is set. What it makes is named for it.
    pub id: ProtectionId,
    /// Whose.
    pub user: UserId,
    /// Where.
    pub venue: VenueId,
    /// Of what.
    pub symbol: Symbol,
    /// What was wanted.
    pub plan: ProtectionPlan,
    /// The entry that brought it along; `None` when it was set later.
    pub order: Option<OrderId>,
    /// When it was set.
    pub set_at: Timestamp,
    /// The most base units that the position had since: what the shares of take-profits are of.
    pub largest: Decimal,
    /// The best price since, as far as a trailing stop has followed.
    pub mark: Option<Price>,
    /// Parts that went off, in order.
    pub hits: Vec<Hit>,
    /// Take-profits whose share is gone, in order.
    pub taken: Vec<usize>,
}

impl Protection {
    /// The protection of a user's position after one more event of that user at that venue and symbol.
    #[must_use]
    pub fn fold(standing: Option<Self>, user: UserId, at: Timestamp, event: &JournalEvent) -> Option<Self> {
        if let JournalEvent::ProtectionSet { id, venue, symbol, plan, order, held } = event {
            return Some(Self {
                id: *id,
                user,
                venue: venue.clone(),
                symbol: symbol.clone(),
                plan: plan.clone(),
                order: *order,
                set_at: at,
                largest: *held,
                mark: None,
                hits: Vec::new(),
                taken: Vec::new(),
            });
        }
        let mut standing = standing?;
        match event {
            JournalEvent::ProtectionMoved { id, mark, .. } if *id == standing.id => {
                standing.mark = Some(*mark);
            }
            JournalEvent::ProtectionHit { id, part, price, cause, .. }
                if *id == standing.id && standing.hit(*part).is_none() =>
            {
                standing.hits.push(Hit { part: *part, at, price: *price, cause: *cause });
            }
            JournalEvent::ProtectionTaken { id, take_profit, .. }
                if *id == standing.id && !standing.taken.contains(take_profit) =>
            {
                standing.taken.push(*take_profit);
            }
            JournalEvent::ProtectionRemoved { id, .. } if *id == standing.id => return None,
            _ => {}
        }
        Some(standing)
    }

    /// The same after a fill that left `open` of the position, and closed what was there before where `closed` says so. One that was set
    /// for what the fill opens stays.
    #[must_use]
    pub fn follow(standing: Option<Self>, closed: bool, open: Option<Decimal>) -> Option<Self> {
        let mut standing = standing?;
        let open = open?.abs();
        if closed && !standing.largest.is_zero() {
            return None;
        }
        standing.largest = standing.largest.max(open);
        Some(standing)
    }

    /// Whether and when a part went off.
    #[must_use]
    pub fn hit(&self, part: ProtectionPart) -> Option<&Hit> {
        self.hits.iter().find(|hit| hit.part == part)
    }

    /// Where the stop stands now: the better of the fixed and the trailing one.
    #[must_use]
    pub fn stop_price(&self, side: Side) -> Option<Price> {
        let trailing = self.plan.trailing.zip(self.mark).and_then(|(trail, mark)| trail.stop(side, mark));
        match (self.plan.stop, trailing, side) {
            (Some(fixed), Some(trailing), Side::Buy) => Some(fixed.max(trailing)),
            (Some(fixed), Some(trailing), Side::Sell) => Some(fixed.min(trailing)),
            (fixed, trailing, _) => fixed.or(trailing),
        }
    }

    /// Base units that a take-profit sells.
    #[must_use]
    pub fn to_take(&self, take_profit: usize) -> Decimal {
        self.plan.take_profits.get(take_profit).map_or(Decimal::ZERO, |profit| profit.share * self.largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    fn profit(at: &str, share: &str) -> TakeProfit {
        TakeProfit { price: price(at), share: share.parse().unwrap() }
    }

    fn plan(stop: Option<&str>, profits: &[(&str, &str)]) -> ProtectionPlan {
        let take_profits = profits.iter().map(|(at, share)| profit(at, share)).collect();
        ProtectionPlan { stop: stop.map(price), trailing: None, take_profits }
    }

    #[test]
    fn a_plan_says_what_does_not_fit() {
        let market = Some(price("100"));
        let fits = plan(Some("95"), &[("105", "0.5"), ("110", "0.3"), ("120", "0.2")]);
        assert_eq!(fits.check(Side::Buy, market), Ok(()));
        let short = plan(Some("105"), &[("95", "0.5"), ("90", "0.5")]);
        assert_eq!(short.check(Side::Sell, market), Ok(()));
        let wrong = |plan: ProtectionPlan| plan.check(Side::Buy, market).unwrap_err().to_string();
        assert_eq!(ProtectionPlan::default().check(Side::Buy, market), Err(PlanError::Empty));
        assert_eq!(wrong(plan(Some("100"), &[])), "a stop at 100 must be below the market, which is at 100");
        assert_eq!(wrong(plan(None, &[("99", "1")])), "a take-profit at 99 must be above 100");
        assert!(wrong(plan(None, &[("110", "0.5"), ("105", "0.5")])).contains("above 110"));
        for shares in [[("110", "0.6"), ("120", "0.5")], [("110", "0"), ("120", "0.5")]] {
            assert_eq!(plan(None, &shares).check(Side::Buy, market), Err(PlanError::Shares));
        }
        let four = [("101", "0.1"), ("102", "0.1"), ("103", "0.1"), ("104", "0.1")];
        assert_eq!(plan(None, &four).check(Side::Buy, market), Err(PlanError::TooManyTakeProfits));
        for trail in [Trail::Share(Decimal::ZERO), Trail::Share(Decimal::ONE)] {
            let plan = ProtectionPlan { trailing: Some(trail), ..ProtectionPlan::default() };
            assert_eq!(plan.check(Side::Buy, None), Err(PlanError::Distance));
        }
        // Without a price the parts are compared with each other.
        assert!(plan(Some("95"), &[("90", "1")]).check(Side::Buy, None).is_err());
    }

    #[test]
    fn a_trailing_stop_stands_behind_its_mark_and_the_better_stop_counts() {
        let base = Protection {
            id: ProtectionId::from_uuid(uuid::Uuid::nil()),
            user: UserId::PLATFORM,
            venue: "a".parse().unwrap(),
            symbol: "BTC-USD".parse().unwrap(),
            plan: ProtectionPlan {
                stop: Some(price("90")),
                trailing: Some(Trail::Share("0.05".parse().unwrap())),
                take_profits: Vec::new(),
            },
            order: None,
            set_at: Timestamp::default(),
            largest: Decimal::ZERO,
            mark: None,
            hits: Vec::new(),
            taken: Vec::new(),
        };
        assert_eq!(base.stop_price(Side::Buy), Some(price("90")));
        let high = Protection { mark: Some(price("100")), ..base.clone() };
        assert_eq!(high.stop_price(Side::Buy), Some(price("95")));
        let low = Protection { mark: Some(price("92")), ..base.clone() };
        assert_eq!(low.stop_price(Side::Buy), Some(price("90")));
        assert_eq!(Trail::Price(price("3")).stop(Side::Sell, price("50")), Some(price("53")));
        // It was set for the position that this fill opens, and ends with it.
        let turned = Protection::follow(Some(base), true, Some(Decimal::TWO)).unwrap();
        assert_eq!(turned.largest, Decimal::TWO);
        assert_eq!(Protection::follow(Some(turned.clone()), true, Some(Decimal::ONE)), None);
        assert_eq!(Protection::follow(Some(turned), true, None), None);
    }
}
