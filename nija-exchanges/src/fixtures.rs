//! Recorded payloads for this crate's tests. A machine may not have them: the test then says so and passes.

use std::path::PathBuf;

/// The folder, or `None` after saying that a test is skipped.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("NIJA_FIXTURES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures")),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED {test}: fixtures missing");
    None
}

/// One file, parsed.
pub(crate) fn json(test: &str, path: &str) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(folder(test)?.join(path)).expect("the fixture is readable");
    Some(serde_json::from_str(&text).expect("the fixture is JSON"))
}
