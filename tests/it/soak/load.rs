//! Everybody trades at once.

use nija::core::{OrderId, UserId};
use std::collections::HashSet;
use tokio::{task::JoinSet, time::Instant};

use super::{Plan, trader::Trading, world::World};

/// What one user did and was told.
pub(crate) struct Log {
    pub(crate) user: UserId,
    pub(crate) orders: Vec<Sent>,
    /// Cancels asked for.
    pub(crate) cancels: u64,
    pub(crate) cancelled: HashSet<OrderId>,
    /// Signals sent again under their first id.
    pub(crate) repeats: u64,
}

/// An order that was acknowledged.
pub(crate) struct Sent {
    pub(crate) id: OrderId,
    pub(crate) is_exit: bool,
    pub(crate) kind: &'static str,
}

/// Trades until the time is over; then each user closes what is open, with the faults still there.
pub(crate) async fn run(world: &World, plan: &Plan) -> Vec<Log> {
    let until = Instant::now() + plan.load_for;
    let mut tasks = JoinSet::new();
    for (n, user) in (0..).zip(&world.users) {
        let mut trading = Trading::new(world, user.id, plan.seed.wrapping_mul(1_000_000).wrapping_add(n));
        tasks.spawn(async move {
            trading.trade(until).await;
            trading.leave(n % 2 == 0).await;
            trading.log
        });
    }
    tasks.join_all().await
}
