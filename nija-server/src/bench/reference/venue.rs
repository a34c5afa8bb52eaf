//! A signed order to Kraken (or what speaks its protocol), by primitives: `API-Sign = base64(HMAC-SHA512(secret, path +
//! SHA256(nonce + body)))` (docs.kraken.com, Guides: Spot REST authentication).

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::bench::{Outcome, failed};

const PATH: &str = "/0/private/AddOrder";

/// A key pair of the simulated venue.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::bench) struct Key {
    pub(in crate::bench) key: String,
    pub(in crate::bench) secret: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// One account. A key's requests go one after another, since nonces must arrive in order.
pub(super) struct Account {
    key: String,
    secret: hmac::Key,
    nonce: Mutex<u64>,
}

impl Account {
    pub(super) fn new(key: &Key) -> Outcome<Self> {
        let secret = hmac::Key::new(hmac::HMAC_SHA512, &BASE64_STANDARD.decode(&key.secret)?);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        let nonce = Mutex::new(u64::try_from(now.as_micros())?);
        Ok(Self { key: key.key.clone(), secret, nonce })
    }

    /// Places a market order and waits for the venue's answer.
    pub(super) async fn place(&self, http: &reqwest::Client, base: &str, volume: &str) -> Outcome<()> {
        let mut nonce = self.nonce.lock().await;
        *nonce += 1;
        let text = nonce.to_string();
        let id = uuid::Uuid::new_v4();
        let body = format!(
            "nonce={text}&pair=XBTUSD&type=buy&ordertype=market&volume={volume}&cl_ord_id={id}&oflags=fciq"
        );
        let mut inner = digest::Context::new(&digest::SHA256);
        inner.update(text.as_bytes());
        inner.update(body.as_bytes());
        let mut outer = hmac::Context::with_key(&self.secret);
        outer.update(PATH.as_bytes());
        outer.update(inner.finish().as_ref());
        let answer = http
            .post(format!("{base}{PATH}"))
            .header("api-key", &self.key)
            .header("api-sign", BASE64_STANDARD.encode(outer.sign()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await?
            .text()
            .await?;
        if answer.contains(r#""txid""#) { Ok(()) } else { Err(failed(format!("the venue said {answer}"))) }
    }
}
