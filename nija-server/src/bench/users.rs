//! Users of the server under load: signed up, and with a sealed key where a venue is used.

use futures::{StreamExt, TryStreamExt, stream};
use nija_client::{
    seal_credential,
    wire::{PasswordLogin, SealingKey, Session, StreamTicket},
};
use tokio::net::TcpStream;

use super::{
    Outcome,
    http::{Address, Connection},
    target::Venue,
};

/// Sign-ups under way at a time.
const AT_ONCE: usize = 16;

/// Signs users up and returns their access tokens. With a venue, user number `n` stores its key number `n`.
pub(super) async fn sign_up(address: &Address, count: usize, venue: Option<&Venue>) -> Outcome<Vec<String>> {
    // A server that is not ours may know users of an earlier run.
    let run = uuid::Uuid::new_v4().simple().to_string();
    let signed_up = stream::iter(0..count).map(|number| one(address, &run, number, venue));
    signed_up.buffered(AT_ONCE).try_collect().await
}

async fn one(address: &Address, run: &str, number: usize, venue: Option<&Venue>) -> Outcome<String> {
    let mut connection = Connection::open(address).await?;
    let login = PasswordLogin {
        email: format!("bench-{run}-{number}@example.org"),
        password: format!("load {}", uuid::Uuid::new_v4()),
    };
    let session: Session = connection.post("/v1/auth/signup", None, &login).await?.json("sign-up")?;
    let token = session.access_token;
    if let Some(credential) = venue.and_then(|venue| venue.credential(number)) {
        let key = connection.get("/v1/credentials/sealing-key", Some(&token)).await?;
        let key: SealingKey = key.json("the sealing key")?;
        let sealed = seal_credential(&session.user.id, "kraken", "load", &key, &credential)?;
        let stored = connection.post("/v1/credentials/store", Some(&token), &sealed).await?;
        let _meta: serde_json::Value = stored.json("storing a key")?;
    }
    Ok(token)
}

/// Opens a user's live stream.
pub(super) async fn stream(address: &Address, token: &str) -> Outcome<(TcpStream, Vec<u8>)> {
    let mut connection = Connection::open(address).await?;
    let ticket = connection.post("/v1/stream/ticket", Some(token), &serde_json::json!({})).await?;
    let StreamTicket { ticket, .. } = ticket.json("a ticket")?;
    connection.upgrade(&format!("/v1/stream?ticket={ticket}")).await
}
