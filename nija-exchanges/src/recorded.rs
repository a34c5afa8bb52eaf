//! Every recorded payload of every venue has its decoder, and the fields that we use come out of it; or a word on why it has none.
//!
//! A venue's table (`<venue>/recorded.txt`) has a line for each recording: `file decoder: fields`, or `file - why not`. A field is used
//! when a change of its value changes what the decoder hands on. `NIJA_RECORD=1` prints the lines that would be true.

use nija_core::VenueError;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::testing::sound;

/// A venue's decoder by name, over one payload.
type Decode = fn(&str, &str) -> Result<usize, VenueError>;

/// A venue is one line.
const VENUES: &[(&str, &str, Decode)] = &[
    ("alpaca", include_str!("alpaca/recorded.txt"), crate::alpaca::decoders::one),
    ("binance", include_str!("binance/recorded.txt"), crate::binance::decoders::one),
    ("coinbase", include_str!("coinbase/recorded.txt"), crate::coinbase::decoders::one),
    ("kraken", include_str!("kraken/recorded.txt"), crate::kraken::decoders::one),
];

/// The payloads of a venue's folder by name: a file, or the part of a file that is a recording of its own.
fn payloads(folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().with_extension("");
            let name = name.to_str().unwrap().to_owned();
            let whole: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            match whole {
                // A conversation of a stream: what the venue says in it.
                Value::Array(parts) if parts.iter().any(|part| part.get("from").is_some()) => {
                    let said = parts.into_iter().filter(|part| part["from"] != "client");
                    found.insert(name, said.map(|part| part["json"].clone()).collect());
                }
                // Several calls in one file.
                Value::Array(parts) if parts.iter().any(|part| part.get("url").is_some()) => {
                    for (nth, part) in parts.into_iter().enumerate() {
                        found.insert(format!("{name}#{nth}"), vec![part["response"].clone()]);
                    }
                }
                // In a frame that says what was asked, or bare.
                whole => {
                    let answer = whole.get("response").cloned();
                    found.insert(name, vec![answer.unwrap_or(whole)]);
                }
            }
        }
    }
    found
}

/// What a decoder makes of a payload.
fn outcome(decode: Decode, call: &str, payload: &Value) -> (Vec<String>, Result<usize, String>) {
    let mut result = Ok(0);
    let text = payload.to_string();
    let seen = sound::watch(|| result = decode(call, &text).map_err(|error| error.to_string()));
    (seen, result)
}

/// Where the values of a payload stand: each value's pointer, and its path, where `*` is any id. Of long lists, the first two.
fn leaves(value: &Value, pointer: &str, path: &str, found: &mut Vec<(String, String)>) {
    let within = |name: &str| {
        let dot = if path.is_empty() { "" } else { "." };
        // Ids and symbols are names of nothing.
        let id = name.len() > 2
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || !byte.is_ascii_alphabetic());
        format!("{path}{dot}{}", if id { "*" } else { name })
    };
    match value {
        Value::Object(fields) => {
            let most = if fields.len() > 40 { 2 } else { 40 };
            for (name, value) in fields.iter().take(most) {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                leaves(value, &pointer, &within(name), found);
            }
        }
        Value::Array(entries) => {
            let rows = entries.first().is_some_and(|first| !first.is_array() && !first.is_object());
            for (nth, value) in entries.iter().enumerate().take(if rows { 20 } else { 2 }) {
                // The places of a row are its fields.
                let path = if rows { format!("{path}[{nth}]") } else { path.to_owned() };
                leaves(value, &format!("{pointer}/{nth}"), &path, found);
            }
        }
        _ => found.push((pointer.to_owned(), path.to_owned())),
    }
}

/// Whether a payload says nothing: a list without entries, a page token that is null.
fn is_empty(payload: &Value) -> bool {
    let mut found = Vec::new();
    leaves(payload, "", "", &mut found);
    found.iter().all(|(pointer, _)| payload.pointer(pointer).is_none_or(Value::is_null))
}

/// Other values of the same kind. An unknown word may be taken like the one that was there: known ones are tried as well.
fn others(value: &Value) -> Vec<Value> {
    const WORDS: [&str; 10] = [
        "7d1c9a52-6c3a-4d65-9a4c-0b9d9a1f7a10",
        "filled",
        "FILLED",
        "closed",
        "market",
        "MARKET",
        "limit",
        "LIMIT",
        "MAKER",
        "",
    ];
    match value {
        Value::Bool(is) => vec![Value::Bool(!is)],
        Value::Number(number) => {
            let digits = number.to_string();
            vec![serde_json::from_str(&format!("1{}", digits.trim_start_matches('-'))).unwrap()]
        }
        Value::String(text) if text.parse::<f64>().is_ok() => {
            vec![Value::String(format!("1{}", text.trim_start_matches('-')))]
        }
        Value::String(text) => {
            let longer = format!("{text}x");
            let words = WORDS.iter().filter(|word| *word != text).map(|word| (*word).to_owned());
            std::iter::once(longer).chain(words).map(Value::String).collect()
        }
        _ => Vec::new(),
    }
}

/// The fields of a payload that make a difference.
fn used(decode: Decode, call: &str, payload: &Value) -> BTreeSet<String> {
    let before = outcome(decode, call, payload);
    let mut found = Vec::new();
    leaves(payload, "", "", &mut found);
    let mut used = BTreeSet::new();
    for (pointer, path) in found {
        if used.contains(&path) {
            continue;
        }
        for other in others(payload.pointer(&pointer).unwrap()) {
            let mut changed = payload.clone();
            *changed.pointer_mut(&pointer).unwrap() = other;
            if outcome(decode, call, &changed) != before {
                used.insert(path);
                break;
            }
        }
    }
    used
}

#[test]
fn fixture_every_recording_has_its_decoder_and_no_field_in_use_is_lost() {
    let Some(folder) = crate::fixtures::folder("fixture_every_recording") else { return };
    let mut wrong = Vec::new();
    for (venue, table, decode) in VENUES {
        let table: BTreeMap<&str, &str> = table.lines().filter_map(|line| line.split_once(' ')).collect();
        let payloads = payloads(&folder.join("payloads").join(venue));
        for file in table.keys().filter(|file| !payloads.contains_key(**file)) {
            wrong.push(format!("{venue}: {file} is in the table and not among the recordings"));
        }
        for (file, parts) in &payloads {
            let Some(word) = table.get(file.as_str()) else {
                wrong.push(format!("{venue}: {file} has no line"));
                continue;
            };
            let Some((call, fields)) = word.split_once(':').filter(|_| !word.starts_with("- ")) else {
                assert!(word.starts_with("- ") && word.len() > 6, "{venue}: {file} wants a reason");
                continue;
            };
            let mut all = BTreeSet::new();
            for part in parts {
                let (_, result) = outcome(*decode, call, part);
                match result {
                    Ok(0) if !is_empty(part) => {
                        wrong.push(format!("{venue}: {file}: nothing was read of {part:.200}"));
                    }
                    Ok(_) => all.extend(used(*decode, call, part)),
                    Err(error) => wrong.push(format!("{venue}: {file}: {error}")),
                }
            }
            let wanted: BTreeSet<String> = fields.split_whitespace().map(str::to_owned).collect();
            if std::env::var_os("NIJA_RECORD").is_some() {
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                println!("RECORD {venue} {file} {call}: {}", all.join(" "));
            } else if all != wanted {
                let lost: Vec<_> = wanted.difference(&all).collect();
                let more: Vec<_> = all.difference(&wanted).collect();
                wrong.push(format!("{venue}: {file}: lost {lost:?}, used beyond the table {more:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
