//! Build and sign an order beside the bare HMAC, and a book update beside its bare JSON.
#![allow(missing_docs, clippy::unwrap_used)]

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use criterion::{Criterion, criterion_group, criterion_main};
use nija_core::{
    CredentialSecret, Method, RequestBody, RequestPurpose, SignContext, Timestamp, UnsignedRequest, VenueId,
    sign_request,
};
use nija_exchanges::kraken::{KrakenAuthenticator, LocalBook, Precision, ws};
use std::{fmt::Write as _, hint::black_box};

// What the `nija` command runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NONCE: u64 = 1_700_000_000_123_456;

fn request(venue: &VenueId) -> UnsignedRequest {
    let fields = [
        ("pair", "XXBTZUSD"),
        ("type", "buy"),
        ("volume", "0.00079214"),
        ("cl_ord_id", "6d1b345e-2821-40e2-ad83-4ecb18a06876"),
        ("deadline", "2026-11-23T12:00:15.123Z"),
        ("oflags", "fciq"),
        ("ordertype", "limit"),
        ("price", "63120.1"),
    ];
    UnsignedRequest {
        venue: venue.clone(),
        method: Method::Post,
        path: "/0/private/AddOrder".to_owned(),
        query: Vec::new(),
        body: RequestBody::Form(fields.iter().map(|(n, v)| ((*n).into(), (*v).to_owned())).collect()),
        purpose: RequestPurpose::Read,
    }
}

fn signing(c: &mut Criterion) {
    // Made here: nothing that looks like a secret stands in the source.
    let key: Vec<u8> = (0..64).collect();
    let secret = CredentialSecret::new("key".to_owned(), STANDARD.encode(&key), None);
    let venue = VenueId::new("kraken").unwrap();
    let authenticator = KrakenAuthenticator::new(venue.clone());
    let context = SignContext { now: Timestamp::from_micros(0), nonce: NONCE };
    let signed = sign_request(&authenticator, request(&venue), &secret, &context).unwrap();
    let body = signed.body().unwrap().0.to_vec();

    let mut group = c.benchmark_group("kraken_sign");
    group.bench_function("bare_primitive", |b| {
        let nonce = NONCE.to_string();
        b.iter(|| {
            let mut inner = digest::Context::new(&digest::SHA256);
            inner.update(nonce.as_bytes());
            inner.update(black_box(&body));
            let mut outer = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA512, black_box(&key)));
            outer.update(b"/0/private/AddOrder");
            outer.update(inner.finish().as_ref());
            outer.sign()
        });
    });
    group.bench_function("build_and_sign", |b| {
        b.iter(|| sign_request(&authenticator, request(black_box(&venue)), &secret, &context).unwrap());
    });
    group.finish();
}

fn levels(from: i64, step: i64, count: i64) -> String {
    let mut text = String::new();
    for n in 0..count {
        let tenths = from + step * n;
        let comma = if n == 0 { "" } else { "," };
        write!(text, "{comma}{{\"price\":{}.{},\"qty\":1.{:08}}}", tenths / 10, tenths % 10, n * 7919)
            .unwrap();
    }
    text
}

fn book(c: &mut Criterion) {
    let snapshot = format!(
        r#"{{"symbol":"BTC/USD","bids":[{}],"asks":[{}]}}"#,
        levels(600_000, -1, 25),
        levels(600_001, 1, 25)
    );
    let snapshot: ws::Book<'_> = serde_json::from_str(&snapshot).unwrap();
    let mut local = LocalBook::new(25, Precision { price: 1, quantity: 8 });
    local.reset(&snapshot);
    // Two updates that undo each other, so that one book can take them for ever.
    let there = r#"[{"price":60000.0,"qty":0.12345678},{"price":59999.5,"qty":0.00000000},{"price":59999.3,"qty":2.50000000}]"#;
    let back = r#"[{"price":60000.0,"qty":1.00000000},{"price":59999.5,"qty":1.00039595},{"price":59999.3,"qty":1.00055433}]"#;
    let texts = [there, back].map(|bids| {
        let text = |checksum: u32| {
            format!(
                r#"{{"channel":"book","type":"update","data":[{{"symbol":"BTC/USD","bids":{bids},"asks":[{{"price":60000.4,"qty":0.75000000}}],"checksum":{checksum},"timestamp":"2026-11-23T12:00:00.123456Z"}}]}}"#
            )
        };
        apply(&mut local, &text(0));
        text(local.checksum())
    });

    let mut group = c.benchmark_group("kraken_book_update");
    group.bench_function("decode_alone", |b| {
        let mut turn = texts.iter().cycle();
        b.iter(|| turn.next().map_or(0, |text| decode(black_box(text)).1));
    });
    group.bench_function("decode_and_apply", |b| {
        let mut turn = texts.iter().cycle();
        b.iter(|| assert!(turn.next().is_some_and(|text| apply(&mut local, black_box(text)))));
    });
    group.finish();
}

fn decode(text: &str) -> (Vec<ws::Book<'_>>, usize) {
    let message: ws::Message<'_> = serde_json::from_str(text).unwrap();
    let updates: Vec<ws::Book<'_>> = serde_json::from_str(message.data.unwrap().get()).unwrap();
    let count = updates.len();
    (updates, count)
}

/// Whether the book then agrees with the update's checksum.
fn apply(local: &mut LocalBook, text: &str) -> bool {
    decode(text).0.iter().all(|update| local.update(update))
}

criterion_group!(benches, signing, book);
criterion_main!(benches);
