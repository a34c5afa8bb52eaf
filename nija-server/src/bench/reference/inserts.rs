//! One insert an order on PostgreSQL, each a transaction of its own: what a plain service does.

use deadpool_postgres::{Manager, Pool};
use serde::{Deserialize, Serialize};
use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::bench::{Outcome, failed};

const INSERT: &str = "INSERT INTO entries (body) VALUES ($1)";
/// As many as sqlx and HikariCP open at most where nothing is set.
const POOLED: usize = 10;
const SHARED: usize = 16;

/// How inserts come to a connection.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::bench) enum Connections {
    /// Each has one to itself until it is committed, as in any pool.
    Pooled,
    /// All share some, on which the next is sent before the last is answered. Few services do; it saves system calls.
    Shared,
}

/// A table that is only added to.
#[derive(Clone)]
pub(super) enum Inserts {
    Pooled(Pool),
    Shared(Arc<Shared>),
}

pub(super) struct Shared {
    clients: Vec<(Client, Statement)>,
    next: AtomicUsize,
}

impl Inserts {
    /// Makes the table.
    pub(super) async fn open(url: &str, connections: Connections) -> Outcome<Self> {
        connect(url)
            .await?
            .batch_execute("CREATE TABLE entries (seq BIGSERIAL PRIMARY KEY, body TEXT NOT NULL)")
            .await?;
        match connections {
            Connections::Pooled => {
                let manager = Manager::new(Config::from_str(url)?, NoTls);
                Ok(Self::Pooled(Pool::builder(manager).max_size(POOLED).build()?))
            }
            Connections::Shared => {
                let mut clients = Vec::with_capacity(SHARED);
                for _ in 0..SHARED {
                    let client = connect(url).await?;
                    let insert = client.prepare(INSERT).await?;
                    clients.push((client, insert));
                }
                Ok(Self::Shared(Arc::new(Shared { clients, next: AtomicUsize::new(0) })))
            }
        }
    }

    /// Comes back when the text is committed.
    pub(super) async fn insert(&self, body: &str) -> Outcome<()> {
        match self {
            Self::Pooled(pool) => {
                let client = pool.get().await?;
                let insert = client.prepare_cached(INSERT).await?;
                client.execute(&insert, &[&body]).await?;
            }
            Self::Shared(shared) => {
                let turn = shared.next.fetch_add(1, Ordering::Relaxed) % shared.clients.len();
                let (client, insert) =
                    shared.clients.get(turn).ok_or_else(|| failed("there is no connection"))?;
                client.execute(insert, &[&body]).await?;
            }
        }
        Ok(())
    }
}

/// A connection whose work goes on beside the caller.
pub(in crate::bench) async fn connect(url: &str) -> Outcome<Client> {
    let (client, work) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = work.await {
            tracing::warn!(%error, "the reference's connection ended");
        }
    });
    Ok(client)
}
