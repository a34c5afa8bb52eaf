//! Build and sign an order beside the bare HMAC, and a book update beside its bare JSON.
#![allow(missing_docs, clippy::unwrap_used)]

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use criterion::{Criterion, criterion_group, criterion_main};
use nija_core::{
    CredentialSecret, Method, RequestBody, RequestPurpose, SignContext, Timestamp, UnsignedRequest, VenueId,
    sign_request,
};
use nija_exchanges::okx::{LocalBook, OkxAuthenticator, ws};
use std::hint::black_box;

// What the `nija` command runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BODY: &str = r#"{"instId":"BTC-USDT","tdMode":"cash","clOrdId":"0192f0c12d3e70008000000000000001","side":"buy","ordType":"limit","sz":"0.00079214","px":"63120.1"}"#;

fn request(venue: &VenueId) -> UnsignedRequest {
    UnsignedRequest {
        venue: venue.clone(),
        method: Method::Post,
        path: "/api/v5/trade/order".to_owned(),
        query: vec![("nija-expires".into(), "1700000005000".to_owned())],
        body: RequestBody::Json(BODY.to_owned()),
        purpose: RequestPurpose::Read,
    }
}

fn signing(c: &mut Criterion) {
    // Made here: nothing that looks like a secret stands in the source.
    let secret: String = (0..32).map(|n| char::from(b'A' + n % 26)).collect();
    let key = "6d1b345e-2821-40e2-ad83-4ecb18a06876".to_owned();
    let credential = CredentialSecret::new(key, secret.clone(), Some("words".to_owned()));
    let venue = VenueId::new("okx").unwrap();
    let authenticator = OkxAuthenticator::new(venue.clone());
    let context = SignContext { now: Timestamp::from_micros(1_700_000_000_000_000), nonce: 0 };
    let message = format!("2023-11-14T22:13:20.000ZPOST/api/v5/trade/order{BODY}");

    let mut group = c.benchmark_group("okx_sign");
    group.bench_function("bare_primitive", |b| {
        b.iter(|| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, black_box(secret.as_bytes()));
            STANDARD.encode(hmac::sign(&key, black_box(message.as_bytes())).as_ref())
        });
    });
    group.bench_function("build_and_sign", |b| {
        b.iter(|| sign_request(&authenticator, request(black_box(&venue)), &credential, &context).unwrap());
    });
    group.finish();
}

fn level(tenths: i64, quantity: &str) -> String {
    format!(r#"["{}.{}","{quantity}","0","3"]"#, tenths / 10, tenths % 10)
}

fn message(action: &str, bids: &[String], asks: &[String], before: i64, number: i64) -> String {
    format!(
        r#"{{"arg":{{"channel":"books","instId":"BTC-USDT"}},"action":"{action}","data":[{{"asks":[{}],"bids":[{}],"ts":"1790000000123","checksum":0,"prevSeqId":{before},"seqId":{number}}}]}}"#,
        asks.join(","),
        bids.join(",")
    )
}

fn book(c: &mut Criterion) {
    let bids: Vec<String> = (0..400).map(|n| level(600_000 - n, "1.5")).collect();
    let asks: Vec<String> = (0..400).map(|n| level(600_001 + n, "0.25")).collect();
    let snapshot = message("snapshot", &bids, &asks, -1, 1);
    let start = decode(&snapshot).first().map(LocalBook::new).unwrap();
    // Two updates that undo each other, so that one book can take them for ever: the second's number leads back to the first.
    let texts = [("0", "0.12345678", 1, 2), ("1.5", "1.5", 2, 1)].map(|(gone, changed, before, number)| {
        let bids = [level(599_998, gone), level(599_990, changed), level(599_800, changed)];
        message("update", &bids, &[level(600_005, changed)], before, number)
    });

    let mut group = c.benchmark_group("okx_book_update");
    group.bench_function("decode_alone", |b| {
        let mut turn = texts.iter().cycle();
        b.iter(|| turn.next().map_or(0, |text| decode(black_box(text)).len()));
    });
    group.bench_function("decode_and_apply", |b| {
        let mut turn = texts.iter().cycle();
        let mut local = start.clone();
        b.iter(|| {
            let updates = turn.next().map_or_else(Vec::new, |text| decode(black_box(text)));
            updates.iter().for_each(|update| {
                local.apply(update);
            });
            local.best()
        });
    });
    group.finish();
}

fn decode(text: &str) -> Vec<ws::Book> {
    let message: ws::Message<'_> = serde_json::from_str(text).unwrap();
    serde_json::from_str(message.data.unwrap().get()).unwrap()
}

criterion_group!(benches, signing, book);
criterion_main!(benches);
