//! What guards positions, and kill switches.

use nija_client::wire;
use nija_core::{Price, ProtectionPart, ProtectionPlan, TakeProfit, Trail, UserId};
use nija_router::{KillReport, ProtectionStatus};
use rust_decimal::Decimal;

use super::{BadOrder, balance};

/// A plan from the wire.
///
/// # Errors
/// [`BadOrder`] names the field and says what it must be.
pub fn plan(wanted: &wire::NewProtection) -> Result<ProtectionPlan, BadOrder> {
    let wrong = |field: &str, what: &dyn std::fmt::Display| BadOrder {
        code: "order_invalid",
        detail: format!("{field} {what}"),
    };
    let price = |field: &str, value: Decimal| Price::new(value).map_err(|error| wrong(field, &error));
    let trailing = match (wanted.trailing_share, wanted.trailing_distance) {
        (Some(_), Some(_)) => {
            return Err(wrong("trailing_share", &"and trailing_distance exclude each other"));
        }
        (Some(share), None) => Some(Trail::Share(share)),
        (None, Some(distance)) => Some(Trail::Price(price("trailing_distance", distance)?)),
        (None, None) => None,
    };
    let take_profits = wanted
        .take_profits
        .iter()
        .map(|profit| {
            Ok(TakeProfit { price: price("take_profits.price", profit.price)?, share: profit.share })
        })
        .collect::<Result<_, BadOrder>>()?;
    let stop = wanted.stop_price.map(|stop| price("stop_price", stop)).transpose()?;
    Ok(ProtectionPlan { stop, trailing, take_profits })
}

/// What guards a position.
pub fn protection(status: &ProtectionStatus) -> wire::Protection {
    let plan = &status.protection.plan;
    let shown = |price: Price| price.get().normalize();
    let (share, distance) = match plan.trailing {
        Some(Trail::Share(share)) => (Some(share.normalize()), None),
        Some(Trail::Price(distance)) => (None, Some(shown(distance))),
        None => (None, None),
    };
    let profit = |it: &TakeProfit| wire::TakeProfit { price: shown(it.price), share: it.share.normalize() };
    wire::Protection {
        position_id: status.position.to_string(),
        plan: wire::NewProtection {
            stop_price: plan.stop.map(shown),
            trailing_share: share,
            trailing_distance: distance,
            take_profits: plan.take_profits.iter().map(profit).collect(),
        },
        stop_now: status.stop.map(|stop| stop.get().round_dp(8).normalize()),
        resting_order_id: status.resting.map(|order| order.to_string()),
        stop_hit: status.protection.hit(ProtectionPart::Stop).is_some(),
        taken: status.protection.taken.iter().filter_map(|n| u32::try_from(n + 1).ok()).collect(),
        note: status.note.clone(),
        set_at: status.protection.set_at.to_string(),
    }
}

/// A kill switch that is on, as an administrator sees it: with whose orders and accounts it is about.
pub fn kill_switch_of_all(report: &KillReport) -> wire::KillSwitch {
    let mut told = kill_switch(report);
    let name = |user: UserId| Some(user.to_string()).filter(|_| user != UserId::PLATFORM);
    told.user_id = name(report.switch.user);
    for (told, left) in told.unconfirmed.iter_mut().zip(&report.unconfirmed) {
        told.user_id = name(left.user);
    }
    for (told, dust) in told.dust.iter_mut().zip(&report.dust) {
        told.user_id = name(dust.user);
    }
    for (told, proof) in told.proof.iter_mut().zip(&report.proof) {
        told.user_id = name(proof.user);
    }
    told
}

/// A kill switch that is on, as a user sees it.
pub fn kill_switch(report: &KillReport) -> wire::KillSwitch {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    wire::KillSwitch {
        scope: report.switch.scope.name(),
        user_id: None,
        flatten: report.switch.flatten,
        since: report.switch.since.to_string(),
        done: report.done,
        flat: report.flat,
        flat_except_dust: report.flat_except_dust(),
        unconfirmed: report
            .unconfirmed
            .iter()
            .map(|left| wire::Unconfirmed {
                user_id: None,
                venue: left.venue.as_ref().map(ToString::to_string),
                order_id: left.order.map(|order| order.to_string()),
                why: left.why.clone(),
            })
            .collect(),
        dust: report
            .dust
            .iter()
            .map(|dust| wire::Dust {
                user_id: None,
                venue: dust.venue.to_string(),
                symbol: dust.symbol.to_string(),
                quantity: dust.quantity,
            })
            .collect(),
        proof: report
            .proof
            .iter()
            .map(|proof| wire::VenueProof {
                user_id: None,
                venue: proof.venue.to_string(),
                asked_at: proof.asked_at.to_string(),
                open_orders: count(proof.open_orders),
                positions: count(proof.positions),
                balances: proof.balances.iter().map(balance).collect(),
            })
            .collect(),
    }
}
