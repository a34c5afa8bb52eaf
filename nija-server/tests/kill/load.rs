//! Fifty users who send orders until the server is gone, and what they were told.

use nija_client::{
    Client, ClientError, PlaceOptions, SessionTokens,
    wire::{CredentialPlaintext, NewOrder, Order},
};
use nija_sim::Account;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rust_decimal::Decimal;
use std::{
    sync::{Arc, atomic::{AtomicUsize, Ordering}},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet};

use super::ORDERS_EACH;

pub struct User {
    pub key: String,
    pub tokens: SessionTokens,
}

/// One order as its user knows it.
pub struct Sent {
    pub user: usize,
    pub order: NewOrder,
    /// What the server answered before it was killed.
    pub acknowledged: Option<Order>,
}

pub struct Load {
    users: Vec<SessionTokens>,
    seed: u64,
    tasks: JoinSet<Vec<Sent>>,
    pub sent: Vec<Sent>,
}

pub async fn sign_up(url: &str, accounts: &[Account]) -> Vec<User> {
    let mut users = Vec::new();
    for (n, account) in accounts.iter().filter(|account| !account.may_withdraw).enumerate() {
        let client = Client::new(url).unwrap();
        client.sign_up(&format!("user{n}@example.org"), "a long enough passphrase 7!").await.unwrap();
        let pair = CredentialPlaintext { key: account.key.clone(), secret: account.secret.clone(), passphrase: None };
        client.connect_exchange("kraken", "mine", &pair).await.unwrap();
        users.push(User { key: account.key.clone(), tokens: client.session().unwrap() });
    }
    users
}

impl Load {
    pub fn new(seed: u64, users: &[User]) -> Self {
        let users = users.iter().map(|user| user.tokens.clone()).collect();
        Self { users, seed, tasks: JoinSet::new(), sent: Vec::new() }
    }

    /// Sends everybody's orders at once, and comes back when this many were acknowledged (or all were answered).
    pub async fn run_until_acknowledged(&mut self, url: &str, count: usize) {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let progress = Arc::new(Notify::new());
        for (n, tokens) in self.users.iter().enumerate() {
            let client = client(url, tokens);
            let (acknowledged, progress) = (acknowledged.clone(), progress.clone());
            let orders = orders(self.seed, n);
            self.tasks.spawn(async move {
                let mut sent = Vec::new();
                for order in orders {
                    let answer = client.place_order(order.clone(), PlaceOptions::default()).await;
                    let gone = matches!(answer, Err(ClientError::OrderUnsure { .. } | ClientError::Network { .. }));
                    let acknowledged_order = match answer {
                        Ok(order) => Some(order),
                        Err(error) => error.order().cloned(),
                    };
                    if acknowledged_order.is_some() {
                        acknowledged.fetch_add(1, Ordering::SeqCst);
                        progress.notify_one();
                    }
                    sent.push(Sent { user: n, order, acknowledged: acknowledged_order });
                    if gone {
                        break;
                    }
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
    pub async fn wind_down(&mut self) {
        while let Some(sent) = self.tasks.join_next().await {
            self.sent.extend(sent.unwrap());
        }
    }

    /// Every user sends what was not acknowledged again, under the same id, and waits until each order is settled.
    pub async fn finish(&mut self, url: &str) {
        for sent in &mut self.sent {
            let client = client(url, &self.users[sent.user]);
            let options = PlaceOptions::wait_ms(10_000);
            let now = match client.place_order(sent.order.clone(), options).await {
                Ok(order) => order,
                Err(error) => error.order().unwrap_or_else(|| panic!("seed {}: {error}", self.seed)).clone(),
            };
            match &sent.acknowledged {
                Some(before) => assert_eq!(before.id, now.id, "seed {}: the same id names the same order", self.seed),
                None => sent.acknowledged = Some(now),
            }
        }
    }

    pub fn client(&self, url: &str, user: usize) -> Client {
        client(url, &self.users[user])
    }

    pub fn users(&self) -> usize {
        self.users.len()
    }
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
                time_in_force: None,
                venue: None,
                signal_type: None,
                strategy: None,
            }
        })
        .collect()
}
