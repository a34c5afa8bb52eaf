//! The simulator's own check of signatures against what the executor's authenticator makes.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use nija_core::{
    Clock, CredentialSecret, Method, Params, RequestBody, RequestPurpose, SignContext, SignedRequest,
    SystemClock, UnsignedRequest, sign_request,
};
use nija_exchanges::binance::BinanceAuthenticator;
use nija_sim::{NewAccount, Sim, VenueKind};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::id;

const SEED: u64 = 20_261_123;
/// What the simulator says of a signature that does not fit, or that damage made unrecognisable.
const REFUSALS: [i64; 5] = [-1022, -1100, -1101, -1102, -1108];

/// Calls of the allow-list and names that they take.
const CALLS: &[(Method, &str, &[&str])] = &[
    (Method::Get, "/api/v3/account", &["omitZeroBalances"]),
    (Method::Get, "/api/v3/account/commission", &["symbol"]),
    (Method::Get, "/api/v3/allOrders", &["symbol", "orderId", "startTime", "endTime", "limit"]),
    (Method::Get, "/api/v3/myTrades", &["symbol", "orderId", "startTime", "endTime", "fromId", "limit"]),
    (Method::Get, "/api/v3/openOrders", &["symbol"]),
    (Method::Delete, "/api/v3/openOrders", &["symbol"]),
    (Method::Get, "/api/v3/order", &["symbol", "orderId", "origClientOrderId"]),
    (
        Method::Post,
        "/api/v3/order",
        &["symbol", "side", "type", "timeInForce", "quantity", "price", "stopPrice"],
    ),
    (Method::Delete, "/api/v3/order", &["symbol", "orderId", "origClientOrderId"]),
    (Method::Delete, "/api/v3/orderList", &["symbol", "orderListId", "listClientOrderId"]),
    (
        Method::Post,
        "/api/v3/orderList/oco",
        &["symbol", "side", "quantity", "abovePrice", "belowPrice", "belowType"],
    ),
    (Method::Get, "/sapi/v1/account/apiRestrictions", &[]),
];

/// A request of the allow-list with random parameters, in the query and in the body.
pub(crate) fn request(rng: &mut ChaCha8Rng) -> UnsignedRequest {
    let text = |rng: &mut ChaCha8Rng| -> String {
        let alphabet: Vec<char> = "abcXYZ019 /+%&=?:-_.,~ü€\u{1F600}".chars().collect();
        (0..rng.random_range(1..20)).map(|_| alphabet[rng.random_range(0..alphabet.len())]).collect()
    };
    let (method, path, names) = CALLS[rng.random_range(0..CALLS.len())];
    // Names do not repeat: Binance refuses that whatever the signature.
    let fields = |rng: &mut ChaCha8Rng, names: &[&'static str]| -> Params {
        let count = rng.random_range(0..4).min(names.len());
        names.sample(rng, count).map(|name| ((*name).into(), text(rng))).collect()
    };
    let (first, second) = names.split_at(names.len() / 2);
    let (query, body) = match method {
        Method::Post if rng.random_bool(0.5) => (fields(rng, first), RequestBody::Form(fields(rng, second))),
        _ => (fields(rng, names), RequestBody::Empty),
    };
    let purpose = RequestPurpose::Read;
    UnsignedRequest { venue: id("binance"), method, path: path.to_owned(), query, body, purpose }
}

/// The code of the answer; 0 for a success.
async fn send(client: &reqwest::Client, base: &str, request: &SignedRequest, spoil: Option<usize>) -> i64 {
    let target = request.path_and_query();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let body = request.body().map(|(body, _)| body.to_vec()).unwrap_or_default();
    // The byte that is spoiled is counted over query and body.
    let mut bytes = [query.as_bytes(), &body].concat();
    if let Some(byte) = spoil.and_then(|at| bytes.get_mut(at)) {
        // Neither the same letter in the other case, which hexadecimal digits do not tell apart, nor a new separator.
        *byte = if *byte == b'7' { b'8' } else { b'7' };
    }
    let (query, body) = bytes.split_at(query.len());
    let query = std::str::from_utf8(query).unwrap();
    let method: reqwest::Method = request.method().as_str().parse().unwrap();
    let mut out = client.request(method, format!("{base}{path}?{query}"));
    for (name, value) in request.headers() {
        out = out.header(*name, value);
    }
    if let Some((_, kind)) = request.body() {
        out = out.header("content-type", kind).body(body.to_vec());
    }
    let answer: serde_json::Value =
        serde_json::from_str(&out.send().await.unwrap().text().await.unwrap()).unwrap();
    answer["code"].as_i64().unwrap_or(0)
}

#[tokio::test]
async fn a_thousand_random_requests_are_accepted_and_none_with_a_byte_changed() {
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let builder = Sim::builder().venues([VenueKind::Binance]).accounts(1).no_limits().paused(true);
    let sim = builder.start().await.unwrap();
    let venue = sim.venue(VenueKind::Binance);
    let der = Ed25519KeyPair::generate().unwrap().to_pkcs8().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    let ed25519 = venue.add_account(NewAccount { secret: Some(pem), ..NewAccount::default() });
    let authenticator = BinanceAuthenticator::new(id("binance"));
    let client = reqwest::Client::new();
    for nth in 0..1_000 {
        let account = if nth % 4 == 0 { &ed25519 } else { &venue.accounts[0] };
        let secret = CredentialSecret::new(account.key.clone(), account.secret.clone(), None);
        let context = SignContext { now: SystemClock.now(), nonce: 0 };
        let signed = sign_request(&authenticator, request(&mut rng), &secret, &context).unwrap();
        let code = send(&client, &venue.rest, &signed, None).await;
        assert!(![-1021, -1022, -2014, -2015].contains(&code), "{nth}: {code} {}", signed.path_and_query());
        let target = signed.path_and_query();
        let length = target.split_once('?').map_or(0, |(_, query)| query.len())
            + signed.body().map_or(0, |body| body.0.len());
        let spoil = rng.random_range(0..length);
        let code = send(&client, &venue.rest, &signed, Some(spoil)).await;
        assert!(REFUSALS.contains(&code), "{nth}: byte {spoil} of {}: {code}", signed.path_and_query());
    }
}
