//! A user's own limits: tightening them holds at once, loosening only after a while.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

use crate::{Symbol, Timestamp};

/// A user's own limits, each on top of what the platform and the plan allow: of two limits the tighter holds. `None` is no limit of one's own.
///
/// Shares are of the equity: `0.05` is five per cent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RiskSettings {
    /// Largest entry, as a share of equity.
    pub max_equity_share: Option<Decimal>,
    /// Entries stop when the day's loss reaches this share of the equity that the day began with.
    pub max_daily_loss: Option<Decimal>,
    /// Entries stop when the account is this share below its best.
    pub max_drawdown: Option<Decimal>,
    /// Largest position in one symbol, in quote units.
    pub largest_position: Option<Decimal>,
    /// Open positions.
    pub positions: Option<u32>,
    /// How far beyond the best price an entry's limit may be, as a share of that price.
    pub price_collar: Option<Decimal>,
    /// What may be entered.
    pub allowed_symbols: Option<BTreeSet<Symbol>>,
}

/// A ready-made set of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// 2 % of equity an order, 2 % a day, 5 % from the best, 3 positions.
    Low,
    /// 5 % of equity an order, 3 % a day, 10 % from the best, 5 positions.
    Medium,
    /// 10 % of equity an order, 5 % a day, 20 % from the best, 10 positions.
    High,
}

impl RiskLevel {
    /// All of them, the most careful first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Its limits.
    #[must_use]
    pub fn settings(self) -> RiskSettings {
        let (share, day, drawdown, positions, collar) = match self {
            Self::Low => (2, 2, 5, 3, 1),
            Self::Medium => (5, 3, 10, 5, 2),
            Self::High => (10, 5, 20, 10, 5),
        };
        let percent = |whole: i64| Some(Decimal::new(whole, 2));
        RiskSettings {
            max_equity_share: percent(share),
            max_daily_loss: percent(day),
            max_drawdown: percent(drawdown),
            positions: Some(positions),
            price_collar: percent(collar),
            largest_position: None,
            allowed_symbols: None,
        }
    }
}

impl RiskSettings {
    /// The level whose limits these are, if they are one's.
    #[must_use]
    pub fn level(&self) -> Option<RiskLevel> {
        RiskLevel::ALL.into_iter().find(|level| level.settings() == *self)
    }

    /// Field by field the tighter of two: what holds when both do.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let both = (&self.allowed_symbols, &other.allowed_symbols);
        Self {
            max_equity_share: tighter(self.max_equity_share, other.max_equity_share),
            max_daily_loss: tighter(self.max_daily_loss, other.max_daily_loss),
            max_drawdown: tighter(self.max_drawdown, other.max_drawdown),
            largest_position: tighter(self.largest_position, other.largest_position),
            positions: tighter(self.positions, other.positions),
            price_collar: tighter(self.price_collar, other.price_collar),
            allowed_symbols: match both {
                (Some(ours), Some(theirs)) => Some(ours.intersection(theirs).cloned().collect()),
                (one, another) => one.as_ref().or(another.as_ref()).cloned(),
            },
        }
    }

    /// Whether nothing is allowed under these that is not under `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.and(other) == *self
    }

    /// The names of the fields in which these allow more than `other`.
    #[must_use]
    pub fn looser_than(&self, other: &Self) -> Vec<&'static str> {
        let both = self.and(other);
        let fields = [
            ("max_equity_share", both.max_equity_share == self.max_equity_share),
            ("max_daily_loss", both.max_daily_loss == self.max_daily_loss),
            ("max_drawdown", both.max_drawdown == self.max_drawdown),
            ("largest_position", both.largest_position == self.largest_position),
            ("positions", both.positions == self.positions),
            ("price_collar", both.price_collar == self.price_collar),
            ("allowed_symbols", both.allowed_symbols == self.allowed_symbols),
        ];
        fields.into_iter().filter(|(_, within)| !within).map(|(name, _)| name).collect()
    }
}

fn tighter<T: Ord + Copy>(one: Option<T>, another: Option<T>) -> Option<T> {
    match (one, another) {
        (Some(one), Some(another)) => Some(one.min(another)),
        (one, another) => one.or(another),
    }
}

/// A user's limits now, and those that wait for their time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RiskStanding {
    /// What holds until then.
    now: RiskSettings,
    /// What waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    later: Option<Loosening>,
}

/// Limits that wait for their time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loosening {
    /// What holds from then on.
    pub settings: RiskSettings,
    /// From when.
    pub effective_at: Timestamp,
}

impl RiskStanding {
    /// The limits at a moment.
    #[must_use]
    pub fn at(&self, moment: Timestamp) -> &RiskSettings {
        match &self.later {
            Some(later) if moment >= later.effective_at => &later.settings,
            _ => &self.now,
        }
    }

    /// The loosening that waits at a moment, and when it takes effect.
    #[must_use]
    pub fn pending(&self, moment: Timestamp) -> Option<&Loosening> {
        self.later.as_ref().filter(|later| moment < later.effective_at)
    }

    /// What becomes of it when the user wants `wanted`: whatever is tighter holds at once, the rest after `delay`. A loosening that waits is
    /// replaced.
    #[must_use]
    pub fn change(&self, wanted: RiskSettings, moment: Timestamp, delay: Duration) -> Self {
        let now = self.at(moment).and(&wanted);
        let later = (now != wanted).then(|| Loosening { settings: wanted, effective_at: moment.plus(delay) });
        Self { now, later }
    }

