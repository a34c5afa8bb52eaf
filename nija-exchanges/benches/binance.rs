//! Build and sign an order beside the bare HMAC, and a book update beside its bare JSON.
#![allow(missing_docs, clippy::unwrap_used)]

use aws_lc_rs::hmac;
use criterion::{Criterion, criterion_group, criterion_main};
use nija_core::{
    CredentialSecret, Method, RequestBody, RequestPurpose, SignContext, Timestamp, UnsignedRequest, VenueId,
    sign_request,
};
use nija_exchanges::binance::{BinanceAuthenticator, LocalBook, ws};
use std::{fmt::Write as _, hint::black_box};

// What the `nija` command runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn request(venue: &VenueId) -> UnsignedRequest {
    let fields = [
        ("symbol", "BTCUSDT"),
        ("side", "BUY"),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("quantity", "0.00079"),
        ("price", "63120.1"),
        ("newClientOrderId", "6d1b345e-2821-40e2-ad83-4ecb18a06876"),
        ("newOrderRespType", "RESULT"),
        ("recvWindow", "5000"),
        ("timestamp", "1700000000123"),
    ];
    UnsignedRequest {
        venue: venue.clone(),
        method: Method::Post,
        path: "/api/v3/order".to_owned(),
        query: fields.iter().map(|(n, v)| ((*n).into(), (*v).to_owned())).collect(),
        body: RequestBody::Empty,
        purpose: RequestPurpose::Read,
    }
}

fn signing(c: &mut Criterion) {
    // Made here: nothing that looks like a secret stands in the source.
    let key: String = (0..64).map(|n| char::from(b'a' + n % 26)).collect();
    let secret = CredentialSecret::new("key".to_owned(), key.clone(), None);
    let venue = VenueId::new("binance").unwrap();
    let authenticator = BinanceAuthenticator::new(venue.clone());
    let context = SignContext { now: Timestamp::from_micros(0), nonce: 0 };
    let signed = sign_request(&authenticator, request(&venue), &secret, &context).unwrap().path_and_query();
    let payload = signed.split_once('?').unwrap().1.split_once("&signature=").unwrap().0.to_owned();

    let mut group = c.benchmark_group("binance_sign");
    group.bench_function("bare_primitive", |b| {
        b.iter(|| {
            let mut context =
                hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, black_box(key.as_bytes())));
            context.update(black_box(payload.as_bytes()));
            context.sign()
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
        let cents = from + step * n;
        let comma = if n == 0 { "" } else { "," };
        write!(text, "{comma}[\"{}.{:02}000000\",\"1.{:08}\"]", cents / 100, cents % 100, n * 7919).unwrap();
    }
    text
}

fn book(c: &mut Criterion) {
    let snapshot = format!(
        r#"{{"lastUpdateId":1,"bids":[{}],"asks":[{}]}}"#,
        levels(6_000_000, -1, 1000),
        levels(6_000_001, 1, 1000)
    );
    let mut local = LocalBook::from_json(&snapshot, 1000).unwrap();
    // Two updates that undo each other, so that one book can take them for ever: their numbers alone rise.
    let there = r#"[["60000.00000000","0.12345678"],["59999.95000000","0.00000000"],["59999.93000000","2.50000000"]]"#;
    let back = r#"[["60000.00000000","1.00000000"],["59999.95000000","1.00039595"],["59999.93000000","1.00055433"]]"#;
    // Of fixed length, to be overwritten in place.
    let message = |bids: &str| {
        format!(
            r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1700000000123,"s":"BTCUSDT","U":1000000000,"u":1000000000,"b":{bids},"a":[["60000.04000000","0.75000000"]]}}}}"#
        )
    };
    let mut texts = [message(there), message(back)];
    let mut group = c.benchmark_group("binance_book_update");
    group.bench_function("decode_alone", |b| {
        let mut turn = 0;
        b.iter(|| {
            turn = 1 - turn;
            decode(black_box(&texts[turn])).last
        });
    });
    let mut number = 1_000_000_000_u64;
    group.bench_function("decode_and_apply", |b| {
        b.iter(|| {
            number += 1;
            let text = &mut texts[usize::from(number.is_multiple_of(2))];
            let mut update = decode(black_box(text));
            // What a text of the next number would have said.
            (update.first, update.last) = (local.last() + 1, number);
            local.apply(&update)
        });
    });
    group.finish();
}

fn decode(text: &str) -> ws::Update {
    let message: ws::Message<'_> = serde_json::from_str(text).unwrap();
    serde_json::from_str(message.data.unwrap().get()).unwrap()
}

criterion_group!(benches, signing, book);
criterion_main!(benches);
