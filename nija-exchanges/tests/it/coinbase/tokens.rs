//! The simulator's own check of tokens against what the executor's authenticator makes, and whose keys are refused.

use nija_core::Clock as _;
use nija_core::{
    Authenticator, CredentialSecret, Executor, Method, RequestBody, RequestPurpose, SignContext, SystemClock,
    UnsignedRequest, VenueError, sign_request,
};
use nija_exchanges::testing::Harness;
use nija_sim::{Fault, FaultKind, NewAccount};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::StatusCode;

use super::harness::Coinbase;
use crate::support::id;

const SEED: u64 = 20_261_123;

/// A request of the allow-list with random parameters.
pub(crate) fn request(rng: &mut ChaCha8Rng) -> UnsignedRequest {
    let text = |rng: &mut ChaCha8Rng| -> String {
        let alphabet: Vec<char> = "abcXYZ019 /+%&=?:-_.,ü€\u{1F600}".chars().collect();
        (0..rng.random_range(1..20)).map(|_| alphabet[rng.random_range(0..alphabet.len())]).collect()
    };
    let name = |rng: &mut ChaCha8Rng| -> String {
        (0..rng.random_range(1..40))
            .map(|_| char::from(b"abcdef0123456789-"[rng.random_range(0..17)]))
            .collect()
    };
    let (method, path) = match rng.random_range(0..8) {
        0 => (Method::Get, "accounts".to_owned()),
        1 => (Method::Get, "key_permissions".to_owned()),
        2 => (Method::Get, "transaction_summary".to_owned()),
        3 => (Method::Get, "orders/historical/batch".to_owned()),
        4 => (Method::Get, "orders/historical/fills".to_owned()),
        5 => (Method::Post, "orders".to_owned()),
        6 => (Method::Post, "orders/batch_cancel".to_owned()),
        _ => (Method::Get, format!("orders/historical/{}", name(rng))),
    };
    let query = (0..rng.random_range(0..4)).map(|_| (text(rng).into(), text(rng))).collect();
    let body = match method {
        Method::Post => RequestBody::Json(serde_json::json!({ "client_order_id": text(rng) }).to_string()),
        _ => RequestBody::Empty,
    };
    let path = format!("/api/v3/brokerage/{path}");
    UnsignedRequest { venue: id("coinbase"), method, path, query, body, purpose: RequestPurpose::Read }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_random_requests_are_accepted_and_none_with_a_byte_changed() {
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let coinbase = Coinbase::start().await;
    // A key of each kind: ECDSA as the simulator makes it, and Ed25519.
    let ed25519 = {
        use base64::Engine as _;
        let seed: Vec<u8> = (0..32).map(|_| rng.random()).collect();
        base64::engine::general_purpose::STANDARD.encode(seed)
    };
    let keys = [
        coinbase.key(),
        coinbase.venue().add_account(NewAccount { secret: Some(ed25519), ..NewAccount::default() }),
    ];
    let authenticator = coinbase.executor.authenticator();
    let client = reqwest::Client::new();
    for nth in 0..1_000 {
        let key = &keys[nth % 2];
        let secret = CredentialSecret::new(key.key.clone(), key.secret.clone(), None);
        let context = SignContext { now: SystemClock.now(), nonce: 0 };
        let signed = sign_request(&authenticator, request(&mut rng), &secret, &context).unwrap();
        let token = signed.headers()[0].1.clone();
        let send = async |path: &str, token: &str| {
            let method: reqwest::Method = signed.method().as_str().parse().unwrap();
            let mut out = client.request(method, format!("{}{path}", coinbase.venue().rest));
            out = out.header("Authorization", token);
            if let Some((body, kind)) = signed.body() {
                out = out.header("content-type", kind).body(body.to_vec());
            }
            out.send().await.unwrap().status()
        };
        let path = signed.path_and_query();
        let status = send(&path, &token).await;
        assert!(
            status != StatusCode::UNAUTHORIZED && !status.is_server_error(),
            "{nth}: {status} {signed:?}"
        );
        let swap = |text: &str, at: usize| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            String::from_utf8(bytes).unwrap()
        };
        let at = rng.random_range("Bearer ".len()..token.len());
        let status = send(&path, &swap(&token, at)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{nth}: byte {at} of the token of {signed:?}");
        // The path is under the token, too; its query is not.
        let end = path.find('?').unwrap_or(path.len());
        let at = rng.random_range("/api/v3/brokerage/".len()..end);
        let status = send(&swap(&path, at), &token).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{nth}: byte {at} of the path of {signed:?}");
    }
}

#[tokio::test]
async fn a_key_that_may_transfer_is_known_as_one_and_moves_nothing_all_the_same() {
    let coinbase = Coinbase::start().await;
    let rights = ["view", "trade", "transfer"].map(str::to_owned).to_vec();
    let key = coinbase.venue().add_account(NewAccount { permissions: Some(rights), ..NewAccount::default() });
    let rights = coinbase.executor.key_rights(&coinbase.signed(&key)).await.unwrap();
    assert_eq!((rights.can_trade, rights.can_withdraw), (Some(true), Some(true)));
    assert_eq!(rights.names, ["view", "trade", "transfer"]);
    let mut move_funds = request(&mut ChaCha8Rng::seed_from_u64(1));
    move_funds.method = Method::Post;
    move_funds.path = "/api/v3/brokerage/portfolios/move_funds".to_owned();
    let account = coinbase.signed(&key);
    assert!(account.signer.sign(move_funds).await.is_err(), "no signature for moving money");
    let endpoints = coinbase.executor.authenticator().endpoints().to_vec();
    assert!(endpoints.iter().all(|endpoint| !endpoint.path.contains("portfolios")));
}

#[tokio::test]
async fn a_wrong_secret_is_the_keys_fault() {
    let coinbase = Coinbase::start().await;
    let mut key = coinbase.key();
    key.secret = coinbase.key().secret;
    let error = coinbase.executor.balances(&coinbase.signed(&key)).await.unwrap_err();
    assert!(matches!(error, VenueError::KeyRefused { .. }), "{error}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_noticed_with_the_first_refusal_and_followed() {
    for skew in [300_000, -300_000] {
        let coinbase = Coinbase::start().await;
        let account = coinbase.account().await;
        coinbase.executor.balances(&account).await.unwrap();
        coinbase.venue().fault(Fault::new(FaultKind::ClockSkew).ms(skew));
        let error = coinbase.executor.balances(&account).await.unwrap_err();
        assert!(matches!(error, VenueError::NonceRefused { .. }), "{error}");
        assert!(error.may_try_again() && error.to_string().contains("clock"), "{error}");
        coinbase.executor.balances(&account).await.unwrap();
    }
}
