//! The simulator's own check of signatures against what the executor's authenticator makes.

use nija_core::{
    Clock, CredentialSecret, Method, RequestBody, RequestPurpose, SignContext, SignedRequest, SystemClock,
    UnsignedRequest, sign_request,
};
use nija_exchanges::okx::OkxAuthenticator;
use nija_sim::{Sim, VenueKind};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::id;

const SEED: u64 = 20_261_126;
/// What OKX says of a signature that does not fit.
const REFUSAL: &str = "50113";

/// A request of the allow-list with random parameters or a random body.
pub(crate) fn request(rng: &mut ChaCha8Rng) -> UnsignedRequest {
    let text = |rng: &mut ChaCha8Rng| -> String {
        let alphabet: Vec<char> = "abcXYZ019 /+%&=?:-_.,~ü€\u{1F600}".chars().collect();
        (0..rng.random_range(1..20)).map(|_| alphabet[rng.random_range(0..alphabet.len())]).collect()
    };
    let (method, path) = [
        (Method::Get, "/api/v5/account/balance"),
        (Method::Get, "/api/v5/account/config"),
        (Method::Get, "/api/v5/account/trade-fee"),
        (Method::Get, "/api/v5/trade/fills"),
        (Method::Get, "/api/v5/trade/fills-history"),
        (Method::Get, "/api/v5/trade/order"),
        (Method::Get, "/api/v5/trade/orders-pending"),
        (Method::Post, "/api/v5/trade/order"),
        (Method::Post, "/api/v5/trade/cancel-order"),
        (Method::Post, "/api/v5/trade/cancel-batch-orders"),
    ][rng.random_range(0..10)];
    let query = match method {
        Method::Get => {
            (0..rng.random_range(1..4)).map(|nth| (format!("{nth}{}", text(rng)).into(), text(rng))).collect()
        }
        _ => Vec::new(),
    };
    let body = match method {
        Method::Get => RequestBody::Empty,
        _ => RequestBody::Json(serde_json::json!({ text(rng): text(rng), "sz": text(rng) }).to_string()),
    };
    let purpose = RequestPurpose::Read;
    UnsignedRequest { venue: id("okx"), method, path: path.to_owned(), query, body, purpose }
}

/// The code of the answer.
async fn send(client: &reqwest::Client, base: &str, request: &SignedRequest, spoil: Option<usize>) -> String {
    let target = request.path_and_query();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let body = request.body().map(|(body, _)| body.to_vec()).unwrap_or_default();
    // The byte that is spoiled is counted over query and body.
    let mut bytes = [query.as_bytes(), &body].concat();
    if let Some(byte) = spoil.and_then(|at| bytes.get_mut(at)) {
        *byte = if *byte == b'7' { b'8' } else { b'7' };
    }
    let (query, body) = bytes.split_at(query.len());
    let query = std::str::from_utf8(query).unwrap();
    let method: reqwest::Method = request.method().as_str().parse().unwrap();
    let separator = if query.is_empty() { "" } else { "?" };
    let mut out = client.request(method, format!("{base}{path}{separator}{query}"));
    for (name, value) in request.headers() {
        out = out.header(*name, value);
    }
    if let Some((_, kind)) = request.body() {
        out = out.header("content-type", kind).body(body.to_vec());
    }
    let answer: serde_json::Value =
        serde_json::from_str(&out.send().await.unwrap().text().await.unwrap()).unwrap();
    answer["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_thousand_random_requests_are_accepted_and_none_with_a_byte_changed() {
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let builder = Sim::builder().venues([VenueKind::Okx]).accounts(1).no_limits().paused(true);
    let sim = builder.start().await.unwrap();
    let venue = sim.venue(VenueKind::Okx);
    let account = &venue.accounts[0];
    let secret =
        CredentialSecret::new(account.key.clone(), account.secret.clone(), account.passphrase.clone());
    let authenticator = OkxAuthenticator::new(id("okx"));
    let client = reqwest::Client::new();
    for nth in 0..1_000 {
        let context = SignContext { now: SystemClock.now(), nonce: 0 };
        let signed = sign_request(&authenticator, request(&mut rng), &secret, &context).unwrap();
        let code = send(&client, &venue.rest, &signed, None).await;
        // Whatever else is wrong with it, it is signed.
        assert!(!code.starts_with("501") && !code.is_empty(), "{nth}: {code} {}", signed.path_and_query());
        let target = signed.path_and_query();
        let length = target.split_once('?').map_or(0, |(_, query)| query.len())
            + signed.body().map_or(0, |body| body.0.len());
        let spoil = rng.random_range(0..length);
        let code = send(&client, &venue.rest, &signed, Some(spoil)).await;
        assert_eq!(code, REFUSAL, "{nth}: byte {spoil} of {}", signed.path_and_query());
    }
}
