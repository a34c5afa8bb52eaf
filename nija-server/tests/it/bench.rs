//! `nija bench`, as users run it: real processes, for a second.

use serde_json::Value;
use std::process::{Output, Stdio};
use tokio::process::Command;

async fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nija"))
        .arg("bench")
        .args(arguments)
        // A setting of whoever runs this must not reach the servers under load.
        .env("NIJA_LIMITS_BASIC_PER_MINUTE", "1")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("it runs")
}

#[tokio::test]
async fn a_load_of_a_second_ends_with_figures_and_without_errors() {
    // Few connections: a machine that takes orders up much faster than it sends them would rightly refuse some.
    let output = bench(&["http", "--seconds", "1", "--runs", "1", "--connections", "8", "--json"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let rows: Value = serde_json::from_slice(&output.stdout).expect("rows as JSON");
    let row = &rows[0];
    assert!(row["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0), "{rows}");
    let measured = row["measured"].as_str().expect("words");
    assert!(measured.contains("/s, p50 ") && !measured.contains("errors"), "{measured}: {said}");
    assert!(row["reference"].as_str().is_some_and(|text| text.contains("p99 ") && !text.contains("errors")));
}

#[tokio::test]
async fn what_cannot_be_measured_is_said_in_words() {
    let output = bench(&["http", "--url", "nowhere"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("http://127.0.0.1:8080"), "{said}");
    let output = bench(&["venue", "--url", "http://127.0.0.1:1"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("--url"), "{said}");
}
