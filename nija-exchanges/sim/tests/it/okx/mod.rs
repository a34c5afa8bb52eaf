//! The simulated OKX, with a client and signing of its own.

mod algos;
mod auth;
mod limits;
mod orders;
mod public;
mod streams;

use crate::support::http;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use nija_sim::{Account, Sim, SimHandle, VenueHandle, VenueKind};
use serde_json::{Value, json};
use sha2::Sha256;
use time::OffsetDateTime;

/// A paused OKX without limits, BTC at 60,000.
async fn quiet() -> SimHandle {
    let sim =
        Sim::builder().venues([VenueKind::Okx]).accounts(3).no_limits().paused(true).start().await.unwrap();
    assert!(sim.set_price("BTC-USDT", 60_000.into()));
    sim
}

fn sign(secret: &str, signed: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Now and some, as OKX writes it.
fn stamp(ahead_ms: i64) -> String {
    let time = OffsetDateTime::now_utc() + time::Duration::milliseconds(ahead_ms);
    let format = time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
    );
    time.format(&format).unwrap()
}

/// One account's client.
struct Client {
    rest: String,
    account: Account,
}

impl Client {
    fn new(venue: &VenueHandle, index: usize) -> Self {
        Self::of(venue, venue.accounts[index].clone())
    }

    fn of(venue: &VenueHandle, account: Account) -> Self {
        Self { rest: venue.rest.clone(), account }
    }

    /// A signed request with its headers as they are.
    fn headers(
        &self,
        method: &str,
        target: &str,
        body: &str,
        timestamp: &str,
    ) -> Vec<(&'static str, String)> {
        vec![
            ("OK-ACCESS-KEY", self.account.key.clone()),
            ("OK-ACCESS-SIGN", sign(&self.account.secret, &format!("{timestamp}{method}{target}{body}"))),
            ("OK-ACCESS-TIMESTAMP", timestamp.to_owned()),
            ("OK-ACCESS-PASSPHRASE", self.account.passphrase.clone().unwrap()),
            ("Content-Type", "application/json".to_owned()),
        ]
    }

    /// Sends a request and returns its status and its envelope.
    async fn send(
        &self,
        method: &str,
        target: &str,
        body: &str,
        headers: Vec<(&'static str, String)>,
    ) -> (u16, Value) {
        let answer = self.request(method, target, body, headers).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn request(
        &self,
        method: &str,
        target: &str,
        body: &str,
        headers: Vec<(&'static str, String)>,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let mut request =
            http().request(method.parse().unwrap(), format!("{}{target}", self.rest)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.send().await
    }

    async fn get(&self, target: &str) -> Value {
        self.send("GET", target, "", self.headers("GET", target, "", &stamp(0))).await.1
    }

    async fn post(&self, target: &str, body: &Value) -> Value {
        let body = body.to_string();
        self.send("POST", target, &body, self.headers("POST", target, &body, &stamp(0))).await.1
    }

    /// The only row of a call that must succeed.
    async fn row(&self, target: &str) -> Value {
        let answer = self.get(target).await;
        assert_eq!(answer["code"], "0", "{target}: {answer}");
        assert_eq!(answer["data"].as_array().unwrap().len(), 1, "{target}: {answer}");
        answer["data"][0].clone()
    }

    async fn rows(&self, target: &str) -> Vec<Value> {
        let answer = self.get(target).await;
        assert_eq!(answer["code"], "0", "{target}: {answer}");
        answer["data"].as_array().unwrap().clone()
    }

    /// Places an order and returns its result.
    async fn place(&self, with: Value) -> Value {
        let mut order = json!({ "instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "30000", "sz": "0.001" });
        for (name, value) in with.as_object().unwrap() {
            order[name] = value.clone();
        }
        let answer = self.post("/api/v5/trade/order", &order).await;
        answer["data"][0].clone()
    }

    /// Places an order that must be taken and returns its id.
    async fn placed(&self, with: Value) -> String {
        let item = self.place(with).await;
        assert_eq!(item["sCode"], "0", "{item}");
        item["ordId"].as_str().unwrap().to_owned()
    }

    async fn order(&self, id: &str) -> Value {
        self.row(&format!("/api/v5/trade/order?instId=BTC-USDT&ordId={id}")).await
    }

    async fn cancel(&self, id: &str) -> Value {
        self.post("/api/v5/trade/cancel-order", &json!({ "instId": "BTC-USDT", "ordId": id })).await
    }

    /// A currency's balance by its field.
    async fn balance(&self, ccy: &str, field: &str) -> rust_decimal::Decimal {
        let summary = self.row(&format!("/api/v5/account/balance?ccy={ccy}")).await;
        summary["details"][0][field].as_str().unwrap().parse().unwrap()
    }
}

fn number(value: &Value) -> rust_decimal::Decimal {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse().unwrap()
}
