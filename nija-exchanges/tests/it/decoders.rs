//! Every decoder of every venue, given payloads that were damaged: a short and repeatable run of what `make fuzz` does for longer.
//!
//! `NIJA_DECODER_CASES` sets how many damaged payloads each venue's decoders are given (1,000 unless told otherwise).

use nija_exchanges::testing::decoders::{ALL, Decoders};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::{fs, path::PathBuf, time::Instant};

const SEED: u64 = 20_261_126;

/// What numbers, texts and times must never be.
const HOSTILE: [&str; 22] = [
    "79228162514264337593543950335",
    "-79228162514264337593543950335",
    "\"79228162514264337593543950335\"",
    "99999999999999",
    "100000000000000",
    "0.0000000000000000000000000001",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "-0",
    "1e-400",
    "1e400",
    "1e28",
    "\"\"",
    "\"NaN\"",
    "null",
    "[]",
    "{}",
    "true",
    "\"9999-12-31T23:59:59-23:59\"",
    "\"0000-01-01T00:00:00+23:59\"",
    "\"\\u0000\\ud83d\"",
];

/// Payloads that are right: ours, and the recorded ones where they are.
fn seeds(venue: &str) -> Vec<String> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let ours = fs::read_to_string(here.join(format!("fuzz/seeds/{venue}.jsonl"))).unwrap();
    let mut seeds: Vec<String> = ours.lines().map(str::to_owned).collect();
    let fixtures =
        std::env::var_os("NIJA_FIXTURES").map_or_else(|| here.join("../../shared/fixtures"), PathBuf::from);
    let Ok(sources) = fs::read_dir(fixtures.join("payloads").join(venue)) else { return seeds };
    for source in sources.filter_map(Result::ok).filter(|source| source.path().is_dir()) {
        for file in fs::read_dir(source.path()).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            // A recording stands in a frame that says what was asked; long lists teach nothing more.
            let parts: Vec<&serde_json::value::RawValue> = match serde_json::from_str::<Frame<'_>>(&text) {
                Ok(Frame { response: Some(response) }) => vec![response],
                _ => serde_json::from_str::<Vec<Sent<'_>>>(&text)
                    .map(|sent| sent.into_iter().filter_map(|one| one.json).collect())
                    .unwrap_or_default(),
            };
            let parts = parts.iter().map(|part| part.get().to_owned());
            seeds.extend(parts.chain([text.clone()]).filter(|text| text.len() < 20_000));
        }
    }
    seeds
}

#[derive(serde::Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    response: Option<&'a serde_json::value::RawValue>,
}

#[derive(serde::Deserialize)]
struct Sent<'a> {
    #[serde(borrow)]
    json: Option<&'a serde_json::value::RawValue>,
}

/// Where the values of a JSON text stand: numbers, texts and words, names left out.
fn values(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let from = at;
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                at = (at + 1).min(bytes.len());
                if bytes.get(at) != Some(&b':') {
                    found.push(from..at);
                }
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'-' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || b"+-.".contains(&bytes[at])) {
                    at += 1;
                }
                found.push(from..at);
            }
            _ => at += 1,
        }
    }
    found.retain(|range| text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
    found
}

/// A payload with damage of any kind.
fn damaged(rng: &mut ChaCha8Rng, seeds: &[String]) -> Vec<u8> {
    let text = seeds.choose(rng).unwrap();
    let mut bytes = text.clone().into_bytes();
    for _ in 0..rng.random_range(1..4) {
        match rng.random_range(0..4) {
            0 => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some(range) = values(&text).choose(rng) {
                    let with = HOSTILE.choose(rng).unwrap();
                    bytes = [&text[..range.start], with, &text[range.end..]].concat().into_bytes();
                }
            }
            1 if !bytes.is_empty() => {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = *b"\"\\{}[],:0-9eE.+ \xff\x00".choose(rng).unwrap();
            }
            2 => bytes.truncate(rng.random_range(0..=bytes.len())),
            _ if !bytes.is_empty() => {
                let from = rng.random_range(0..bytes.len());
                let to = rng.random_range(from..bytes.len().min(from + 200));
                let copy = bytes[from..to].to_vec();
                let at = rng.random_range(0..bytes.len());
                bytes.splice(at..at, copy);
            }
            _ => {}
        }
    }
    bytes
}

#[test]
fn damaged_payloads_are_read_or_refused() {
    let cases = std::env::var("NIJA_DECODER_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    for (venue, decoders) in ALL {
        let seeds = seeds(venue);
        seeds.iter().for_each(|seed| decoders(seed.as_bytes()));
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        for nth in 0..cases {
            let bytes = damaged(&mut rng, &seeds);
            let caught = std::panic::catch_unwind(|| decoders(&bytes));
            assert!(caught.is_ok(), "{venue}, case {nth}: {}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn each_value_of_each_seed_may_be_absurd() {
    for (venue, decoders) in ALL {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let ours = fs::read_to_string(here.join(format!("fuzz/seeds/{venue}.jsonl"))).unwrap();
        for seed in ours.lines() {
            for range in values(seed) {
                for with in HOSTILE {
                    let text = [&seed[..range.start], with, &seed[range.end..]].concat();
                    let caught = std::panic::catch_unwind(|| decoders(text.as_bytes()));
                    assert!(caught.is_ok(), "{venue}: {text}");
                }
            }
        }
    }
}

#[test]
fn long_texts_deep_nesting_and_many_entries_cost_no_more_than_their_length() {
    let long = |with: &str| with.repeat(100_000);
    for (venue, decoders) in ALL {
        let decoders: Decoders = *decoders;
        let began = Instant::now();
        for text in [
            long("9"),
            long("["),
            long("{\"a\":"),
            format!("{}1{}", long("["), long("]")),
            format!("\"{}\"", long("x")),
            format!(
                "{{\"error\":[\"{}\"],\"message\":\"{}\",\"code\":\"{}\"}}",
                long("E:"),
                long("m"),
                long("c")
            ),
            format!("{{\"{}\":1}}", long("k")),
            format!("[{}]", vec!["{\"p\":1,\"s\":1}"; 20_000].join(",")),
        ] {
            decoders(text.as_bytes());
        }
        for seed in seeds(venue).iter().take(40) {
            for range in values(seed).iter().take(12) {
                let text = [&seed[..range.start], "\"", &long("y"), "\"", &seed[range.end..]].concat();
                decoders(text.as_bytes());
            }
        }
        println!("{venue}: {:?}", began.elapsed());
    }
}
