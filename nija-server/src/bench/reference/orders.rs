//! Bare axum: a token check, the order's JSON, one durable insert, and where there is a venue one signed order to it.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use nija_client::wire::NewOrder;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::net::TcpListener;

use super::{
    inserts::{Connections, Inserts},
    journal::Journal,
    ready,
    venue::{Account, Key},
};
use crate::bench::Outcome;

/// What it is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::bench) struct Orders {
    /// How many callers get a token.
    pub(in crate::bench) callers: usize,
    /// Base address of the venue, if orders are to be sent; then there is a key for each caller.
    pub(in crate::bench) venue: Option<String>,
    /// Address of the PostgreSQL database that it inserts into, in the place of a SQLite file, and how.
    pub(in crate::bench) postgres: Option<(String, Connections)>,
    /// The callers' keys at the venue.
    pub(in crate::bench) keys: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: usize,
    exp: u64,
}

struct Bare {
    checking: DecodingKey,
    validation: Validation,
    store: Store,
    venue: Option<(reqwest::Client, String)>,
    accounts: Vec<Account>,
}

/// Where an order is inserted.
enum Store {
    File(Journal),
    Postgres(Inserts),
}

impl Orders {
    pub(super) async fn run(self) -> Outcome<()> {
        let pair = Ed25519KeyPair::generate()?;
        let signing = EncodingKey::from_ed_der(pair.to_pkcs8v1()?.as_ref());
        let tokens = (0..self.callers)
            .map(|sub| {
                jsonwebtoken::encode(
                    &Header::new(Algorithm::EdDSA),
                    &Claims { sub, exp: u64::MAX >> 12 },
                    &signing,
                )
            })
            .collect::<Result<Vec<_>, _>>()?;
        let bare = Bare {
            checking: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            validation: Validation::new(Algorithm::EdDSA),
            store: match &self.postgres {
                Some((url, connections)) => Store::Postgres(Inserts::open(url, *connections).await?),
                None => Store::File(Journal::open(std::path::Path::new("bare.db"))?),
            },
            venue: self.venue.map(|base| (reqwest::Client::new(), base)),
            accounts: self.keys.iter().map(Account::new).collect::<Outcome<_>>()?,
        };
        let router = Router::new().route("/v1/orders", post(place)).with_state(Arc::new(bare));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _keeps_nagle = stream.set_nodelay(true);
        });
        ready(&serde_json::json!({ "url": url, "tokens": tokens }));
        Ok(axum::serve(listener, router).await?)
    }
}

async fn place(State(bare): State<Arc<Bare>>, headers: HeaderMap, Json(order): Json<NewOrder>) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let claims =
        token.and_then(|token| jsonwebtoken::decode::<Claims>(token, &bare.checking, &bare.validation).ok());
    let Some(claims) = claims else { return StatusCode::UNAUTHORIZED.into_response() };
    match take(&bare, claims.claims.sub, &order).await {
        Ok(()) => (StatusCode::CREATED, Json(order)).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn take(bare: &Bare, caller: usize, order: &NewOrder) -> Outcome<()> {
    let body = serde_json::to_string(order)?;
    match &bare.store {
        Store::File(journal) => journal.insert(body).await?,
        Store::Postgres(inserts) => inserts.insert(&body).await?,
    }
    match (&bare.venue, bare.accounts.get(caller)) {
        // About the dollars that the same order is worth through the engine.
        (Some((http, base)), Some(account)) => account.place(http, base, "0.0001").await,
        _ => Ok(()),
    }
}
