//! Waiting until everything has settled by itself.

use nija::core::{Order, OrderState};
use nija_sim::{OrderView, VenueKind};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, time::Duration};

use super::{
    load::Log,
    truth::named,
    world::{World, id},
};

/// Far beyond any bound of the engine's: whoever waits longer waits for ever.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits until every order is settled or rests at its venue as it does here, and what the platform believes of balances is so; but for orders of
/// which a venue never had anything and never says so either: those wait for a person, by design.
pub(crate) async fn wait(world: &World, logs: &[Log]) {
    let settled = async {
        loop {
            let left = unsettled(world, logs).await;
            if left.is_empty() && balances_off(world, logs).await.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, settled).await.is_err() {
        let left = unsettled(world, logs).await;
        for order in &left {
            println!("unsettled: {order:?}; there: {:?}", order.leg.as_ref().map(|_| at_venue(world, order)));
        }
        for off in balances_off(world, logs).await {
            println!("{off}");
        }
        panic!("{} orders never settle, or balances never agree", left.len());
    }
}

/// Orders in doubt at a venue that never had them and that gives no bound after which that would be proof.
pub(crate) fn waits_for_a_person(world: &World, order: &Order) -> bool {
    let Some(leg) = &order.leg else { return false };
    world.unbounded.contains(&leg.venue)
        && order.state == OrderState::Unknown
        && at_venue(world, order).is_empty()
}

/// What the venue has of an order's present attempt.
fn at_venue(world: &World, order: &Order) -> Vec<OrderView> {
    let leg = order.leg.as_ref().expect("it was sent");
    let place = world.sim.venues().iter().position(|venue| id(venue) == leg.venue).expect("a venue");
    let trader = world.users.iter().find(|user| user.id == order.intent.signal.user).expect("a user");
    let mut orders = world.sim.venues()[place].orders(&trader.accounts[place].key);
    orders.retain(|it| it.client_id.as_deref().and_then(named) == Some(leg.client_id));
    orders
}

/// Orders that are in doubt, that their user wants gone, or that are not what their venue says.
async fn unsettled(world: &World, logs: &[Log]) -> Vec<Order> {
    let cancelled = |order: &Order| logs.iter().any(|log| log.cancelled.contains(&order.id()));
    let rests = |order: &Order| {
        let there = at_venue(world, order);
        let filled: Decimal = there.iter().map(|it| it.filled).sum();
        let open = there.iter().any(|it| it.status == "open");
        order.leg.is_some() && open && filled == order.filled.get() && !cancelled(order)
    };
    let all = world.platform.ledger().unsettled_orders().await.unwrap();
    all.into_iter().filter(|order| !rests(order) && !waits_for_a_person(world, order)).collect()
}

/// Balances of which the platform believes something else than the venue.
async fn balances_off(world: &World, logs: &[Log]) -> Vec<String> {
    let mut off = Vec::new();
    for log in logs {
        let account = world.platform.engine().account(log.user).await.unwrap();
        let trader = world.users.iter().find(|user| user.id == log.user).unwrap();
        for (venue, key) in world.sim.venues().iter().zip(&trader.accounts) {
            let at = id(venue);
            let believed: BTreeMap<_, _> = account
                .balances
                .iter()
                .filter(|balance| balance.venue == at)
                .map(|balance| (balance.asset.as_str(), (balance.total, balance.available)))
                .collect();
            for (asset, real) in venue.balances(&key.key) {
                let (total, available) = believed.get(asset.as_str()).copied().unwrap_or_default();
                // Kraken streams no more than the whole; what is free of it is then reckoned here, by prices without fees.
                let free = venue.kind == VenueKind::Kraken || tells(available, real.total - real.held);
                if !free || !tells(total, real.total) {
                    off.push(format!(
                        "{} {asset} of {}: {total} ({available} free) here, {} ({} held) there",
                        venue.name, log.user, real.total, real.held
                    ));
                }
            }
        }
    }
    off
}

/// Whether an amount as a venue told it is that amount. Kraken tells money with four digits.
fn tells(told: Decimal, real: Decimal) -> bool {
    told == real || (told.scale() >= 4 && (told - real).abs() <= Decimal::new(1, 4))
}
