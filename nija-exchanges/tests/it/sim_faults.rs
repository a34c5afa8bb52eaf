//! The faults of the conformance suite as a simulated venue causes them: alike for every venue but for a few words.

use nija_exchanges::testing::VenueFault;
use nija_sim::{Fault, FaultKind, VenueHandle};
use rust_decimal::Decimal;

/// Causes a fault; `orders` is where new orders go, `without_trading` the rights of a key that may only look.
pub(crate) fn cause(venue: &VenueHandle, fault: VenueFault, orders: &str, without_trading: &[&str]) -> bool {
    let on_order = |kind| Fault::new(kind).on(orders);
    venue.fault(match fault {
        VenueFault::LostBefore => on_order(FaultKind::DropBefore),
        VenueFault::LostAfter => on_order(FaultKind::DropAfter),
        VenueFault::ServerError => on_order(FaultKind::Http5xx),
        VenueFault::Html => on_order(FaultKind::Html502),
        VenueFault::RateLimit => on_order(FaultKind::RateLimit),
        VenueFault::BadNonce => on_order(FaultKind::InvalidNonce),
        VenueFault::Unavailable => on_order(FaultKind::Unavailable),
        // The connection ends without an answer; how long a client waits for one is the transport's own test.
        VenueFault::NeverAnswered => on_order(FaultKind::AcceptThenTimeout).ms(300),
        VenueFault::SlowAnswer => on_order(FaultKind::SlowDrip).ms(400),
        VenueFault::PartialFill => on_order(FaultKind::PartialFill).fraction(Decimal::new(4, 1)),
        VenueFault::RightsRevoked => Fault::new(FaultKind::PermissionChange).permissions(without_trading),
        VenueFault::ClockSkew => Fault::new(FaultKind::ClockSkew).ms(8_000),
        VenueFault::ClockBehind => Fault::new(FaultKind::ClockSkew).ms(-200_000),
        VenueFault::StreamCut => Fault::new(FaultKind::StreamDisconnect),
        VenueFault::RepeatedReports => Fault::new(FaultKind::DuplicateReports).times(100),
        VenueFault::LateReports => Fault::new(FaultKind::LateReports).ms(200),
        VenueFault::LostReports => Fault::new(FaultKind::StreamGap).times(100),
        VenueFault::StaleBook => Fault::new(FaultKind::StaleBook),
        VenueFault::Down => Fault::new(FaultKind::VenueDown),
        _ => return false,
    });
    true
}
