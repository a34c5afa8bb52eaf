//! The dependency arrows of ARCHITECTURE.md, read from cargo itself.

use std::{collections::BTreeMap, process::Command};

/// Crate -> the NIJA crates that it may depend on, dev-dependencies included.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let middle = ["nija-core", "nija-ledger", "nija-vault", "nija-router", "nija-exchanges"];
    BTreeMap::from([
        ("nija-core", vec![]),
        ("nija-sim", vec![]),
        ("nija-client", vec![]),
        // Below ledger and vault: how a database is reached.
        ("nija-postgres", vec!["nija-test-services"]),
        // Real services, for tests.
        ("nija-test-services", vec![]),
        ("nija-ledger", vec!["nija-core", "nija-postgres", "nija-test-services"]),
        ("nija-vault", vec!["nija-core", "nija-postgres", "nija-test-services"]),
        ("nija-router", vec!["nija-core"]),
        // The executors are tested against the simulators' wire.
        ("nija-exchanges", vec!["nija-core", "nija-sim"]),
        // The client's wire types behind the feature `wire`; the simulators in tests.
        ("nija", [middle.as_slice(), &["nija-sim", "nija-client"]].concat()),
        ("nija-server", vec!["nija", "nija-core", "nija-client", "nija-sim", "nija-test-services"]),
        ("nija-python", vec!["nija", "nija-core", "nija-client"]),
        // The phone signs and sends by itself: no vault, router, ledger or server is under it.
        ("nija-device", vec!["nija-core", "nija-exchanges", "nija-sim"]),
        ("nija-mobile", vec!["nija-client", "nija-device"]),
    ])
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let allowed = allowed();
    let mut seen = 0;
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("name");
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} is not in the map of this test"));
        seen += 1;
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let on = dependency["name"].as_str().expect("name");
            let ours = on == "nija" || on.starts_with("nija-");
            // A crate may name itself to have its own test suite's feature in its tests.
            assert!(!ours || on == name || may.contains(&on), "{name} must not depend on {on}");
        }
    }
    assert_eq!(seen, allowed.len(), "every crate of the map is in the workspace");
}

#[test]
fn binding_attributes_stay_in_the_bindings() {
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("git")
        .args([
            "-C",
            root,
            "grep",
            "-lE",
            "use (uniffi|pyo3)|#\\[(uniffi|py)(::|class|function|module)",
            "--",
            "*.rs",
        ])
        .output()
        .expect("git runs");
    for file in String::from_utf8_lossy(&output.stdout).lines() {
        assert!(
            file.starts_with("bindings/") || file == "tests/architecture.rs",
            "{file} holds a binding's attribute"
        );
    }
}
