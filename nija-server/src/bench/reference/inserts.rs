//! One insert an order on PostgreSQL, each a transaction of its own: what a plain service does.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio_postgres::{Client, NoTls, Statement};

use crate::bench::{Outcome, failed};

/// Connections that inserts are spread over, as in a usual pool.
const CONNECTIONS: usize = 16;

/// A table that is only added to.
#[derive(Clone)]
pub(super) struct Inserts(Arc<Pool>);

struct Pool {
    clients: Vec<(Client, Statement)>,
    next: AtomicUsize,
}

impl Inserts {
    pub(super) async fn open(url: &str) -> Outcome<Self> {
        let mut clients = Vec::with_capacity(CONNECTIONS);
        for number in 0..CONNECTIONS {
            let client = connect(url).await?;
            if number == 0 {
                client
                    .batch_execute("CREATE TABLE entries (seq BIGSERIAL PRIMARY KEY, body TEXT NOT NULL)")
                    .await?;
            }
            let insert = client.prepare("INSERT INTO entries (body) VALUES ($1)").await?;
            clients.push((client, insert));
        }
        Ok(Self(Arc::new(Pool { clients, next: AtomicUsize::new(0) })))
    }

    /// Comes back when the text is committed.
    pub(super) async fn insert(&self, body: &str) -> Outcome<()> {
        let turn = self.0.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS;
        let (client, insert) = self.0.clients.get(turn).ok_or_else(|| failed("there is no connection"))?;
        client.execute(insert, &[&body]).await?;
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
