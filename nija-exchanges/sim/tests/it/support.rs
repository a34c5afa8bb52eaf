//! A small client of the simulated Kraken, with signing of its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use nija_sim::{Account, Sim, SimHandle, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static NONCE: AtomicU64 = AtomicU64::new(1);

/// A paused Kraken without limits, BTC at 60,000.
pub(crate) async fn quiet() -> SimHandle {
    let sim = Sim::builder()
        .venues([VenueKind::Kraken])
        .accounts(3)
        .no_limits()
        .paused(true)
        .start()
        .await
        .unwrap();
    assert!(sim.set_price("BTC-USD", 60_000.into()));
    sim
}

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn nonce() -> u64 {
    NONCE.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap()
}

pub(crate) fn sign(secret: &str, path: &str, nonce: &str, body: &str) -> String {
    let inner = Sha256::digest(format!("{nonce}{body}"));
    let mut mac = Hmac::<Sha512>::new_from_slice(&STANDARD.decode(secret).unwrap()).unwrap();
    mac.update(path.as_bytes());
    mac.update(&inner);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// One account's client.
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) rest: String,
    pub(crate) account: Account,
}

impl Client {
    pub(crate) fn new(venue: &VenueHandle, index: usize) -> Self {
        Self::of(venue, venue.accounts[index].clone())
    }

    pub(crate) fn of(venue: &VenueHandle, account: Account) -> Self {
        Self { http: http(), rest: venue.rest.clone(), account }
    }

    /// Sends a signed request and returns whatever comes.
    pub(crate) async fn send(
        &self,
        method: &str,
        form: &[(&str, &str)],
    ) -> Result<reqwest::Response, reqwest::Error> {
        let nonce = nonce().to_string();
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("nonce", &nonce).extend_pairs(form);
        self.post(&format!("/0/private/{method}"), &nonce, &body.finish()).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        nonce: &str,
        body: &str,
    ) -> Result<reqwest::Response, reqwest::Error> {
        self.http
            .post(format!("{}{path}", self.rest))
            .header("API-Key", &self.account.key)
            .header("API-Sign", sign(&self.account.secret, path, nonce, body))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.to_owned())
            .send()
            .await
    }

    /// The whole envelope.
    pub(crate) async fn raw(&self, method: &str, form: &[(&str, &str)]) -> Value {
        self.send(method, form).await.unwrap().json().await.unwrap()
    }

    /// The result of a call that must succeed.
    pub(crate) async fn call(&self, method: &str, form: &[(&str, &str)]) -> Value {
        let answer = self.raw(method, form).await;
        assert_eq!(answer["error"], serde_json::json!([]), "{method} {form:?}");
        answer["result"].clone()
    }

    /// The error of a call that must fail.
    pub(crate) async fn error(&self, method: &str, form: &[(&str, &str)]) -> String {
        let answer = self.raw(method, form).await;
        answer["error"][0]
            .as_str()
            .unwrap_or_else(|| panic!("{method} {form:?} succeeded: {answer}"))
            .to_owned()
    }

    /// Places an order on XBTUSD and returns its id.
    pub(crate) async fn order(&self, side: &str, form: &[(&str, &str)]) -> String {
        let mut all = vec![("pair", "XBTUSD"), ("type", side)];
        all.extend(form);
        self.call("AddOrder", &all).await["txid"][0].as_str().unwrap().to_owned()
    }
}

/// The fixtures' folder, or the line that says that the test is skipped.
pub(crate) fn fixtures(test: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NIJA_FIXTURES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    if root.is_dir() {
        return Some(root);
    }
    println!("SKIPPED {test}: fixtures missing");
    None
}
