//! A user's own limits.

use nija_client::wire;
use nija_core::{RiskLevel, RiskSettings, RiskStanding, Symbol, Timestamp};
use rust_decimal::Decimal;
use std::{collections::BTreeSet, time::Duration};

/// The limits as they stand at a moment, beside what holds with the plan's.
pub fn risk_settings(
    standing: &RiskStanding,
    effective: &RiskSettings,
    delay: Duration,
    now: Timestamp,
    version: String,
) -> wire::RiskSettings {
    let own = standing.at(now);
    wire::RiskSettings {
        version,
        level: level(own),
        limits: limits(own),
        effective: limits(effective),
        pending: standing.pending(now).map(|later| wire::PendingLimits {
            level: level(&later.settings),
            limits: limits(&later.settings),
            looser: later.settings.looser_than(own).into_iter().map(str::to_owned).collect(),
            effective_at: later.effective_at.to_string(),
        }),
        loosening_delay_s: delay.as_secs(),
        levels: RiskLevel::ALL
            .map(|level| wire::RiskLevel {
                level: level.as_str().to_owned(),
                limits: limits(&level.settings()),
            })
            .into(),
    }
}

/// What a request asks for: a level or limits, one of the two.
///
/// # Errors
/// What is wrong, in words.
pub fn wanted_limits(change: &wire::ChangeRiskSettings) -> Result<RiskSettings, String> {
    match (&change.level, &change.limits) {
        (Some(name), None) => RiskLevel::ALL
            .into_iter()
            .find(|level| level.as_str() == name)
            .map(RiskLevel::settings)
            .ok_or_else(|| "level must be low, medium or high".to_owned()),
        (None, Some(limits)) => from_wire(limits),
        _ => Err("send level or limits, one of the two".to_owned()),
    }
}

fn from_wire(limits: &wire::RiskLimits) -> Result<RiskSettings, String> {
    let symbols = limits.allowed_symbols.as_ref().map(|list| {
        let one = |text: &String| {
            Symbol::new(text).map_err(|_| {
                format!("{:?} is no symbol like BTC-USD", text.chars().take(32).collect::<String>())
            })
        };
        list.iter().map(one).collect::<Result<BTreeSet<_>, _>>()
    });
    Ok(RiskSettings {
        max_equity_share: limits.max_equity_share,
        max_daily_loss: limits.max_daily_loss,
        max_drawdown: limits.max_drawdown,
        largest_position: limits.largest_position,
        positions: limits.positions,
        price_collar: limits.price_collar,
        allowed_symbols: symbols.transpose()?,
    })
}

fn limits(settings: &RiskSettings) -> wire::RiskLimits {
    let tidy = |share: Option<Decimal>| share.map(|share| share.normalize());
    wire::RiskLimits {
        max_equity_share: tidy(settings.max_equity_share),
        max_daily_loss: tidy(settings.max_daily_loss),
        max_drawdown: tidy(settings.max_drawdown),
        largest_position: tidy(settings.largest_position),
        positions: settings.positions,
        price_collar: tidy(settings.price_collar),
        allowed_symbols: settings
            .allowed_symbols
            .as_ref()
            .map(|list| list.iter().map(ToString::to_string).collect()),
    }
}

fn level(settings: &RiskSettings) -> Option<String> {
    settings.level().map(|level| level.as_str().to_owned())
}