    /// The same without the loosening that waits.
    #[must_use]
    pub fn keep(&self, moment: Timestamp) -> Self {
        Self { now: self.at(moment).clone(), later: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{option, prelude::*};

    const START: Timestamp = Timestamp::from_micros(1_760_000_000_000_000);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn settings() -> impl Strategy<Value = RiskSettings> {
        let share = || option::of((1i64..4).prop_map(|percent| Decimal::new(percent, 2)));
        let symbols = prop::collection::btree_set(0usize..3, 0..3).prop_map(|chosen| {
            let all = ["BTC-USD", "ETH-USD", "SOL-USD"];
            chosen.into_iter().map(|at| Symbol::new(all[at]).unwrap()).collect()
        });
        (share(), share(), share(), share(), option::of(1u32..4), share(), option::of(symbols)).prop_map(
            |(equity, day, drawdown, largest, positions, collar, symbols)| RiskSettings {
                max_equity_share: equity,
                max_daily_loss: day,
                max_drawdown: drawdown,
                largest_position: largest,
                positions,
                price_collar: collar,
                allowed_symbols: symbols,
            },
        )
    }

    /// Whether a limit lets through no more than another, said once more and slowly.
    fn no_looser<T: PartialOrd>(one: &Option<T>, other: &Option<T>) -> bool {
        match (one, other) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(one), Some(other)) => one <= other,
        }
    }

    fn subset(one: &RiskSettings, other: &RiskSettings) -> bool {
        match (&one.allowed_symbols, &other.allowed_symbols) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(one), Some(other)) => one.is_subset(other),
        }
    }

    fn by_field(one: &RiskSettings, other: &RiskSettings) -> [(&'static str, bool); 7] {
        [
            ("max_equity_share", no_looser(&one.max_equity_share, &other.max_equity_share)),
            ("max_daily_loss", no_looser(&one.max_daily_loss, &other.max_daily_loss)),
            ("max_drawdown", no_looser(&one.max_drawdown, &other.max_drawdown)),
            ("largest_position", no_looser(&one.largest_position, &other.largest_position)),
            ("positions", no_looser(&one.positions, &other.positions)),
            ("price_collar", no_looser(&one.price_collar, &other.price_collar)),
            ("allowed_symbols", subset(one, other)),
        ]
    }

    #[test]
    fn each_level_is_within_the_next_and_knows_its_name() {
        for pair in RiskLevel::ALL.windows(2) {
            assert!(pair[0].settings().is_within(&pair[1].settings()));
            assert!(!pair[1].settings().is_within(&pair[0].settings()));
        }
        for level in RiskLevel::ALL {
            assert_eq!(level.settings().level(), Some(level));
        }
        assert_eq!(RiskSettings::default().level(), None);
        let own = RiskSettings { positions: Some(2), ..RiskLevel::Low.settings() };
        assert_eq!(own.level(), None);
    }

    #[test]
    fn a_change_of_both_kinds_splits_by_field() {
        let standing = RiskStanding::default().change(RiskLevel::Medium.settings(), START, DAY);
        assert_eq!((standing.at(START), standing.pending(START)), (&RiskLevel::Medium.settings(), None));
        let wanted = RiskSettings {
            max_equity_share: Some(Decimal::new(8, 2)),
            max_daily_loss: Some(Decimal::new(1, 2)),
            ..RiskLevel::Medium.settings()
        };
        let changed = standing.change(wanted.clone(), START, DAY);
        let at_once =
            RiskSettings { max_daily_loss: Some(Decimal::new(1, 2)), ..RiskLevel::Medium.settings() };
        let later = Loosening { settings: wanted.clone(), effective_at: START.plus(DAY) };
        assert_eq!((changed.at(START), changed.pending(START)), (&at_once, Some(&later)));
        assert_eq!(changed.at(START.plus(DAY)), &wanted);
        assert_eq!(changed.pending(START.plus(DAY)), None);
        assert_eq!(wanted.looser_than(&at_once), ["max_equity_share"]);
        let kept = changed.keep(START);
        assert_eq!((kept.at(START.plus(DAY)), kept.pending(START)), (&at_once, None));
        assert_eq!(changed.keep(START.plus(DAY)).at(START), &wanted);
    }

    proptest! {
        #[test]
        fn tighter_and_looser_are_told_field_by_field(one in settings(), other in settings()) {
            let fields = by_field(&one, &other);
            prop_assert_eq!(one.is_within(&other), fields.iter().all(|(_, within)| *within));
            let looser: Vec<_> = fields.iter().filter(|(_, within)| !within).map(|(name, _)| *name).collect();
            prop_assert_eq!(one.looser_than(&other), looser);
            let both = one.and(&other);
            prop_assert!(both.is_within(&one) && both.is_within(&other));
            prop_assert_eq!(&both, &other.and(&one));
        }

        #[test]
        fn nothing_is_looser_before_its_time(first in settings(), wanted in settings(), seconds in 0u64..200_000) {
            let before = RiskStanding::default().change(first, START, DAY);
            let after = before.change(wanted.clone(), START, DAY);
            let moment = START.plus(Duration::from_secs(seconds));
            if moment < START.plus(DAY) {
                prop_assert!(after.at(moment).is_within(before.at(START)));
                prop_assert!(after.at(moment).is_within(&wanted));
                prop_assert_eq!(after.pending(moment).is_some(), !wanted.is_within(before.at(START)));
            } else {
                prop_assert_eq!(after.at(moment), &wanted);
            }
            let text = serde_json::to_string(&after).unwrap();
            prop_assert_eq!(serde_json::from_str::<RiskStanding>(&text).unwrap(), after);
        }
    }
}
