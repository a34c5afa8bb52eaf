//! Build and authenticate an order beside the two headers alone, and a book update beside its bare JSON.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use nija_core::{
    CredentialSecret, Method, RequestBody, RequestPurpose, SignContext, Timestamp, UnsignedRequest, VenueId,
    sign_request,
};
use nija_exchanges::alpaca::{AlpacaAuthenticator, LocalBook, ws};
use std::{fmt::Write as _, hint::black_box};

// What the `nija` command runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BODY: &str = r#"{"symbol":"BTC/USD","qty":"0.00079214","side":"buy","type":"limit","time_in_force":"gtc","limit_price":"63120.1","client_order_id":"6d1b345e-2821-40e2-ad83-4ecb18a06876"}"#;

fn request(venue: &VenueId) -> UnsignedRequest {
    UnsignedRequest {
        venue: venue.clone(),
        method: Method::Post,
        path: "/v2/orders".to_owned(),
        query: Vec::new(),
        body: RequestBody::Json(BODY.to_owned()),
        purpose: RequestPurpose::Read,
    }
}

fn signing(c: &mut Criterion) {
    // Made here: nothing that looks like a secret stands in the source.
    let (key, value) = ("K".repeat(20), "s".repeat(40));
    let secret = CredentialSecret::new(key.clone(), value.clone(), None);
    let venue = VenueId::new("alpaca").unwrap();
    let authenticator = AlpacaAuthenticator::new(venue.clone());
    let context = SignContext { now: Timestamp::from_micros(0), nonce: 0 };

    let mut group = c.benchmark_group("alpaca_sign");
    // Nothing is computed at this venue: the bare primitive is the request's own text, its address and its two headers.
    group.bench_function("bare_primitive", |b| {
        b.iter(|| {
            let headers = [
                ("APCA-API-KEY-ID".to_owned(), black_box(&key).clone()),
                ("APCA-API-SECRET-KEY".to_owned(), black_box(&value).clone()),
            ];
            (Vec::from(headers), "/v2/orders".to_owned(), black_box(BODY).as_bytes().to_vec())
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
        write!(text, "{comma}{{\"p\":{}.{},\"s\":1.{:08}}}", tenths / 10, tenths % 10, n * 7919).unwrap();
    }
    text
}

fn book(c: &mut Criterion) {
    let snapshot = format!(
        r#"[{{"T":"o","S":"BTC/USD","t":"2026-11-23T12:00:00Z","b":[{}],"a":[{}],"r":true}}]"#,
        levels(600_000, -1, 25),
        levels(600_001, 1, 25)
    );
    let mut local = LocalBook::new(25);
    assert!(apply(&mut local, &snapshot));
    // Two updates that undo each other, so that one book can take them for ever.
    let there = r#"[{"p":60000.0,"s":0.12345678},{"p":59999.5,"s":0},{"p":59999.3,"s":2.5}]"#;
    let back = r#"[{"p":60000.0,"s":1.0},{"p":59999.5,"s":1.00039595},{"p":59999.3,"s":1.00055433}]"#;
    let texts = [there, back].map(|bids| {
        format!(
            r#"[{{"T":"o","S":"BTC/USD","t":"2026-11-23T12:00:00.123456789Z","b":{bids},"a":[{{"p":60000.4,"s":0.75}}]}}]"#
        )
    });

    let mut group = c.benchmark_group("alpaca_book_update");
    group.bench_function("decode_alone", |b| {
        let mut turn = texts.iter().cycle();
        b.iter(|| turn.next().map_or(0, |text| decode(black_box(text)).len()));
    });
    group.bench_function("decode_and_apply", |b| {
        let mut turn = texts.iter().cycle();
        b.iter(|| assert!(turn.next().is_some_and(|text| apply(&mut local, black_box(text)))));
    });
    group.finish();
}

fn decode(text: &str) -> Vec<ws::Message<'_>> {
    serde_json::from_str(text).unwrap()
}

/// Whether the book makes sense then.
fn apply(local: &mut LocalBook, text: &str) -> bool {
    decode(text).iter().all(|message| {
        if message.r { local.reset(&message.b, &message.a) } else { local.update(&message.b, &message.a) }
    })
}

criterion_group!(benches, signing, book);
criterion_main!(benches);
