//! Fifty users who send orders until the server is gone, and what they were told.

use nija_client::{
    Client, ClientError, PlaceOptions, SessionTokens,
    wire::{CredentialPlaintext, NewOrder, Order},
};
use nija_sim::Account;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rust_decimal::Decimal;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet};

use super::ORDERS_EACH;

pub(crate) struct User {
    pub(crate) account: Account,
    pub(crate) tokens: SessionTokens,
}

/// One order as its user knows it.
pub(crate) struct Sent {
    pub(crate) user: usize,
    pub(crate) order: NewOrder,
    /// What the server answered before it was killed.
    pub(crate) acknowledged: Option<Order>,
    /// What the server answered in its next life.
    pub(crate) settled: Option<Order>,
}

pub(crate) struct Load {
    users: Vec<SessionTokens>,
    seed: u64,
    tasks: JoinSet<Vec<Sent>>,
    pub(crate) sent: Vec<Sent>,
}

pub(crate) async fn sign_up(url: &str, accounts: &[Account]) -> Vec<User> {
    let mut users = Vec::new();
    for (n, account) in accounts.iter().filter(|account| !account.may_withdraw).enumerate() {
        let client = Client::new(url).unwrap();
        client.sign_up(&format!("user{n}@example.org"), "a long enough passphrase 7!").await.unwrap();
        let pair = CredentialPlaintext {
            key: account.key.clone(),
            secret: account.secret.clone(),
            passphrase: None,
        };
        client.connect_exchange("kraken", "mine", &pair).await.unwrap();
        users.push(User { account: account.clone(), tokens: client.session().unwrap() });
    }
    users
}

impl Load {
    pub(crate) fn new(seed: u64, users: &[User]) -> Self {
        let users = users.iter().map(|user| user.tokens.clone()).collect();
        Self { users, seed, tasks: JoinSet::new(), sent: Vec::new() }
    }

    /// Sends everybody's orders at once, and comes back when this many were acknowledged (or all were answered).
    pub(crate) async fn run_until_acknowledged(&mut self, url: &str, count: usize) {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let progress = Arc::new(Notify::new());
        for (n, tokens) in self.users.iter().enumerate() {
            let client = client(url, tokens);
            let (acknowledged, progress) = (acknowledged.clone(), progress.clone());
            let orders = orders(self.seed, n);
            self.tasks.spawn(async move {
                let mut sent = Vec::new();
                let mut gone = false;
                for order in orders {
                    // What could not be sent any more is sent to the server's next life.
                    if gone {
                        sent.push(Sent { user: n, order, acknowledged: None, settled: None });
                        continue;
                    }
                    let answer = client.place_order(order.clone(), PlaceOptions::default()).await;
                    gone =
                        matches!(answer, Err(ClientError::OrderUnsure { .. } | ClientError::Network { .. }));
                    let told = match answer {
                        Ok(order) => Some(order),
                        Err(error) => {
                            assert!(gone || error.order().is_some(), "answered without its order: {error}");
                            error.order().cloned()
                        }
                    };
                    if told.is_some() {
                        acknowledged.fetch_add(1, Ordering::SeqCst);
                        progress.notify_one();
                    }
                    sent.push(Sent { user: n, order, acknowledged: told, settled: None });
                }
                progress.notify_one();
                sent
            });
        }
        let enough = async {
            while acknowledged.load(Ordering::SeqCst) < count {
                progress.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), enough).await.expect("the server answers");
    }

    /// Collects what everybody was told.
    pub(crate) async fn wind_down(&mut self) {
        while let Some(sent) = self.tasks.join_next().await {
            self.sent.extend(sent.unwrap());
        }
    }

    /// Every user sends everything again, under the same ids, and waits until each order is settled.
    pub(crate) async fn finish(&mut self, url: &str) {
        assert_eq!(self.sent.len(), self.users.len() * ORDERS_EACH);
        let mut tasks = JoinSet::new();
        let mut by_user: BTreeMap<usize, Vec<Sent>> = BTreeMap::new();
        for sent in self.sent.drain(..) {
            by_user.entry(sent.user).or_default().push(sent);
        }
        for (user, mut sent) in by_user {
            let client = client(url, &self.users[user]);
            let seed = self.seed;
            tasks.spawn(async move {
                for one in &mut sent {
                    let now = settle(&client, seed, &one.order).await;
                    if let Some(before) = &one.acknowledged {
                        assert_eq!(before.id, now.id, "seed {seed}: the same id names the same order");
                    }
                    one.settled = Some(now);
                }
                sent
            });
        }
        while let Some(sent) = tasks.join_next().await {
            self.sent.extend(sent.unwrap());
        }
    }

    pub(crate) fn client(&self, url: &str, user: usize) -> Client {
        client(url, &self.users[user])
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.sent.iter().filter(|sent| sent.acknowledged.is_some()).count()
    }

    /// How the orders ended, as the users were last told.
    pub(crate) fn ends(&self) -> BTreeMap<String, usize> {
        let mut ends = BTreeMap::new();
        for order in self.sent.iter().filter_map(|sent| sent.settled.as_ref()) {
            let why = order.reason_code.as_deref().unwrap_or("");
            *ends.entry(format!("{} {why}", order.state)).or_default() += 1;
        }
        ends
    }

    pub(crate) fn users(&self) -> usize {
        self.users.len()
    }
}

/// Sends an order until it has ended: each answer waits for that on the server.
async fn settle(client: &Client, seed: u64, order: &NewOrder) -> Order {
    for _ in 0..12 {
        let answer = client.place_order(order.clone(), PlaceOptions::wait_ms(10_000)).await;
        let now = match answer {
            Ok(order) => order,
            Err(error) => error.order().unwrap_or_else(|| panic!("seed {seed}: {error}")).clone(),
        };
        if ["filled", "cancelled", "rejected", "failed", "expired"].contains(&now.state.as_str()) {
            return now;
        }
    }
    panic!("seed {seed}: order {:?} does not end", order.client_order_id)
}

fn client(url: &str, tokens: &SessionTokens) -> Client {
    let client = Client::new(url).unwrap();
    client.restore(tokens.clone());
    client
}

/// A user's orders of one seed: buys and sells, at market and at limits that may rest.
fn orders(seed: u64, user: usize) -> Vec<NewOrder> {
    let mut rng = StdRng::seed_from_u64(seed * 1000 + user as u64);
    (0..ORDERS_EACH)
        .map(|n| {
            let symbol = ["BTC-USD", "ETH-USD", "SOL-USD"][rng.random_range(0..3)];
            NewOrder {
                client_order_id: Some(format!("s{seed}-u{user}-{n}")),
                symbol: symbol.into(),
                side: if rng.random_bool(0.7) { "buy" } else { "sell" }.into(),
                size: Decimal::new(rng.random_range(1000..5000), 2),
                size_type: None,
                order_type: None,
                limit_price: None,
                stop_price: None,
                take_profit_price: None,
                time_in_force: None,
                venue: None,
                signal_type: None,
                strategy: None,
                protection: None,
            }
        })
        .collect()
}
