//! The simulator's own check of credentials against what the executor's authenticator makes.

use nija_core::{
    CredentialSecret, Method, RequestBody, RequestPurpose, SignContext, SignedRequest, Timestamp,
    UnsignedRequest, sign_request,
};
use nija_exchanges::alpaca::{AlpacaAuthenticator, OAUTH};
use nija_sim::{Sim, VenueKind};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::StatusCode;

use crate::support::id;

const SEED: u64 = 20_261_123;

/// A request of the allow-list with random parameters.
pub(crate) fn request(rng: &mut ChaCha8Rng) -> UnsignedRequest {
    let text = |rng: &mut ChaCha8Rng| -> String {
        let alphabet: Vec<char> = "abcXYZ019 /+%&=?:-_.,ü€\u{1F600}".chars().collect();
        (0..rng.random_range(0..20)).map(|_| alphabet[rng.random_range(0..alphabet.len())]).collect()
    };
    let (method, path) = [
        (Method::Get, "/v2/account"),
        (Method::Get, "/v2/positions"),
        (Method::Get, "/v2/orders"),
        (Method::Post, "/v2/orders"),
        (Method::Get, "/v2/orders:by_client_order_id"),
        (Method::Get, "/v2/account/activities/FILL"),
        (Method::Get, "/v2/assets"),
        (Method::Get, "/v2/clock"),
        (Method::Delete, "/v2/orders/61e69015-8549-4bfd-b9c3-01e75843f47d"),
    ][rng.random_range(0..9)];
    let query = (0..rng.random_range(0..4)).map(|_| (text(rng).into(), text(rng))).collect();
    let body = match method {
        Method::Post => RequestBody::Json(serde_json::json!({ "symbol": text(rng) }).to_string()),
        _ => RequestBody::Empty,
    };
    let purpose = RequestPurpose::Read;
    UnsignedRequest { venue: id("alpaca"), method, path: path.to_owned(), query, body, purpose }
}

async fn send(
    client: &reqwest::Client,
    base: &str,
    request: &SignedRequest,
    spoil: Option<usize>,
) -> StatusCode {
    let method: reqwest::Method = request.method().as_str().parse().unwrap();
    let mut out = client.request(method, format!("{base}{}", request.path_and_query()));
    // The byte that is spoiled is counted over all header values: that is all that Alpaca checks.
    let mut at = 0;
    for (name, value) in request.headers() {
        let mut bytes = value.clone().into_bytes();
        if let Some(spoil) = spoil.filter(|spoil| (at..at + bytes.len()).contains(spoil)) {
            let byte = &mut bytes[spoil - at];
            *byte = if *byte == b'x' { b'y' } else { b'x' };
        }
        at += bytes.len();
        out = out.header(*name, bytes);
    }
    if let Some((body, kind)) = request.body() {
        out = out.header("content-type", kind).body(body.to_vec());
    }
    out.send().await.unwrap().status()
}

#[tokio::test]
async fn a_thousand_random_requests_are_accepted_and_none_with_a_byte_of_its_credential_changed() {
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let sim = Sim::builder()
        .venues([VenueKind::Alpaca])
        .accounts(1)
        .no_limits()
        .paused(true)
        .start()
        .await
        .unwrap();
    let venue = sim.venue(VenueKind::Alpaca);
    let account = &venue.accounts[0];
    let authenticator = AlpacaAuthenticator::new(id("alpaca"));
    let context = SignContext { now: Timestamp::from_micros(0), nonce: 0 };
    let client = reqwest::Client::new();
    for nth in 0..1_000 {
        let key = if nth % 2 == 0 { account.key.as_str() } else { OAUTH };
        let secret = CredentialSecret::new(key.to_owned(), account.secret.clone(), None);
        let signed = sign_request(&authenticator, request(&mut rng), &secret, &context).unwrap();
        let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
        let status = send(&client, &venue.rest, &signed, None).await;
        assert!(!refused.contains(&status) && !status.is_server_error(), "{nth}: {status} {signed:?}");
        let length: usize = signed.headers().iter().map(|(_, value)| value.len()).sum();
        let spoil = rng.random_range(0..length);
        let status = send(&client, &venue.rest, &signed, Some(spoil)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{nth}: byte {spoil} of {signed:?}");
    }
}
