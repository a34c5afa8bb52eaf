//! Build and sign an order beside the bare ECDSA signature, and a book update beside its bare JSON.
#![allow(missing_docs, clippy::unwrap_used)]

use aws_lc_rs::{
    encoding::{AsDer, EcPrivateKeyRfc5915Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use criterion::{Criterion, criterion_group, criterion_main};
use nija_core::{
    CredentialSecret, Method, RequestBody, RequestPurpose, SignContext, Timestamp, UnsignedRequest, VenueId,
    sign_request,
};
use nija_exchanges::coinbase::{CoinbaseAuthenticator, LocalBook, ws};
use std::hint::black_box;

// What the `nija` command runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn request(venue: &VenueId) -> UnsignedRequest {
    let body = r#"{"client_order_id":"6d1b345e-2821-40e2-ad83-4ecb18a06876","product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":"0.00079214","limit_price":"63120.1","post_only":false}}}"#;
    UnsignedRequest {
        venue: venue.clone(),
        method: Method::Post,
        path: "/api/v3/brokerage/orders".to_owned(),
        query: Vec::new(),
        body: RequestBody::Json(body.to_owned()),
        purpose: RequestPurpose::Read,
    }
}

fn signing(c: &mut Criterion) {
    // Made here: nothing that looks like a secret stands in the source.
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
    let der = der.as_ref().to_vec();
    let pem =
        format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", STANDARD.encode(&der));
    let name =
        "organizations/a8b8f1b2-6a3e-4a55-9a6a-0d5c6a3b8f10/apiKeys/0c4b2f61-7b1d-4d0e-9b38-6f2f6f5f9a11";
    let secret = CredentialSecret::new(name.to_owned(), pem, None);
    let venue = VenueId::new("coinbase").unwrap();
    let authenticator = CoinbaseAuthenticator::new(venue.clone(), "api.coinbase.com");
    let context = SignContext { now: Timestamp::from_micros(1_700_000_000_000_000), nonce: 0 };
    let signed = sign_request(&authenticator, request(&venue), &secret, &context).unwrap();
    let token = signed.headers()[0].1.trim_start_matches("Bearer ").to_owned();
    let message = token.rsplit_once('.').unwrap().0.to_owned();

    let mut group = c.benchmark_group("coinbase_sign");
    // The key is read for each signature, as keys are nowhere kept in the clear between two.
    group.bench_function("bare_primitive", |b| {
        b.iter(|| {
            let key = black_box(&der);
            let key = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, key).unwrap();
            key.sign(&SystemRandom::new(), black_box(message.as_bytes())).unwrap()
        });
    });
    group.bench_function("bare_signature_with_the_key_at_hand", |b| {
        b.iter(|| pair.sign(&SystemRandom::new(), black_box(message.as_bytes())).unwrap());
    });
    group.bench_function("build_and_sign", |b| {
        b.iter(|| sign_request(&authenticator, request(black_box(&venue)), &secret, &context).unwrap());
    });
    group.finish();
}

fn level(side: &str, cents: i64, quantity: &str) -> String {
    let (whole, part) = (cents / 100, cents % 100);
    format!(
        r#"{{"side":"{side}","event_time":"2026-11-23T12:00:00.123456Z","price_level":"{whole}.{part:02}","new_quantity":"{quantity}"}}"#
    )
}

fn message(kind: &str, levels: &[String]) -> String {
    format!(
        r#"{{"channel":"l2_data","client_id":"","timestamp":"2026-11-23T12:00:00.123456Z","sequence_num":7,"events":[{{"type":"{kind}","product_id":"BTC-USD","updates":[{}]}}]}}"#,
        levels.join(",")
    )
}

fn book(c: &mut Criterion) {
    // A book as deep as Coinbase sends it: all of 20,000 levels a side.
    let deep: Vec<String> = (0..20_000_i64)
        .flat_map(|n| [level("bid", 6_000_000 - n, "1.5"), level("offer", 6_000_001 + n, "0.25")])
        .collect();
    let mut local = LocalBook::default();
    let snapshot = message("snapshot", &deep);
    decode(&snapshot).iter().for_each(|event| local.reset(&event.updates));
    // Two updates that undo each other, so that one book can take them for ever.
    let texts = [("0", "0.12345678"), ("1.5", "1.5")].map(|(gone, changed)| {
        let levels = [
            level("bid", 5_999_998, gone),
            level("bid", 5_999_990, changed),
            level("bid", 5_999_500, changed),
            level("offer", 6_000_005, changed),
        ];
        message("update", &levels)
    });

    let mut group = c.benchmark_group("coinbase_book_update");
    group.bench_function("decode_alone", |b| {
        let mut turn = texts.iter().cycle();
        b.iter(|| turn.next().map_or(0, |text| decode(black_box(text)).len()));
    });
    group.bench_function("decode_and_apply", |b| {
        let mut turn = texts.iter().cycle();
        b.iter(|| {
            let events = turn.next().map_or_else(Vec::new, |text| decode(black_box(text)));
            events.iter().for_each(|event| local.update(&event.updates));
            local.best()
        });
    });
    group.finish();
}

fn decode(text: &str) -> Vec<ws::Book<'_>> {
    let message: ws::Message<'_> = serde_json::from_str(text).unwrap();
    serde_json::from_str(message.events.unwrap().get()).unwrap()
}

criterion_group!(benches, signing, book);
criterion_main!(benches);
