//! Orders over HTTP: as fast as answers come, or one a second from each connection whatever the answers do.

use std::time::{Duration, Instant};
use tokio::{task::JoinSet, time::sleep_until};

use super::{
    Outcome, failed,
    figures::Run,
    http::{Address, Connection},
};

/// After a refusal a caller waits a little: a load that spins on errors measures nothing else.
const AFTER_ERROR: Duration = Duration::from_millis(20);

/// When orders are sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// Each connection sends its next order as soon as the last one is answered.
    Closed,
    /// Each connection sends an order every second. One that should have gone out while the one before was still not answered
    /// counts from when it should have: a stall is not made smaller by waiting for it.
    EverySecond,
    /// Each connection sends one order.
    Once,
}

/// Orders that a connection buys by before it sells anything, so that no sale exceeds what is there.
const STOCK: usize = 8;

/// Connections that send orders in the name of users.
#[derive(Debug)]
pub(super) struct Load {
    callers: Vec<Caller>,
    /// What the first refusal said.
    pub(super) first_error: Option<String>,
}

#[derive(Debug)]
struct Caller {
    connection: Connection,
    tokens: Vec<String>,
    path: &'static str,
    name: String,
    serial: usize,
    sells_too: bool,
    latencies: Vec<Duration>,
    errors: u64,
    first_error: Option<String>,
}

impl Load {
    /// So many connections, each with its share of the users. Orders go to `path`.
    pub(super) async fn open(
        address: &Address,
        tokens: &[String],
        connections: usize,
        path: &'static str,
    ) -> Outcome<Self> {
        let mut callers = Vec::with_capacity(connections);
        for number in 0..connections {
            let tokens: Vec<String> = tokens.iter().skip(number).step_by(connections).cloned().collect();
            if tokens.is_empty() {
                return Err(failed("there are more connections than users"));
            }
            callers.push(Caller {
                connection: Connection::open(address).await?,
                tokens,
                path,
                name: format!("{}-{number}", uuid::Uuid::new_v4().simple()),
                serial: 0,
                sells_too: false,
                latencies: Vec::new(),
                errors: 0,
                first_error: None,
            });
        }
        Ok(Self { callers, first_error: None })
    }

    /// Sells as often as it buys, once it has a little: one user's money lasts for as long as the load does.
    #[must_use]
    pub(super) fn selling_too(mut self) -> Self {
        self.callers.iter_mut().for_each(|caller| caller.sells_too = true);
        self
    }

    /// Sends orders for so long. `cpu` says what the server has used so far.
    pub(super) async fn run(
        &mut self,
        pace: Pace,
        time: Duration,
        cpu: impl Fn() -> Outcome<Duration>,
    ) -> Outcome<Run> {
        let (before, start) = (cpu()?, Instant::now());
        let connections = u32::try_from(self.callers.len())?;
        let mut tasks = JoinSet::new();
        for (caller, number) in self.callers.drain(..).zip(0..) {
            let first = match pace {
                // Spread over the second.
                Pace::EverySecond => start + Duration::from_secs(1) * number / connections.max(1),
                Pace::Closed | Pace::Once => start,
            };
            tasks.spawn(caller.run(pace, first, start + time));
        }
        let mut run = Run::default();
        while let Some(caller) = tasks.join_next().await {
            let mut caller = caller??;
            run.latencies.append(&mut caller.latencies);
            run.errors += std::mem::take(&mut caller.errors);
            self.first_error = self.first_error.take().or_else(|| caller.first_error.take());
            self.callers.push(caller);
        }
        run.took = start.elapsed();
        run.cpu = cpu()?.saturating_sub(before);
        Ok(run)
    }
}

impl Caller {
    async fn run(mut self, pace: Pace, first: Instant, end: Instant) -> Outcome<Self> {
        let mut due = first;
        while Instant::now().max(due) < end {
            match pace {
                Pace::Closed => self.order(Instant::now()).await?,
                Pace::EverySecond => {
                    sleep_until(due.into()).await;
                    self.order(due).await?;
                    due += Duration::from_secs(1);
                }
                Pace::Once => {
                    self.order(Instant::now()).await?;
                    return Ok(self);
                }
            }
        }
        Ok(self)
    }

    async fn order(&mut self, began: Instant) -> Outcome<()> {
        let token = &self.tokens[self.serial % self.tokens.len()];
        self.serial += 1;
        let sells = self.sells_too && self.serial > STOCK && self.serial.is_multiple_of(2);
        let order = serde_json::json!({
            "client_order_id": format!("{}-{}", self.name, self.serial),
            "symbol": "BTC-USD", "side": if sells { "sell" } else { "buy" }, "size": "6",
        });
        let answer = self.connection.post(self.path, Some(token), &order).await?;
        if answer.is_success() {
            self.latencies.push(began.elapsed());
            return Ok(());
        }
        self.errors += 1;
        self.first_error.get_or_insert_with(|| {
            format!("HTTP {}: {}", answer.status, String::from_utf8_lossy(&answer.body))
        });
        tokio::time::sleep(AFTER_ERROR).await;
        Ok(())
    }
}
