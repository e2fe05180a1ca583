//! ARCHITECTURE.md's arrows, held over `cargo metadata`: who may depend on whom, and who alone may use what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Our crates and the ones of ours that each may name in `[dependencies]` and `[build-dependencies]`.
const ARROWS: &[(&str, &[&str])] = &[
    ("wattle-domain", &[]),
    ("wattle-protocol", &["wattle-domain"]),
    ("wattle-sync-rules", &["wattle-domain", "wattle-protocol"]),
    ("wattle-local-store", &["wattle-domain", "wattle-protocol", "wattle-sync-rules"]),
    ("wattle-page-image", &["wattle-domain", "wattle-protocol"]),
    ("wattle-blob-store", &[]),
    ("wattle-document", &[]),
    ("wattle-document-view", &[]),
    ("wattle-no-dump", &[]),
    ("wattle-sync-engine", &["wattle-domain", "wattle-protocol", "wattle-local-store", "wattle-page-image"]),
    (
        "wattle-image-builder",
        &[
            "wattle-blob-store",
            "wattle-domain",
            "wattle-protocol",
            "wattle-local-store",
            "wattle-page-image",
            "wattle-sync-engine",
        ],
    ),
    (
        "wattle-simulator",
        &[
            "wattle-domain",
            "wattle-protocol",
            "wattle-sync-rules",
            "wattle-local-store",
            "wattle-sync-engine",
        ],
    ),
    (
        "wattle-workstation",
        &[
            "wattle-domain",
            "wattle-protocol",
            "wattle-fhir",
            "wattle-local-store",
            "wattle-page-image",
            "wattle-document",
            "wattle-document-view",
            "wattle-sync-engine",
        ],
    ),
    ("wattle-fhir", &["wattle-domain", "wattle-protocol"]),
    ("wattle-papers", &["wattle-protocol"]),
    (
        "wattle-desktop",
        &["wattle-domain", "wattle-no-dump", "wattle-papers", "wattle-protocol", "wattle-workstation"],
    ),
    ("wattle-ui", &["wattle-domain", "wattle-protocol"]),
    (
        "wattle-server",
        &[
            "wattle-blob-store",
            "wattle-document",
            "wattle-domain",
            "wattle-models",
            "wattle-no-dump",
            "wattle-protocol",
            "wattle-sync-rules",
        ],
    ),
    ("wattle-models", &["wattle-domain"]),
    (
        "wattle-fm-migrate",
        &["wattle-blob-store", "wattle-document", "wattle-domain", "wattle-models", "wattle-papers"],
    ),
    // For tests and the demo: nobody names it but in [dev-dependencies].
    ("wattle-filemaker-standin", &["wattle-fm-migrate"]),
    ("wattle-private-postgres", &[]),
    ("wattle-fuzz", &[]),
];

/// Crates of others that only some of ours may name.
const KEPT: &[(&str, &[&str], &str)] = &[
    (
        "rusqlite",
        &["wattle-local-store", "wattle-simulator", "wattle-tests"],
        "SQL of the workstation lives in local-store (bench floors and the simulator's damage aside)",
    ),
    (
        "sqlx",
        &["wattle-server", "wattle-fm-migrate", "wattle-models", "wattle-tests"],
        "SQL of the server lives in sync-server, fm-migrate and models",
    ),
    (
        "wattle-papers",
        &["wattle-desktop", "wattle-fm-migrate"],
        "only the window and the migrator link the typesetter",
    ),
    ("typst", &["wattle-papers"], "one look for everything on paper"),
    ("tauri", &["wattle-desktop"], "the shell translates, nothing else"),
    ("leptos", &["wattle-ui"], "the page is the page"),
    ("keyring", &["wattle-workstation"], "secrets of the computer pass through one place"),
    (
        "axum",
        &["wattle-server", "wattle-filemaker-standin"],
        "one HTTP server (and the one that tests put in its place)",
    ),
    ("wattle-filemaker-standin", &[], "tests only"),
    ("object_store", &["wattle-blob-store"], "object storage is reached in one way"),
];

/// What the pure crate may name at all.
const PURE: &[&str] = &["chrono", "chrono-tz", "serde", "serde_json", "thiserror", "uuid"];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let named = package["dependencies"].as_array().unwrap().iter();
            let shipped = named.filter(|d| d["kind"] != "dev").map(|d| text(&d["name"])).collect();
            (text(&package["name"]), shipped)
        })
        .collect()
}

#[test]
fn our_crates_depend_one_way() {
    let found = dependencies();
    for (name, allowed) in ARROWS {
        let named = found.get(*name).unwrap_or_else(|| panic!("{name} is not in the workspace"));
        let ours: Vec<_> = named.iter().filter(|d| d.starts_with("wattle-")).collect();
        let wrong: Vec<_> = ours.iter().filter(|d| !allowed.contains(&d.as_str())).collect();
        assert!(wrong.is_empty(), "{name} must not depend on {wrong:?}");
    }
}

#[test]
fn what_belongs_to_one_crate_stays_there() {
    for (name, named) in dependencies() {
        for (kept, keepers, why) in KEPT {
            assert!(!named.contains(*kept) || keepers.contains(&name.as_str()), "{name} names {kept}: {why}");
        }
    }
}

#[test]
fn the_domain_stays_pure() {
    let named = &dependencies()["wattle-domain"];
    let more: Vec<_> = named.iter().filter(|d| !PURE.contains(&d.as_str())).collect();
    assert!(more.is_empty(), "no I/O, no clock, no randomness: {more:?}");
}
